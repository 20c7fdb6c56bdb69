# SPDX-License-Identifier: Apache-2.0
"""Tries, in namespaces that end with it, what making a lab asks of the kernel.

``unshare --mount --net ... python -m lab.core.probe``; prints one sentence for each thing that it
may not do or that is not there. All it makes is in these namespaces; the one thing that is not, a
control group, is removed at once. Standard library only; knows nothing of labs.
"""

import ctypes
import fcntl
import os
import socket
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")

_PLACE = "/tmp"
_PRIVATE = 1 << 18
_RECURSIVE = 1 << 14

# linux/sockios.h, linux/if_tun.h
_ADD_BRIDGE = 0x89A0
_TUN_SET_INTERFACE = 0x400454CA
_TAP = 0x0002 | 0x1000

# linux/rtnetlink.h: a link of a kind, made new.
_NEW_LINK = 16
_REQUEST_CREATE_ACK = 0x1 | 0x4 | 0x200 | 0x400
_LINK_INFO, _LINK_KIND = 18, 1

_C = ctypes.CDLL(None, use_errno=True)


class ProbeError(Exception):
    """Something cannot be done here; the message says what and why."""


def mount(source: str, target: str, kind: str, flags: int = 0, options: str = "") -> None:
    """Mount.

    :raises OSError: the kernel refused.
    """
    words = [word.encode() if word else None for word in (source, target, kind)]
    if _C.mount(*words, ctypes.c_ulong(flags), options.encode() or None):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def mounts() -> None:
    """Mount a file system, and an overlay on it."""
    mount("none", "/", "", _PRIVATE | _RECURSIVE)
    mount("tmpfs", _PLACE, "tmpfs")
    folders = {name: Path(_PLACE) / name for name in ("lower", "upper", "work", "all")}
    for folder in folders.values():
        folder.mkdir()
    layers = ",".join(f"{name}dir={folders[name]}" for name in ("lower", "upper", "work"))
    try:
        mount("overlay", str(folders["all"]), "overlay", options=layers)
    except OSError as error:
        raise ProbeError(
            f"The overlay file system cannot be mounted ({error.strerror}): use a kernel that has "
            "it, or a container with full privileges."
        ) from error


def tap() -> None:
    """Make a tap, as a guest's network card needs one."""
    handle = os.open("/dev/net/tun", os.O_RDWR)
    try:
        fcntl.ioctl(handle, _TUN_SET_INTERFACE, struct.pack("16sH22x", b"probe", _TAP))
    finally:
        os.close(handle)


def bridge() -> None:
    """Make a bridge."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _ADD_BRIDGE, b"probe-br\0")


def veth() -> None:
    """Make a pair of interfaces that are each other's cable."""
    kind = struct.pack("=HH4s", 8, _LINK_KIND, b"veth")
    info = struct.pack("=HH", 4 + len(kind), _LINK_INFO) + kind
    body = struct.pack("=BxHiII", 0, 0, 0, 0, 0) + info
    head = struct.pack("=IHHII", 16 + len(body), _NEW_LINK, _REQUEST_CREATE_ACK, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as link:
        link.send(head + body)
        number = -struct.unpack_from("=i", link.recv(4096), 16)[0]
    if number:
        raise OSError(number, os.strerror(number))


def opened(path: str) -> Callable[[], None]:
    """Return what opens a device for reading and writing."""

    def open_it() -> None:
        os.close(os.open(path, os.O_RDWR))

    return open_it


def group() -> None:
    """Make a control group in every hierarchy there is."""
    unified = (GROUPS / "cgroup.controllers").exists()
    hierarchies = [GROUPS] if unified else [path for path in GROUPS.glob("*") if path.is_dir()]
    if not hierarchies:
        raise ProbeError(
            f"There are no control groups in {GROUPS}: mount them there; a container must be "
            "given them."
        )
    limits = "memory" in (GROUPS / "cgroup.controllers").read_text().split() if unified else (
        (GROUPS / "memory").is_dir()
    )
    if not limits:
        raise ProbeError(
            f"The control groups in {GROUPS} cannot limit memory: use a kernel with the memory "
            "controller, or give it to the container; hosts are limited by it."
        )
    for place in hierarchies:
        fresh = place / f"migration-chaos-probe-{os.getpid()}"
        fresh.mkdir()
        fresh.rmdir()


# What is tried, what it is for, and what to do about it.
TRIALS: tuple[tuple[str, Callable[[], None], str], ...] = (
    ("File systems cannot be mounted", mounts, "use a container with full privileges."),
    ("/dev/net/tun cannot be used", tap,
     "hand it to the container, with the right to make interfaces; guests need them."),
    ("/dev/loop-control cannot be used", opened("/dev/loop-control"),
     "hand the loop devices to the container; hosts' disks need them."),
    ("/dev/fuse cannot be used", opened("/dev/fuse"),
     "hand the device to the container; hosts need it."),
    ("Bridges cannot be made", bridge,
     "use a kernel that has them, and a container that may make them."),
    ("Pairs of interfaces (veth) cannot be made", veth,
     "use a kernel that has them, and a container that may make them."),
    ("Control groups cannot be made", group,
     f"mount {GROUPS} so that it can be written to; hosts need groups of their own."),
)  # fmt: skip


def missing() -> Iterator[str]:
    """Try everything, and give one sentence for each thing that cannot be done."""
    for what, trial, advice in TRIALS:
        try:
            trial()
        except ProbeError as error:
            yield str(error)
        except FileNotFoundError:  # a device that is not there: whoever asks has looked for it
            continue
        except OSError as error:
            yield f"{what} ({error.strerror}): {advice}"


if __name__ == "__main__":
    for sentence in missing():
        print(sentence)
