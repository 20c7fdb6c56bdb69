# SPDX-License-Identifier: Apache-2.0
"""What the engine has to make for a plan: its hosts' interfaces, disks, memory and shared folders.

Pure. Knows the plan and the engine's data; nothing of how either is used.
"""

from lab.core.layout import HostLayout, Interface, Layout
from lab.model.networks import (
    BMC,
    BMC_BRIDGE,
    BRIDGES,
    INTERFACES,
    MANAGEMENT,
    PROVIDER,
    RUNNER_OCTET,
    STORAGE,
)
from lab.model.plan import INSTANCES, Host, Plan

CONTROL_DISK_MIB = 16 << 10
COMPUTE_DISK_MIB = 8 << 10
SHARED_DISK_MIB = 16 << 10
CONTROL_MEMORY_MIB = 8 << 10
COMPUTE_MEMORY_MIB = 4 << 10

# Where the programs lie that hosts run, the services' own first.
SEARCH_PATH = "/opt/openstack/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def shared_folders(host: Host) -> dict[str, str]:
    """Return the folders that a host shares with others: each one's name and path there."""
    return {"instances": INSTANCES} if host.store == "dir" else {}


def _interfaces(host: Host) -> tuple[Interface, ...]:
    addresses = {
        "management": f"{host.mgmt}/24",
        "storage": f"{host.storage}/24",
        # The tunnel's address sits on a bridge of the host's own switch, see lab.services.ovs.
        "tunnel": "",
    }
    if host.role == "control":
        addresses["provider"] = ""
    return tuple(
        Interface(INTERFACES[network], BRIDGES[INTERFACES[network]], host.mac(number), address)
        for number, (network, address) in enumerate(addresses.items())
    )


def _host(host: Host) -> HostLayout:
    control = host.role == "control"
    return HostLayout(
        name=host.name,
        interfaces=_interfaces(host),
        memory_mib=CONTROL_MEMORY_MIB if control else COMPUTE_MEMORY_MIB,
        disk_mib=CONTROL_DISK_MIB if control else COMPUTE_DISK_MIB,
        shared=shared_folders(host),
    )


def layout(plan: Plan) -> Layout:
    """Return what the engine has to make for a plan."""
    bmcs = (f"{host.bmc}/24" for host in plan.computes)
    return Layout(
        name=plan.name,
        hosts=tuple(map(_host, plan.hosts)),
        bridges={
            BRIDGES["eth0"]: (f"{MANAGEMENT}.{RUNNER_OCTET}/24",),
            BRIDGES["eth1"]: (f"{STORAGE}.{RUNNER_OCTET}/24",),
            BRIDGES["eth2"]: (),
            BRIDGES["eth3"]: (f"{PROVIDER}.{RUNNER_OCTET}/24",),
            BMC_BRIDGE: (f"{BMC}.{RUNNER_OCTET}/24", *bmcs),
        },
        shared_mib=SHARED_DISK_MIB,
        search_path=SEARCH_PATH,
    )
