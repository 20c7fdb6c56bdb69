# SPDX-License-Identifier: Apache-2.0
"""The lab's outer shell: one process in namespaces of its own that holds everything else.

All hosts, bridges, mounts and BMCs of a lab live in its mount, network, pid, ipc and uts
namespaces; killing it ends the whole lab at once. Its root is an overlay of the lab's root file
system, so the container engine and all tools are the lab's own and not the machine's.
This module is the machine's side of it; `lab.core.outer_init` is what runs inside.
"""

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import lab
from lab.core.sandbox import PATH

# Paths as seen inside.
SELF = "/lab/self"
LOWER = "/lab/rootfs"
CODE = "/lab/code"

# $1 root file system, $2 the lab's folder, $3 the package's folder.
_ENTER = r"""
root=$2/outer/root
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/outer/upper,workdir=$2/outer/work" "$root"
mkdir -p "$root/lab/self" "$root/lab/rootfs" "$root/lab/code/lab" "$root/lab/machine"
mount --bind "$2" "$root/lab/self"
mount --bind "$1" "$root/lab/rootfs"
mount -o remount,bind,ro "$root/lab/rootfs"
mount --bind "$3" "$root/lab/code/lab"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount --rbind /sys/fs/cgroup "$root/sys/fs/cgroup"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
cd "$root"
pivot_root . lab/machine
cd /
umount -l /lab/machine
export PYTHONPATH=/lab/code PYTHONDONTWRITEBYTECODE=1
exec /opt/openstack/bin/python -m lab.core.outer_init
"""

_NAMESPACES = ("mnt", "net", "pid", "ipc", "uts")


class OuterError(Exception):
    """The lab's outer process did not start or is not there; the message says what to do."""


@dataclasses.dataclass(frozen=True)
class Process:
    """A process of this machine, told from a later one with the same number by its start time."""

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> "Process":
        """Return the process that has number `pid` now.

        :raises ProcessLookupError: there is none.
        """
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except OSError as error:
            raise ProcessLookupError(pid) from error
        fields = stat.rpartition(")")[2].split()
        if fields[0] in "ZX":
            raise ProcessLookupError(pid)
        return cls(pid, int(fields[19]))

    @property
    def alive(self) -> bool:
        """Whether exactly this process still runs."""
        try:
            return Process.of(self.pid) == self
        except ProcessLookupError:
            return False

    def kill(self, deadline: float = 10) -> None:
        """Kill it, and return when it is gone; nothing happens if it is gone already.

        :param deadline: seconds to wait.
        :raises OuterError: it is still there after that.
        """
        end = time.monotonic() + deadline
        while self.alive:
            try:
                os.kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                return
            if time.monotonic() > end:
                raise OuterError(f"Process {self.pid} does not end; look at `ps -fp {self.pid}`.")
            time.sleep(0.01)


class Outer:
    """The outer process of the lab in `folder`."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._state = folder / "outer.json"

    @property
    def processes(self) -> tuple[Process, ...]:
        """The launcher and the namespace's first process, as far as they were started."""
        try:
            found = json.loads(self._state.read_text())
        except (OSError, ValueError):
            return ()
        return tuple(Process(**item) for item in found)

    @property
    def alive(self) -> bool:
        """Whether the lab's namespaces are there."""
        processes = self.processes
        return len(processes) == 2 and processes[1].alive

    def start(self, rootfs: Path, deadline: float = 30) -> None:
        """Make the namespaces and everything in them but the hosts.

        :param deadline: seconds.
        :raises OuterError: it did not come up.
        """
        outer = self.folder / "outer"
        shutil.rmtree(outer, ignore_errors=True)
        for name in ("upper", "work", "root"):
            (outer / name).mkdir(parents=True)
        ready = self.folder / "outer.ready"
        ready.unlink(missing_ok=True)
        logs = self.folder / "logs"
        logs.mkdir(exist_ok=True)
        with (logs / "outer.log").open("ab") as log:
            launcher = subprocess.Popen(
                [
                    *("unshare", "--mount", "--net", "--pid", "--ipc", "--uts"),
                    *("--propagation", "private", "--fork", "--kill-child"),
                    *("sh", "-ec", _ENTER, f"migration-chaos-lab-{self.folder.name}"),
                    *(str(rootfs), str(self.folder), str(Path(lab.__file__).parent)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={"PATH": PATH, "HOME": "/root", "LC_ALL": "C.UTF-8"},
                cwd="/",
            )
        self._remember(Process.of(launcher.pid))
        end = time.monotonic() + deadline
        children = Path(f"/proc/{launcher.pid}/task/{launcher.pid}/children")
        while not ready.exists():
            if launcher.poll() is not None or time.monotonic() > end:
                tail = (logs / "outer.log").read_text(errors="replace")[-1500:]
                self.kill()
                raise OuterError(f"The lab's namespaces could not be made:\n{tail}")
            time.sleep(0.02)
        self._remember(Process.of(launcher.pid), Process.of(int(children.read_text().split()[0])))

    def _remember(self, *processes: Process) -> None:
        text = json.dumps([dataclasses.asdict(process) for process in processes])
        fresh = self._state.with_suffix(".new")
        fresh.write_text(text)
        fresh.rename(self._state)

    def kill(self) -> None:
        """End every process of the lab at once; with them its mounts and networks are gone."""
        for process in reversed(self.processes):
            process.kill()
        self._state.unlink(missing_ok=True)

    def enter(self, argv: Sequence[str], only_network: bool = False) -> list[str]:
        """Return the command line that runs `argv` inside.

        :param only_network: stay in the machine's file system; only the network is the lab's.
        :raises OuterError: the lab is not up.
        """
        if not self.alive:
            raise OuterError(
                f"The lab {self.folder.name!r} is not up; start it with: migration-chaos lab up"
            )
        target = ["nsenter", "--target", str(self.processes[1].pid), "--net"]
        if only_network:
            return [*target, "--", *argv]
        return [*target, "--mount", "--pid", "--ipc", "--uts", "--", *argv]

    def run(
        self, argv: Sequence[str], input: bytes | None = None, timeout: float = 60
    ) -> subprocess.CompletedProcess[bytes]:
        """Run `argv` inside and return how it ended, its output captured.

        :param timeout: seconds.
        :raises OuterError: the lab is not up.
        :raises subprocess.TimeoutExpired: it took longer.
        """
        return subprocess.run(
            self.enter(argv),
            input=b"" if input is None else input,
            capture_output=True,
            timeout=timeout,
            env={"PATH": PATH, "HOME": "/root", "LC_ALL": "C.UTF-8"},
            check=False,
        )
