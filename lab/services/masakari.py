# SPDX-License-Identifier: Apache-2.0
"""Masakari: the service that evacuates a dead host's servers by itself, where it was chosen.

API and engine on the controller, and the host monitor there, which learns from the cluster of
`pacemaker` who has died.
"""

from typing import TYPE_CHECKING, Any

from lab.core.files import NOTHING, File, HostFiles
from lab.core.ini import Value, ini
from lab.core.units import unit
from lab.model.plan import REGION, Host, Plan
from lab.model.service import Bootstrap, Endpoint, Service
from lab.services import mariadb, pacemaker, rabbitmq
from lab.services.common import BIN, auth
from lab.services.common.auth import authtoken, keystone_auth
from lab.services.common.privsep import helpers
from lab.services.common.uwsgi import LEAN

if TYPE_CHECKING:
    from lab.cloud.filling import Filling

NAME = "masakari"
SEGMENT = "lab"
API_UNIT = "masakari-api.service"
ENGINE_UNIT = "masakari-engine.service"
MONITOR_UNIT = "masakari-hostmonitor.service"
PORT = 15868
CONFIG = "/etc/masakari/masakari.conf"
MONITOR_CONFIG = "/etc/masakarimonitors/masakarimonitors.conf"

MONITORING_INTERVAL = 4
# So many looks have to agree: by then Nova sees the dead host's service down as well, and does
# not wait a minute for its answer when Masakari disables it.
MONITORING_SAMPLES = 4

SERVICE = Service(
    name=NAME,
    databases=(NAME,),
    endpoint=Endpoint("instance-ha", PORT, "/v1"),
    extra=True,
    after=("nova",),
    bootstrap=Bootstrap(
        files={
            CONFIG: ini(
                {
                    "database": {"connection": mariadb.bootstrap_url(NAME)},
                    "taskflow": {"connection": mariadb.bootstrap_url(NAME)},
                }
            )
        },
        commands=((f"{BIN}/masakari-manage", "--config-file", CONFIG, "db", "sync"),),
        seconds=4,
    ),
)

_PASTE = "/opt/openstack/etc/masakari/api-paste.ini"


def configuration(plan: Plan) -> dict[str, dict[str, Value]]:
    """Return masakari.conf, the same for the API and the engine."""
    bus = rabbitmq.messaging(plan)
    return {
        "DEFAULT": {
            **bus.pop("DEFAULT"),
            "host": plan.control.name,
            "auth_strategy": "keystone",
            "masakari_api_listen": plan.control.mgmt,
            "masakari_api_listen_port": PORT,
            "masakari_api_workers": 1,
            "state_path": "/var/lib/masakari",
            "os_region_name": REGION,
            "os_privileged_user_name": NAME,
            "os_privileged_user_password": plan.secrets[auth.password_secret(NAME)],
            "os_privileged_user_tenant": auth.SERVICE_PROJECT,
            "os_privileged_user_auth_url": auth.IDENTITY_URL,
            "os_user_domain_name": auth.DOMAIN,
            "os_project_domain_name": auth.DOMAIN,
            # The monitor spoke after Nova knew; nothing else needs three minutes.
            "wait_period_after_service_update": 5,
            "duplicate_notification_detection_interval": 10,
            "process_unfinished_notifications_interval": 20,
        },
        **bus,
        "wsgi": {"api_paste_config": _PASTE},
        "database": {"connection": mariadb.database_url(plan, NAME)},
        "taskflow": {"connection": mariadb.database_url(plan, NAME)},
        "keystone_authtoken": authtoken(plan, NAME),
        "oslo_concurrency": {"lock_path": "/var/lib/masakari/lock"},
    }


def monitor_configuration(plan: Plan) -> dict[str, dict[str, Value]]:
    """Return masakarimonitors.conf of the host monitor."""
    return {
        "DEFAULT": {"hostname": plan.control.name},
        "api": {**keystone_auth(plan, NAME), "region": REGION, "api_interface": "internal"},
        "host": {
            "monitoring_driver": "default",
            "monitoring_interval": MONITORING_INTERVAL,
            "monitoring_samples": MONITORING_SAMPLES,
            # Its own check of the power would write the BMC's password into an argument list.
            "disable_ipmi_check": True,
            "pacemaker_node_type": "cluster",
            "corosync_multicast_interfaces": pacemaker.INTERFACE,
            "corosync_multicast_ports": pacemaker.PORT,
        },
        **helpers("masakarimonitors_privileged"),
    }


def render(plan: Plan, host: Host) -> HostFiles:
    """Return Masakari's configuration and units, on the controller of a lab that has it."""
    if NAME not in plan.choices.extras or host.role != "control":
        return NOTHING
    needs = (mariadb.UNIT, rabbitmq.UNIT)
    units = {
        API_UNIT: _service("API", f"masakari-api --config-file {CONFIG}", needs),
        ENGINE_UNIT: _service("engine", f"masakari-engine --config-file {CONFIG}", needs),
        MONITOR_UNIT: _service(
            "host monitor",
            f"masakari-hostmonitor --config-file {MONITOR_CONFIG}",
            (pacemaker.READY_UNIT,),
        ),
    }
    return HostFiles(
        files=(
            File(CONFIG, ini(configuration(plan)), mode=0o600),
            File(MONITOR_CONFIG, ini(monitor_configuration(plan)), mode=0o600),
            *(File(f"/etc/systemd/system/{name}", text) for name, text in units.items()),
        ),
        units=tuple(units),
    )


def _service(what: str, command: str, needs: tuple[str, ...]) -> str:
    return unit(
        f"Instance high availability: {what}",
        f"{BIN}/{command}",
        after=needs,
        wants=needs,
        environment=LEAN,
        StateDirectory="masakari",
        TimeoutStopSec=10,
    )


def populate(filling: "Filling") -> dict[str, Any]:
    """Put the compute hosts, which Nova knows by now, into one segment that is watched."""
    # Only here is the cloud's API needed.
    from lab.cloud.waiting import say

    cloud = filling.cloud
    api = cloud.instance_ha
    filling.answers("instance high availability", lambda: list(api.segments()))
    segments = {one.name: one for one in api.segments()}
    segment = segments.get(SEGMENT) or api.create_segment(
        name=SEGMENT, recovery_method="auto", service_type="compute"
    )
    known = {host.name for host in api.hosts(segment.uuid)}
    for name in sorted(filling.host_names - known):
        api.create_host(segment.uuid, name=name, type="COMPUTE", control_attributes="IPMI")
    say("hosts watched")
    return {}
