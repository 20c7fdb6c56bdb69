# SPDX-License-Identifier: Apache-2.0
"""The OVN agent with its metadata extension: one per compute host, so guests reach metadata.

It keeps one network namespace with an haproxy for each network that has a guest on the host,
and passes requests on to Nova's metadata API, signed. (neutron-ovn-metadata-agent did the same
and is deprecated.)
"""

from lab.core.files import NOTHING, File, HostFiles
from lab.core.ini import Value, ini
from lab.core.units import unit
from lab.model.plan import Host, Plan
from lab.services import in_process, neutron, ovn_central, ovn_host, ovs
from lab.services.common.uwsgi import LEAN

UNIT = "neutron-ovn-agent.service"
CONFIG = "/etc/neutron/ovn-agent.ini"
SECRET = "metadata"  # noqa: S105 - a secret's name, not its value
NOVA_METADATA_PORT = 8775


def render(plan: Plan, host: Host) -> HostFiles:
    """Return the agent's configuration and unit, on hosts with guests."""
    if not host.guests:
        return NOTHING
    sections: dict[str, dict[str, Value]] = {
        "DEFAULT": {
            "host": host.name,
            "state_path": neutron.STATE,
            "metadata_proxy_socket": "/run/neutron/metadata_proxy",
            "metadata_workers": 0,
            "nova_metadata_host": plan.control.mgmt,
            "nova_metadata_port": NOVA_METADATA_PORT,
            "metadata_proxy_shared_secret": plan.secrets[SECRET],
        },
        "agent": {"extensions": "metadata"},
        "ovs": {"ovsdb_connection": f"unix:{ovs.SOCKET}"},
        "ovn": {
            "ovn_nb_connection": ovn_central.northbound(plan),
            "ovn_sb_connection": ovn_central.southbound(plan),
            "ovsdb_probe_interval": ovs.PROBE_MILLISECONDS,
        },
        "oslo_concurrency": {"lock_path": f"{neutron.STATE}/lock"},
        **neutron.run_as_root(),
    }
    service = unit(
        "Network service: agent that brings metadata to guests",
        f"{in_process.command('neutron-ovn-agent')} --config-file {CONFIG}",
        after=(ovn_host.UNIT,),
        wants=(ovn_host.UNIT,),
        environment=LEAN,
        StateDirectory="neutron",
        RuntimeDirectory="neutron",
        # The haproxy of each network is the agent's child and outlives a restart of it.
        KillMode="process",
        RestartSec=3,
        TimeoutStopSec=10,
    )
    return HostFiles(
        files=(
            File(CONFIG, ini(sections), mode=0o600),
            File(f"/etc/systemd/system/{UNIT}", service),
        ),
        units=(UNIT,),
    )
