# SPDX-License-Identifier: Apache-2.0
"""Neutron on the controller: the API and the OVN maintenance worker, with ML2/OVN.

Knows OVN's databases and Keystone by address.
"""

from typing import TYPE_CHECKING, Any

from lab.core.files import NOTHING, File, HostFiles
from lab.core.ini import Value, ini
from lab.core.units import unit
from lab.model import differences
from lab.model.plan import REGION, Host, Plan
from lab.model.service import Bootstrap, Endpoint, Service
from lab.services import mariadb, ovn_central, ovs, rabbitmq
from lab.services.common import BIN, auth
from lab.services.common.privsep import helpers
from lab.services.common.uwsgi import LEAN, api_unit

if TYPE_CHECKING:
    from lab.cloud.filling import Filling

PORT = 9696
UNIT = "neutron-api.service"
MAINTENANCE_UNIT = "neutron-ovn-maintenance-worker.service"
CONFIG = "/etc/neutron/neutron.conf"
STATE = "/var/lib/neutron"
RUN = "/run/neutron-api"

SERVICE = Service(
    name="neutron",
    databases=("neutron",),
    endpoint=Endpoint("network", PORT),
    bootstrap=Bootstrap(
        files={
            CONFIG: ini(
                {
                    "DEFAULT": {"core_plugin": "ml2", "service_plugins": "ovn-router"},
                    "database": {"connection": mariadb.bootstrap_url("neutron")},
                }
            )
        },
        commands=((f"{BIN}/neutron-db-manage", "upgrade", "heads"),),
        seconds=12,
    ),
)

_TENANT_NETWORKS = 200

_PRIVSEP_SECTIONS = (
    "privsep",
    "privsep_dhcp_release",
    "privsep_ovs_vsctl",
    "privsep_namespace",
    "privsep_conntrack",
    "privsep_link",
)


def run_as_root() -> dict[str, dict[str, Value]]:
    """Return the sections that let Neutron's agents act as root without sudo."""
    sections: dict[str, dict[str, Value]] = {
        "AGENT": {"root_helper": "", "use_helper_for_ns_read": False}
    }
    return sections | helpers(*_PRIVSEP_SECTIONS)


def configuration(plan: Plan) -> dict[str, dict[str, Value]]:
    """Return neutron.conf, ML2's part included."""
    bus = rabbitmq.messaging(plan)
    sections: dict[str, dict[str, Value]] = {
        "DEFAULT": {
            **bus.pop("DEFAULT"),
            "core_plugin": "ml2",
            "service_plugins": "ovn-router,trunk",
            "state_path": STATE,
            "api_paste_config": "/opt/openstack/etc/neutron/api-paste.ini",
            # No agent speaks RPC to Neutron: OVN's databases take its place.
            "rpc_workers": 0,
            "rpc_state_report_workers": 0,
            "dhcp_agent_notification": False,
            "notify_nova_on_port_status_changes": True,
            "notify_nova_on_port_data_changes": True,
            "send_events_interval": 1,
        },
        **bus,
        "database": {"connection": mariadb.database_url(plan, "neutron"), "max_pool_size": 10},
        "keystone_authtoken": auth.authtoken(plan, "neutron"),
        "nova": {**auth.keystone_auth(plan, "nova"), "region_name": REGION},
        "placement": {**auth.keystone_auth(plan, "placement"), "region_name": REGION},
        "oslo_concurrency": {"lock_path": f"{STATE}/lock"},
        "ml2": {
            "mechanism_drivers": "ovn",
            "type_drivers": "flat,geneve",
            "project_network_types": "geneve",
            "extension_drivers": "port_security",
        },
        "ml2_type_flat": {"flat_networks": ovs.PHYSICAL_NETWORK},
        "ml2_type_geneve": {"vni_ranges": f"1:{_TENANT_NETWORKS}", "max_header_size": 38},
        "securitygroup": {"enable_security_group": True},
        "ovn": {
            "ovn_nb_connection": ovn_central.northbound(plan),
            "ovn_sb_connection": ovn_central.southbound(plan),
            "ovsdb_probe_interval": ovs.PROBE_MILLISECONDS,
            "ovn_metadata_enabled": True,
            "ovn_l3_scheduler": "leastloaded",
            # Floating IPs live on the controller, the only host on the provider network.
            "enable_distributed_floating_ip": False,
        },
        **run_as_root(),
        **({"quotas": {"quota_port": -1}} if plan.choices.driver == "fake" else {}),
    }
    return differences.of(plan.choices.release).fit("neutron", sections)


def render(plan: Plan, host: Host) -> HostFiles:
    """Return Neutron's configuration and units; nothing but on the controller."""
    if host.role != "control":
        return NOTHING
    needs = (mariadb.UNIT, ovn_central.NORTHBOUND_UNIT, ovn_central.SOUTHBOUND_UNIT)
    api = api_unit(
        "Network service: API",
        "neutron.wsgi.api",
        host.mgmt,
        PORT,
        after=needs,
        environment={
            "OS_NEUTRON_CONFIG_DIR": "/etc/neutron",
            "OS_NEUTRON_CONFIG_FILES": CONFIG,
            # Neutron notes when its API started in a temporary file named after the parent
            # process. Under systemd that is always 1: a file that outlived a restart would lie.
            "TMPDIR": RUN,
        },
        threads=6,
        state="neutron",
    )
    api += f"RuntimeDirectory={RUN.removeprefix('/run/')}\n"
    maintenance = unit(
        "Network service: keeper of the OVN databases",
        f"{BIN}/neutron-ovn-maintenance-worker --config-file {CONFIG}",
        after=needs,
        wants=needs,
        environment=LEAN,
        StateDirectory="neutron",
        RestartSec=3,
        TimeoutStopSec=10,
    )
    return HostFiles(
        files=(
            File(CONFIG, ini(configuration(plan)), mode=0o600),
            File(f"/etc/systemd/system/{UNIT}", api),
            File(f"/etc/systemd/system/{MAINTENANCE_UNIT}", maintenance),
        ),
        units=(UNIT, MAINTENANCE_UNIT),
    )


def populate(filling: "Filling") -> dict[str, Any]:
    """Make the public network, and wait for the network controller of every host."""
    # Only here is the cloud's API needed.
    from lab.cloud import networks

    cloud = filling.cloud
    filling.answers("network", lambda: list(cloud.network.networks(limit=1)))
    made = networks.make_network(cloud, filling.wanted["network"])
    networks.wait_for_agents(cloud, filling.host_names, filling.deadline)
    extensions = sorted(extension.alias for extension in cloud.network.extensions())
    return {"public_network": made, "extensions": extensions}
