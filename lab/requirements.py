# SPDX-License-Identifier: Apache-2.0
"""Whether this machine can carry a lab: checked before anything is done.

Each answer is one sentence that names what is missing and what to do about it.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

MEMORY_GIB = 10
DISK_GIB = 16

# Command -> the package it comes in.
TOOLS = {
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "mount": "mount",
    "debootstrap": "debootstrap",
}


class RequirementsError(Exception):
    """This machine cannot carry the lab; the message has one sentence for each reason."""


def _root() -> Iterator[str]:
    if os.geteuid() != 0:
        yield "The lab makes namespaces, mounts and bridges: run it as root."


def _tools() -> Iterator[str]:
    for tool, package in TOOLS.items():
        if not shutil.which(tool):
            yield f"The command {tool} is missing: install the package {package}."


def _devices() -> Iterator[str]:
    for device, use in (
        ("/dev/net/tun", "guests' network cards"),
        ("/dev/loop-control", "hosts' disks"),
        ("/dev/fuse", "hosts' file systems"),
    ):
        if not Path(device).exists():
            yield f"{device} is missing (needed for {use}): use a machine or kernel that has it."


def _namespaces() -> Iterator[str]:
    if os.geteuid() != 0 or not shutil.which("unshare"):
        return
    command = ["unshare", "--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "true"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        yield (
            f"Namespaces cannot be made here ({done.stderr.strip()}): "
            "use a virtual machine, or a container with full privileges."
        )
        return
    with Path("/proc/filesystems").open() as known:
        if "overlay" not in known.read():
            yield "The kernel has no overlay file system: use one that has it."


def _room(cache: Path) -> Callable[[], Iterator[str]]:
    def check() -> Iterator[str]:
        for line in Path("/proc/meminfo").read_text().splitlines():
            name, value = line.split(":")
            if name == "MemAvailable" and int(value.split()[0]) < MEMORY_GIB << 20:
                free = int(value.split()[0]) / (1 << 20)
                yield f"The lab needs {MEMORY_GIB} GiB of free memory; here are {free:.1f}."
        place = cache
        while not place.exists():
            place = place.parent
        free = shutil.disk_usage(place).free / (1 << 30)
        if free < DISK_GIB:
            yield (
                f"The lab needs {DISK_GIB} GiB of disk in {cache}; there are {free:.1f}: "
                "free some or set MIGRATION_CHAOS_CACHE to a folder that has the room."
            )

    return check


def _platform() -> Iterator[str]:
    if os.uname().machine != "x86_64":
        yield f"The lab's packages are for x86_64; this machine is {os.uname().machine}."


def check(cache: Path) -> None:
    """Raise unless this machine can carry a lab kept in the folder `cache`.

    :raises RequirementsError: with everything that is missing.
    """
    checks = (_platform, _root, _tools, _devices, _namespaces, _room(cache))
    missing = [sentence for each in checks for sentence in each()]
    if missing:
        raise RequirementsError("This machine cannot carry the lab:\n- " + "\n- ".join(missing))
