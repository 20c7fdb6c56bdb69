# SPDX-License-Identifier: Apache-2.0
"""Machines that cannot carry a lab, made from this one by taking something away.

Each is a command line that other commands are put behind; what it takes away is gone only for
them. What ``lab up`` must say there is named beside it. ``python -m lab.tests.functional.elsewhere
[lacking] [debian13]`` tries both, these machines and a Debian 13, or what is named.
"""

import dataclasses
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from lab.core.cache import VARIABLE, Cache
from lab.lifecycle.building import Lab
from lab.tests.functional import debian13, without_call
from lab.tests.functional.checks import Score
from lab.tests.functional.commands import Command, WrongError
from lab.tests.functional.machine import Machine

NAME = "nightly-elsewhere"
PARTS = ("lacking", "debian13")
CHECKOUT = Path(__file__).resolve().parents[3]

# $0 is what the limit shall be read from; the rest is the command.
_APART = ("unshare", "--mount", "--propagation", "private", "sh", "-ec")

_NO_LOOP = r"""
mount -t tmpfs none /mnt
mkdir -p /mnt/net /mnt/pts /mnt/shm
for name in null zero full random urandom tty fuse net/tun; do
    touch /mnt/$name
    mount --bind /dev/$name /mnt/$name
done
mount --rbind /mnt /dev
exec "$@"
"""

_GROUPS_READ_ONLY = r"""
for place in /sys/fs/cgroup/* /sys/fs/cgroup; do
    ! mountpoint -q "$place" || mount -o remount,bind,ro "$place"
done
exec "$@"
"""


def _hidden(path: str) -> tuple[str, ...]:
    return (*_APART, f'mount -t tmpfs none {path}; exec "$@"', "sh")


def _replaced(path: str, by: str) -> tuple[str, ...]:
    return (*_APART, f'mount --bind "$0" {path}; exec "$@"', by)


def _without(*capabilities: str) -> tuple[str, ...]:
    words = ",".join(f"-{name}" for name in capabilities)
    return ("setpriv", f"--bounding-set={words}", f"--inh-caps={words}")


@dataclasses.dataclass(frozen=True)
class Place:
    """A machine: how a command is run there, and what ``lab up`` must say."""

    title: str
    before: tuple[str, ...]
    says: str


def places(scratch: Path) -> Iterator[Place]:
    """Go through the machines.

    :param scratch: a folder for what they are made of.
    """
    # One who may read everything, so that it is not the checkout that is missing.
    nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    reads = ("--inh-caps=-all,+dac_read_search", "--ambient-caps=+dac_read_search")
    yield Place("an ordinary user", (*nobody, *reads), "run it as root.")
    yield Place("no CAP_SYS_ADMIN", _without("sys_admin"), "Namespaces cannot be made here (")
    yield Place("no CAP_NET_ADMIN", _without("net_admin"), "Bridges cannot be made (Operation not")
    yield Place("no /dev/net/tun", _hidden("/dev/net"), "/dev/net/tun is missing (needed for")
    yield Place("no loop devices", (*_APART, _NO_LOOP, "sh"), "/dev/loop-control is missing (")
    yield Place(
        "control groups read-only", (*_APART, _GROUPS_READ_ONLY, "sh"),
        "Control groups cannot be made (Read-only file system)",
    )  # fmt: skip
    yield Place("no control groups", _hidden("/sys/fs/cgroup"), "There are no control groups in")
    if "memory" not in _unified_controllers():
        groups = 'mount -t cgroup2 none /sys/fs/cgroup; exec "$@"'
        yield Place(
            "control groups of version 2 only, without memory", (*_APART, groups, "sh"),
            "cannot limit memory",
        )  # fmt: skip
    filtered = (sys.executable, without_call.__file__, "mount")
    yield Place("mount filtered", filtered, "Namespaces cannot be made here (")
    limit = scratch / "limit"
    limit.write_text(f"{4 << 30}\n")
    for path in ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory.max"):
        if os.path.exists(path):
            before = _replaced(path, str(limit))
            yield Place("a container of 4 GiB", before, "this container is allowed 4.0:")
    bare = _replaced('"$(command -v debootstrap)"', "/dev/null")
    yield Place("no debootstrap", bare, "The command debootstrap is missing: install the package")
    small = (*_APART, f'mount -t tmpfs -o size=64m none {scratch}; exec "$@"', "sh")
    yield Place("a small disk", small, "GiB of disk in")


def _unified_controllers() -> str:
    for place in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"):
        path = Path(place) / "cgroup.controllers"
        if path.exists():
            return path.read_text()
    return "memory"


def try_it(place: Place, scratch: Path) -> None:
    """Run ``lab up``, ``status`` and ``down`` there.

    :raises WrongError: one says something else than it must, or left something.
    """
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        wrong = _wrong_at(place, Path(name))
    if wrong:
        raise WrongError(wrong)


def _wrong_at(place: Place, folder: Path) -> str:
    folder.chmod(0o777)  # it shall not be for want of that
    cache = Cache(folder / "cache")
    machine = Machine(cache.folder, Lab(NAME, cache).folder)
    environment = {VARIABLE: str(cache.folder)}
    up = Command("up", "--name", NAME, before=place.before, **environment)
    status = up.wait()
    if status == 0 or place.says not in up.said or "cannot carry the lab" not in up.said:
        return f"lab up: status {status}, {up.said[-1500:]}"
    if cache.folder.exists():
        return f"lab up wrote {[str(path) for path in cache.folder.rglob('*')]}"
    others = [
        Command(verb, "--name", NAME, before=place.before, **environment)
        for verb in ("status", "down")
    ]
    for command in others:
        command.wait()
    said = "\n".join(command.said for command in (up, *others))
    if "Traceback" in said or "Errno" in said:
        return f"a trace: {said[-1500:]}"
    return "; ".join(machine.left_at_last())


def main() -> None:
    """Try what the command line names."""
    chosen = sys.argv[1:] or PARTS
    score = Score()
    cache = Cache()
    cache.folder.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="elsewhere-", dir=cache.folder))
    try:
        if "lacking" in chosen:
            for place in places(scratch):
                score.check(place.title, lambda place=place: try_it(place, scratch))
        if "debian13" in chosen:
            root = scratch / "debian13"
            if score.check("a Debian 13", lambda: debian13.make(root, CHECKOUT)):
                score.check("a lab on it", lambda: debian13.use(root))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    score.end()


if __name__ == "__main__":
    main()
