# SPDX-License-Identifier: Apache-2.0
"""Whether this machine can carry a lab: checked before anything is done.

Each answer is one sentence that names what is missing and what to do about it.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from lab import rootfs
from lab.core import probe
from lab.core.cache import Cache
from lab.model.choices import Choices

# The controller; a compute host with the guests of a run on it; one of the fake driver.
CONTROL_GIB = 4.0
HOST_GIB = 1.5
FAKE_HOST_GIB = 0.5
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


def _installer(cache: Path, choices: Choices) -> Callable[[], Iterator[str]]:
    def check() -> Iterator[str]:
        if Cache(cache).built(rootfs.ROOTFS, rootfs.key(choices.lock_text)).exists():
            return
        if not (Path(sys.executable).with_name("uv").exists() or shutil.which("uv")):
            yield (
                "The command uv is missing, with which the lab's services are installed: "
                "pip install 'migration-chaos-tempest-plugin[lab]'."
            )

    return check


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
        # Where a filter forbids to mount at all, the error is another: not permitted.
        if "propagation" in why and "Invalid argument" in why:
            yield (
                "The root folder here is no mount point, as in a plain chroot, so mounts cannot "
                "be kept apart: mount the folder on itself first (mount --rbind DIR DIR), then "
                "enter it."
            )
            return
        yield (
            f"Namespaces cannot be made here ({why}): "
            "use a virtual machine, or a container with full privileges."
        )
    yield from done.stdout.splitlines()


def memory(choices: Choices) -> float:
    """Return how much memory a lab of these choices is to have, in GiB."""
    each = FAKE_HOST_GIB if choices.driver == "fake" else HOST_GIB
    return CONTROL_GIB + choices.hosts * each


def _memory(choices: Choices) -> Callable[[], Iterator[str]]:
    needed = memory(choices)
    lab = f"A lab of {choices.hosts} hosts"
    advice = "take fewer hosts (--hosts), or a larger machine"

    def check() -> Iterator[str]:
        facts = dict(line.split(":") for line in MEMORY.read_text().splitlines())
        free = int(facts["MemAvailable"].split()[0]) / (1 << 20)
        if free < needed:
            yield f"{lab} needs {needed:g} GiB of free memory; here are {free:.1f}: {advice}."
        for limit in MEMORY_LIMITS:
            text = limit.read_text().strip() if limit.exists() else "max"
            if text != "max" and int(text) < needed * (1 << 30):
                yield (
                    f"{lab} needs {needed:g} GiB of memory; this container is allowed "
                    f"{int(text) / (1 << 30):.1f}: {advice}."
                )

    return check


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


def check(cache: Path, choices: Choices) -> None:
    """Raise unless this machine can carry a lab of these `choices` kept in the folder `cache`.

    :raises RequirementsError: with everything that is missing.
    """
    checks = (
        *(_platform, _root, _tools, _installer(cache, choices), _devices, _namespaces),
        *(_memory(choices), _room(cache)),
    )
    _raise("This machine cannot carry the lab", checks)


def check_building(cache: Path) -> None:
    """Raise unless what labs are made from can be built on this machine, in the folder `cache`.

    :raises RequirementsError: with everything that is missing.
    """
    _raise("Nothing can be built here", (_platform, _root, _tools, _namespaces, _room(cache)))


def _raise(what: str, checks: Iterable[Callable[[], Iterator[str]]]) -> None:
    missing = [sentence for each in checks for sentence in each()]
    if missing:
        raise RequirementsError(f"{what}:\n- " + "\n- ".join(missing))
