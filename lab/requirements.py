# SPDX-License-Identifier: Apache-2.0
"""Whether this machine can carry a lab: checked before anything is done.

Each answer is one sentence that names what is missing and what to do about it.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from lab.core import probe

MEMORY_GIB = 10
DISK_GIB = 16

MEMORY = Path("/proc/meminfo")

# What the control group allows that is this machine's uppermost: of a container, its own.
MEMORY_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)

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
    # By its path and with nothing else to be found: the probe needs only the standard library.
    command = ["unshare", "--mount", "--net", "--pid", "--ipc", "--uts", "--fork"]
    command += [sys.executable, "-I", "-S", probe.__file__]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        why = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        yield (
            f"Namespaces cannot be made here ({why}): "
            "use a virtual machine, or a container with full privileges."
        )
    yield from done.stdout.splitlines()


def _memory() -> Iterator[str]:
    facts = dict(line.split(":") for line in MEMORY.read_text().splitlines())
    free = int(facts["MemAvailable"].split()[0]) / (1 << 20)
    if free < MEMORY_GIB:
        yield f"The lab needs {MEMORY_GIB} GiB of free memory; here are {free:.1f}."
    for limit in MEMORY_LIMITS:
        text = limit.read_text().strip() if limit.exists() else "max"
        if text != "max" and int(text) < MEMORY_GIB << 30:
            yield (
                f"The lab needs {MEMORY_GIB} GiB of memory; this container is allowed "
                f"{int(text) / (1 << 30):.1f}: give it more."
            )


def _room(cache: Path) -> Callable[[], Iterator[str]]:
    def check() -> Iterator[str]:
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
    checks = (_platform, _root, _tools, _devices, _namespaces, _memory, _room(cache))
    missing = [sentence for each in checks for sentence in each()]
    if missing:
        raise RequirementsError("This machine cannot carry the lab:\n- " + "\n- ".join(missing))
