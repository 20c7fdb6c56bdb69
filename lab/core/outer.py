# SPDX-License-Identifier: Apache-2.0
"""The lab's outer shell: one process in namespaces of its own that holds everything else.

All hosts, bridges, mounts and BMCs of a lab live in its mount, network, pid, ipc and uts
namespaces; killing it ends the whole lab at once. Its root is an overlay of the lab's root file
system, so the container engine and all tools are the lab's own and not the machine's.
This module is the machine's side of it; `lab.core.outer_init` is what runs inside.
"""

import contextlib
import dataclasses
import json
import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from lab.core import processes
from lab.core.processes import Process
from lab.core.sandbox import PATH

# In the environment of every process that was started in the lab from outside: the lab's folder,
# and of which place on the machine that is a path. By it they are found whatever became of the
# commands that started them and of what these wrote.
MARK = "MIGRATION_CHAOS_LAB"

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
exec /usr/bin/python3 -S -m lab.core.outer_init
"""

# The package that this is part of: inside, modules of it are run too.
_PACKAGE = Path(__file__).resolve().parents[1]


class OuterError(Exception):
    """The lab's outer process did not start or is not there; the message says what to do."""


class Outer:
    """The outer process of the lab in `folder`."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._state = folder / "outer.json"

    @property
    def processes(self) -> tuple[Process, ...]:
        """The launcher and the namespace's first process, as far as that was written down.

        Written down before the machine was restarted, the numbers mean other processes now.
        """
        try:
            found = json.loads(self._state.read_text())
            if found["boot_id"] != processes.boot_id():
                return ()
            return tuple(Process(**item) for item in found["processes"])
        except (OSError, ValueError, TypeError, KeyError):
            return ()

    @property
    def mark(self) -> str:
        """The value of the variable MARK in this lab."""
        return f"{self.folder} {processes.place()}"

    @property
    def members(self) -> list[Process]:
        """Every process of the lab that can be found from outside; whoever else is in its network.

        What these started inside ends with the namespace's first process, which is among them.
        """
        marked = processes.marked(MARK, self.mark)
        networks = {process.network for process in marked}
        networks -= {Process.of(os.getpid()).network, None}
        if not networks:
            return marked
        inside = [each for each in processes.running() if each.network in networks]
        return [*marked, *(each for each in inside if each not in marked)]

    @property
    def alive(self) -> bool:
        """Whether the lab's namespaces are there."""
        found = self.processes
        return len(found) == 2 and found[1].alive

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
                    *(str(rootfs), str(self.folder), str(_PACKAGE)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={
                    "PATH": PATH, "HOME": "/root", "LC_ALL": "C.UTF-8", MARK: self.mark,
                },
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

    def _remember(self, *found: Process) -> None:
        listed = [dataclasses.asdict(process) for process in found]
        text = json.dumps({"boot_id": processes.boot_id(), "processes": listed})
        fresh = self._state.with_suffix(".new")
        fresh.write_text(text)
        fresh.rename(self._state)

    def kill(self) -> bool:
        """End every process of the lab at once; with them its mounts and networks are gone.

        :return: whether there was any.
        :raises OuterError: one does not end, or it is this command that runs in the lab.
        """
        if os.environ.get(MARK) == self.mark:
            raise OuterError(
                "This command runs in the lab that is to be removed: leave the lab first (exit)."
            )
        found = False
        with contextlib.suppress(processes.ProcessError):
            # The first process before those that were entered into its namespace: it cannot end
            # until these are reaped by their parents outside, while there are any.
            found = processes.end(lambda: [each for each in self.members if each.first], 5)
        try:
            found = processes.end(lambda: self.members) or found
        except processes.ProcessError as error:
            raise OuterError(str(error)) from error
        self._state.unlink(missing_ok=True)
        return found

    def enter(self, argv: Sequence[str], only_network: bool = False) -> list[str]:
        """Return the command line that runs `argv` inside.

        :param only_network: stay in the machine's file system; only the network is the lab's.
        :raises OuterError: the lab is not up.
        """
        if not self.alive:
            raise OuterError(
                f"The lab {self.folder.name!r} is not up; start it with: migration-chaos lab up"
            )
        first = str(self.processes[1].pid)
        target = ["env", f"{MARK}={self.mark}", "nsenter", "--target", first, "--net"]
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
