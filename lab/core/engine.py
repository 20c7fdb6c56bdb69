# SPDX-License-Identifier: Apache-2.0
"""One lab's machinery: its outer process and its hosts, from rendered files to running hosts.

Knows containers, networks and power; nothing of OpenStack. Everything it starts is inside the
outer process's namespaces and ends with it.
"""

import json
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from lab.core import cgroups, containers
from lab.core.files import File, HostFiles
from lab.core.layout import HostLayout, Layout
from lab.core.outer import Outer, OuterError

RUNNER = "runner"

# A service that finds another one not there yet ends and is started again, but fewer times.
MANY_RESTARTS = 5

_RESTARTS = """
for link in /etc/systemd/system/lab.target.wants/*; do
    unit=${link##*/}
    echo "$(systemctl show -P NRestarts "$unit") $unit"
done
"""


class CommandError(Exception):
    """A command on a host of the lab failed; the message carries the end of what it printed."""


class Engine:
    """The machinery of the lab laid out in `layout`, kept in `folder`."""

    def __init__(self, layout: Layout, folder: Path):
        self.layout = layout
        self.folder = folder
        self.outer = Outer(folder)

    def start(self, rootfs: Path, beside: Sequence[Sequence[str]] = ()) -> None:
        """Make the namespaces, networks and disks; all hosts are off.

        :param beside: commands that run beside the hosts, and are kept running.
        :raises OuterError: it did not come up.
        """
        for name in ("lxc", "logs", "disks"):
            (self.folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        for host in self.layout.hosts:
            self._configure(host)
        engine = {
            "name": self.layout.name,
            "bridges": self.layout.bridges,
            "disks": {host.name: host.disk_mib for host in self.layout.hosts},
            "shared": {
                name: self.layout.shared_mib for host in self.layout.hosts for name in host.shared
            },
            "beside": beside,
        }
        (self.folder / "engine.json").write_text(json.dumps(engine, indent=1))
        self.outer.start(rootfs)

    def _configure(self, host: HostLayout) -> None:
        folder = self.folder / "lxc" / host.name
        folder.mkdir(exist_ok=True)
        text = containers.configuration(host, cgroups.name(self.folder))
        (folder / "config").write_text(text)

    def prepare(self, host: str, parts: Iterable[HostFiles], template: bytes = b"") -> None:
        """Write what the parts want onto the disk of a host that is off.

        :param template: a tar archive to be unpacked before.
        """
        files: list[File] = []
        links: dict[str, str] = {}
        for part in parts:
            files += part.files
            for unit in part.units:
                link = f"/etc/systemd/system/lab.target.wants/{unit}"
                links[link] = f"/etc/systemd/system/{unit}"
        if template:
            containers.unpack(self.outer, host, template)
        containers.unpack(self.outer, host, containers.archive(files, links))

    def power_on(self, host: str) -> None:
        """Start a host; nothing happens if it runs.

        :raises CommandError: the container engine refused.
        """
        self._checked(host, self.outer.run(containers.power_command("on", host)))

    def power_off(self, host: str) -> None:
        """Cut a host's power; nothing happens if it is off.

        :raises CommandError: the container engine refused.
        """
        self._checked(host, self.outer.run(containers.power_command("off", host)))

    def running(self, host: str) -> bool:
        """Whether the host's power is on."""
        return b"on" in self.outer.run(containers.power_command("status", host)).stdout

    @staticmethod
    def _checked(host: str, done: subprocess.CompletedProcess[bytes]) -> bytes:
        if done.returncode:
            tail = (done.stderr + done.stdout).decode(errors="replace").strip()[-2000:]
            raise CommandError(f"{host}: {done.args[-1]} ended with {done.returncode}:\n{tail}")
        return done.stdout

    def command(self, host: str, argv: Sequence[str]) -> list[str]:
        """Return the machine's command line that runs `argv` on a host or on the runner.

        :raises lab.core.layout.LayoutError: there is no such host.
        """
        if host == RUNNER:
            return self.outer.enter(argv, only_network=True)
        path = f"PATH={self.layout.search_path}"
        name = self.layout.host(host).name
        return self.outer.enter(containers.inside_command(name, ["env", path, *argv]))

    def execute(
        self, host: str, argv: Sequence[str], input: bytes = b"", timeout: float = 60
    ) -> str:
        """Run `argv` on a host and return its standard output.

        :param timeout: seconds.
        :raises CommandError: it failed or took too long.
        """
        try:
            done = subprocess.run(
                self.command(host, argv),
                input=input,
                capture_output=True,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise CommandError(f"{host}: {argv[0]} took more than {timeout:.0f} s.") from error
        return self._checked(host, done).decode(errors="replace")

    def wait_for_units(self, host: str, units: Sequence[str], timeout: float) -> None:
        """Return when all `units` of a host are active.

        :param timeout: seconds.
        :raises CommandError: one failed, or is not active in time; says which, with its journal.
        """
        end = time.monotonic() + timeout
        while True:
            states = self._unit_states(host, units)
            pending = [unit for unit, state in states.items() if state != "active"]
            if not pending:
                return
            failed = [unit for unit in pending if states[unit] == "failed"]
            if failed or time.monotonic() > end:
                what = "failed" if failed else "is not up in time"
                raise CommandError(self._why(host, failed or pending, what))
            time.sleep(0.3)

    def _unit_states(self, host: str, units: Sequence[str]) -> Mapping[str, str]:
        command = containers.inside_command(host, ["systemctl", "is-active", *units])
        states = self.outer.run(command).stdout.decode().split()
        return dict(zip(units, states or ["unreachable"] * len(units), strict=False))

    def most_restarted(self) -> str:
        """Say which unit of the hosts that are on has ended and been started anew most often.

        :return: nothing if none ended more often than a service does that is merely early.
        """
        worst = (MANY_RESTARTS - 1, "", "")
        for host in filter(self.running, (each.name for each in self.layout.hosts)):
            command = containers.inside_command(host, ["sh", "-c", _RESTARTS])
            for line in self.outer.run(command).stdout.decode().splitlines():
                number, _, unit = line.partition(" ")
                if number.isdigit():
                    worst = max(worst, (int(number), host, unit))
        times, where, ended = worst
        return self._why(where, [ended], f"has ended {times} times") if where else ""

    def _why(self, host: str, units: Sequence[str], what: str) -> str:
        unit = units[0]
        journal = self.outer.run(
            containers.inside_command(host, ["journalctl", "-u", unit, "-n", "25", "--no-pager"])
        ).stdout.decode(errors="replace")
        return (
            f"{unit} {what} on {host}"
            + (f" (so did {', '.join(units[1:])})" if units[1:] else "")
            + f". The end of its log:\n{journal}"
            f"See all of it with: migration-chaos lab logs {unit} --host {host}"
        )

    def stop(self) -> None:
        """End the lab at once: all hosts, networks, mounts, control groups."""
        self.outer.kill()
        cgroups.remove(self.folder)


__all__ = ["RUNNER", "CommandError", "Engine", "OuterError"]
