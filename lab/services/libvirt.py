# SPDX-License-Identifier: Apache-2.0
"""libvirt on the compute hosts: one libvirtd that listens to its peers for live migration.

Knows QEMU's settings and the host's addresses; nothing of Nova. The keys to Ceph are laid down
by `lab.services.ceph`, in the form in which libvirt keeps secrets itself.
"""

from lab.core.files import NOTHING, File, HostFiles
from lab.core.units import unit
from lab.model.layout import SEARCH_PATH
from lab.model.plan import INSTANCES, Host, Plan
from lab.services import qemu_wrapper

UNIT = "libvirtd.service"
PORT = 16509

# Guests run as root without labels, cgroups or mount namespaces of their own: the host is a
# container already. Output goes to plain files, so that no second daemon has to survive.
_QEMU = """\
user = "root"
group = "root"
security_driver = "none"
dynamic_ownership = 0
remember_owner = 0
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
migration_address = "{address}"
migration_host = "{address}"
"""

# libvirt sees a local file system in a folder that is bound into several hosts, and would refuse
# to move a guest whose disk lies there.
_SHARED = 'shared_filesystems = [ "{folder}" ]\n'

_LIBVIRTD = """\
listen_tls = 0
listen_tcp = 1
listen_addr = "{address}"
tcp_port = "{port}"
auth_tcp = "none"
auth_unix_ro = "none"
auth_unix_rw = "none"
host_uuid = "{uuid}"
"""


def host_uuid(plan: Plan, host: Host) -> str:
    """Return libvirt's identity of the host.

    All hosts of the lab would else take the machine's own, and refuse to migrate to themselves.
    """
    return plan.system_uuid(host)


def migration_uri() -> str:
    """Return the URI, ``%s`` for the host's name, at which hosts reach each other's libvirt."""
    return "qemu+tcp://%s/system"


def render(plan: Plan, host: Host) -> HostFiles:
    """Return libvirt's configuration and unit, on hosts with guests."""
    if not host.guests:
        return NOTHING
    # In place of Debian's unit of the same name, which wants sockets, a machine registry and
    # with them the whole of sysinit.target.
    libvirtd = unit(
        "libvirt daemon",
        "/usr/sbin/libvirtd --listen",
        environment={"PATH": f"{qemu_wrapper.FOLDER}:{SEARCH_PATH}"},
        Type="notify",
        # Guests outlive the daemon.
        KillMode="process",
        TasksMax="infinity",
        LimitMEMLOCK="64M",
    )
    address = host.mgmt
    qemu = _QEMU.format(address=address)
    if host.store == "dir":
        qemu += _SHARED.format(folder=INSTANCES)
    return HostFiles(
        files=(
            File("/etc/libvirt/qemu.conf", qemu, mode=0o600),
            File(
                "/etc/libvirt/libvirtd.conf",
                _LIBVIRTD.format(address=address, port=PORT, uuid=host_uuid(plan, host)),
            ),
            File(f"/etc/systemd/system/{UNIT}", libvirtd),
        ),
        units=(UNIT,),
    )
