# SPDX-License-Identifier: Apache-2.0
"""The lab's hosts as LXC containers: how each is configured, prepared, and looked at.

Knows the container engine; nothing of what runs on a host.
"""

import io
import tarfile
from collections.abc import Iterable, Mapping

from lab.core import disk
from lab.core.files import File
from lab.core.layout import HostLayout
from lab.core.outer import CODE, LOWER, SELF, Outer, OuterError

LXC = f"{SELF}/lxc"
DISKS = "/lab/hosts"

# A host may do to itself what a machine may, reboot(2) included; what would reach the kernel it
# shares with the machine (clock, modules, raw devices) it may not.
_DROPPED = "sys_time sys_module sys_rawio mac_admin mac_override wake_alarm audit_control syslog"

# Runs a module of the lab that needs nothing but the standard library.
PYTHON = f"/usr/bin/env PYTHONPATH={CODE} /usr/bin/python3 -S -m"

# The hooks of a restart that the host asked for itself run too.
_DISK_HOOK = f"{PYTHON} lab.core.disk"

# Standard devices, tun, fuse and loop control: what a compute host's services open.
_DEVICES = (
    "c 1:3 rwm", "c 1:5 rwm", "c 1:7 rwm", "c 1:8 rwm", "c 1:9 rwm", "c 5:0 rwm", "c 5:1 rwm",
    "c 5:2 rwm", "c 136:* rwm", "c 10:200 rwm", "c 10:229 rwm",
)  # fmt: skip


def port(host: str, number: int) -> str:
    """Return the name of the switch's end of a host's cable number `number`.

    It is the same after every boot, and never longer than the kernel allows (15).
    """
    return f"{host[:10]}.{number}"


def configuration(host: HostLayout, cgroup: str) -> str:
    """Write the container's configuration.

    :param cgroup: folder of the lab's control groups, in every hierarchy.
    """
    lines = [
        f"lxc.uts.name = {host.name}",
        f"lxc.rootfs.path = overlay:{LOWER}:{DISKS}/{host.name}/upper",
        "lxc.init.cmd = /lib/systemd/systemd --unit=lab.target",
        "lxc.mount.auto = proc:mixed sys:rw cgroup:mixed",
        "lxc.autodev = 1",
        "lxc.mount.entry = /dev/net/tun dev/net/tun none bind,create=file 0 0",
        "lxc.mount.entry = /dev/fuse dev/fuse none bind,create=file 0 0",
        "lxc.mount.entry = tmpfs run tmpfs mode=755,nosuid,nodev 0 0",
        "lxc.mount.entry = tmpfs tmp tmpfs mode=1777,nosuid,nodev 0 0",
        "lxc.mount.entry = tmpfs dev/shm tmpfs mode=1777,nosuid,nodev,create=dir 0 0",
        "lxc.apparmor.profile = unconfined",
        f"lxc.cap.drop = {_DROPPED}",
        "lxc.environment = container=lxc",
        "lxc.tty.max = 0",
        "lxc.pty.max = 1024",
        "lxc.signal.halt = SIGRTMIN+4",
        f"lxc.hook.pre-start = {_DISK_HOOK} attach {host.name}",
        f"lxc.hook.start-host = {_DISK_HOOK} pin {host.name}",
        f"lxc.hook.post-stop = {_DISK_HOOK} cut {host.name}",
        f"lxc.log.file = {SELF}/logs/lxc-{host.name}.log",
        "lxc.log.level = WARN",
        f"lxc.cgroup.dir = {cgroup}/{host.name}",
        f"lxc.cgroup.memory.limit_in_bytes = {host.memory_mib}M",
        f"lxc.cgroup2.memory.max = {host.memory_mib}M",
        "lxc.cgroup.devices.deny = a",
        *(f"lxc.cgroup.devices.allow = {device}" for device in _DEVICES),
    ]
    lines += [
        f"lxc.mount.entry = {disk.SHARED}/{name} {path.lstrip('/')} none bind,create=dir 0 0"
        for name, path in host.shared.items()
    ]
    for number, interface in enumerate(host.interfaces):
        prefix = f"lxc.net.{number}"
        lines += [
            f"{prefix}.type = veth",
            f"{prefix}.name = {interface.name}",
            f"{prefix}.link = {interface.bridge}",
            f"{prefix}.veth.pair = {port(host.name, number)}",
            f"{prefix}.hwaddr = {interface.mac}",
            f"{prefix}.flags = up",
        ]
        if interface.address:
            lines.append(f"{prefix}.ipv4.address = {interface.address}")
    return "\n".join([*lines, ""])


def power_command(action: str, host: str) -> list[str]:
    """Return the command for a host's power.

    :param action: ``on``, ``off``, ``shutdown`` or ``restart``; ``status`` prints which it is.
    """
    return [*PYTHON.split(), "lab.core.power", action, host]


def inside_command(host: str, argv: Iterable[str]) -> list[str]:
    """Return the command that runs `argv` on the host."""
    return ["lxc-attach", "-P", LXC, "-n", host, "--clear-env", "--", *argv]


def archive(files: Iterable[File], links: Mapping[str, str]) -> bytes:
    """Pack files as a tar; owners go by name, as the host's own user database resolves them.

    :param links: symbolic links, path to target.
    """
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for file in files:
            data = file.content.encode() if isinstance(file.content, str) else file.content
            user, _, group = file.owner.partition(":")
            info = tarfile.TarInfo(file.path.lstrip("/"))
            info.size, info.mode = len(data), file.mode
            info.uname, info.gname = user, group or user
            info.uid = info.gid = 0
            tar.addfile(info, io.BytesIO(data))
        for path, target in links.items():
            info = tarfile.TarInfo(path.lstrip("/"))
            info.type, info.linkname = tarfile.SYMTYPE, target
            tar.addfile(info)
    return stream.getvalue()


# The host's disk under its lower layer, as the host itself will see it: only so do the folders
# that an archive brings keep the owner and mode they have below. $1 host, $2 lower layer, then
# what to run in the disk's root.
_CHANGE = r"""
place=/lab/hosts/$1 view=/lab/view/$1
mkdir -p "$view" "$place/olwork"
lower=$2
shift 2
unshare --mount --propagation private sh -ec '
    mount -t overlay overlay -o "lowerdir=$3,upperdir=$1/upper,workdir=$1/olwork" "$2"
    cd "$2"
    shift 3
    exec "$@"
' sh "$place" "$view" "$lower" "$@"
"""


def unpack(outer: Outer, host: str, data: bytes, timeout: float = 60) -> None:
    """Unpack a tar archive on the disk of a host that is off.

    :param timeout: seconds.
    :raises OuterError: it failed.
    """
    tar = ["tar", "--extract", "--preserve-permissions", "--same-owner", "--no-overwrite-dir"]
    change(outer, host, tar, data, timeout)


def change(
    outer: Outer, host: str, argv: Iterable[str], data: bytes = b"", timeout: float = 60
) -> None:
    """Run a command in the root of the disk of a host that is off.

    :param data: its standard input.
    :param timeout: seconds.
    :raises OuterError: it failed.
    """
    done = outer.run(["sh", "-ec", _CHANGE, "sh", host, LOWER, *argv], data, timeout)
    if done.returncode:
        raise OuterError(
            f"The disk of {host} could not be written: {done.stderr.decode(errors='replace')}"
        )
