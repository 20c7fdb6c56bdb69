# SPDX-License-Identifier: Apache-2.0
"""Open vSwitch on every host: the userspace datapath, the tunnel bridge, the provider bridge.

Debian's units are kept by name, with drop-ins that start the daemons without ovs-ctl, which
would try to load kernel modules. Knows nothing of OVN but the names of its settings, and
nothing of Neutron.
"""

import uuid

from lab.core.files import File, HostFiles
from lab.core.units import unit
from lab.model.plan import Host, Plan

PHYSICAL_NETWORK = "physnet1"
INTEGRATION_BRIDGE = "br-int"
PROVIDER_BRIDGE = "br-phys"
TUNNEL_BRIDGE = "br-tun"
TUNNEL_NIC = "eth2"
PROVIDER_NIC = "eth3"
SETUP_UNIT = "lab-ovs.service"
SOCKET = "/run/openvswitch/db.sock"

SOUTHBOUND_PORT = 6642
# Two busy cores make Python and OVS late by seconds now and then: the default of 5 s would
# drop connections that are alive.
PROBE_MILLISECONDS = 60000

_SETUP = "/usr/local/lib/lab/ovs-setup"
_SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
_DATABASE = "/var/lib/openvswitch/conf.db"
_LOGGING = "-vconsole:off -vsyslog:info -vfile:off"

_NAMESPACE = uuid.UUID("6c0f2a54-65ff-4b8e-9a43-0f7f5f7c8d10")

# A power cut may leave the database torn; everything in it is made again at boot or by the
# services, so a broken one is thrown away.
_OVSDB_SERVER = f"""\
[Service]
Type=forking
PIDFile=/run/openvswitch/ovsdb-server.pid
ExecStartPre=/bin/sh -c 'ovsdb-tool db-version {_DATABASE} >/dev/null 2>&1 || \
{{ rm -f {_DATABASE}; ovsdb-tool create {_DATABASE} {_SCHEMA}; }}'
ExecStart=
ExecStart=/usr/sbin/ovsdb-server {_DATABASE} --remote=punix:{SOCKET} --pidfile --detach \
--no-chdir {_LOGGING}
ExecStartPost=/usr/bin/ovs-vsctl --timeout=30 --no-wait init
ExecStop=
ExecReload=
"""

_VSWITCHD = f"""\
[Service]
PIDFile=/run/openvswitch/ovs-vswitchd.pid
ExecStart=
ExecStart=/usr/sbin/ovs-vswitchd unix:{SOCKET} --pidfile --detach --no-chdir {_LOGGING}
ExecStop=
ExecReload=
"""


def system_id(plan: Plan, host: Host) -> str:
    """Return the name of the host's OVN chassis: a UUID, the same after every boot."""
    return str(uuid.uuid5(_NAMESPACE, f"{plan.name}/{host.name}"))


def _external_ids(plan: Plan, host: Host) -> dict[str, str]:
    ids = {
        "system-id": system_id(plan, host),
        "hostname": host.name,
        "ovn-remote": f"tcp:{plan.control.mgmt}:{SOUTHBOUND_PORT}",
        "ovn-remote-probe-interval": str(PROBE_MILLISECONDS),
        "ovn-encap-type": "geneve",
        "ovn-encap-ip": host.tunnel,
        "ovn-bridge": INTEGRATION_BRIDGE,
        "ovn-bridge-datapath-type": "netdev",
        "ovn-monitor-all": "true",
    }
    if host.role == "control":
        ids["ovn-bridge-mappings"] = f"{PHYSICAL_NETWORK}:{PROVIDER_BRIDGE}"
        # Routers and floating IPs live on the one host that is never killed.
        ids["ovn-cms-options"] = "enable-chassis-as-gw"
    return ids


def _add_bridge(name: str, *settings: str) -> list[str]:
    return [
        f"--may-exist add-br {name}",
        " ".join([f"set bridge {name} datapath_type=netdev", *settings]),
    ]


def _setup_script(plan: Plan, host: Host) -> str:
    ids = _external_ids(plan, host)
    identity = " ".join(f"external_ids:{key}={value}" for key, value in ids.items())
    commands = [
        f"set open_vswitch . {identity}",
        "set open_vswitch . other_config:n-handler-threads=1 other_config:n-revalidator-threads=1",
        *_add_bridge(INTEGRATION_BRIDGE, "fail_mode=secure"),
        # Userspace tunnelling sends through a bridge that owns the tunnel address.
        *_add_bridge(TUNNEL_BRIDGE, f"other_config:hwaddr={host.mac(2)}"),
        f"--may-exist add-port {TUNNEL_BRIDGE} {TUNNEL_NIC}",
    ]
    nics = [TUNNEL_NIC]
    if host.role == "control":
        commands += _add_bridge(PROVIDER_BRIDGE)
        commands.append(f"--may-exist add-port {PROVIDER_BRIDGE} {PROVIDER_NIC}")
        nics.append(PROVIDER_NIC)
    lines = [
        "#!/bin/sh",
        "# Gives Open vSwitch its identity and bridges; runs at every boot.",
        "set -e",
    ]
    for nic in nics:
        lines += [
            f"ip address flush dev {nic}",
            f"ethtool -K {nic} tx off >/dev/null",
            f"ip link set {nic} up",
        ]
    lines += [
        "ovs-vsctl --timeout=60 \\\n    -- " + " \\\n    -- ".join(commands),
        f"ip address replace {host.tunnel}/24 dev {TUNNEL_BRIDGE}",
        f"ip link set {TUNNEL_BRIDGE} up",
    ]
    return "\n".join([*lines, ""])


def render(plan: Plan, host: Host) -> HostFiles:
    """Return Open vSwitch's drop-ins and the unit that sets up the host's bridges."""
    setup = unit(
        "Bridges and identity of Open vSwitch",
        _SETUP,
        after=("ovs-vswitchd.service",),
        requires=("ovs-vswitchd.service",),
        oneshot=True,
    )
    return HostFiles(
        files=(
            File("/etc/systemd/system/ovsdb-server.service.d/lab.conf", _OVSDB_SERVER),
            File("/etc/systemd/system/ovs-vswitchd.service.d/lab.conf", _VSWITCHD),
            File("/etc/openvswitch/system-id.conf", system_id(plan, host) + "\n"),
            File(_SETUP, _setup_script(plan, host), mode=0o755),
            File(f"/etc/systemd/system/{SETUP_UNIT}", setup),
        ),
        units=("ovsdb-server.service", "ovs-vswitchd.service", SETUP_UNIT),
    )
