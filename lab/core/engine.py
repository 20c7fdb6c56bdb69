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
from lab.core.outer import SELF, Outer, OuterError
from lab.core.sandbox import PATH
from lab.model.authority import Authority
from lab.model.plan import (
    BMC,
    BMC_USER,
    MANAGEMENT,
    PROVIDER,
    RUNNER_OCTET,
    STORAGE,
    Host,
    Plan,
    PlanError,
)

# Interface in a host -> bridge it hangs on.
BRIDGES = {"eth0": "br-mgmt", "eth1": "br-stor", "eth2": "br-tun", "eth3": "br-prov"}

CONTROL_DISK_MIB = 16 << 10
COMPUTE_DISK_MIB = 8 << 10
SHARED_DISK_MIB = 16 << 10
CONTROL_MEMORY_MIB = 8 << 10
COMPUTE_MEMORY_MIB = 4 << 10

RUNNER = "runner"

# A service that finds another one not there yet ends and is started again, a few times.
RESTLESS = 5

_RESTARTS = """
for link in /etc/systemd/system/lab.target.wants/*; do
    unit=${link##*/}
    echo "$(systemctl show -P NRestarts "$unit") $unit"
done
"""


class CommandError(Exception):
    """A command on a host of the lab failed; the message carries the end of what it printed."""


class Engine:
    """The machinery of the lab laid out in `plan`, kept in `folder`."""

    def __init__(self, plan: Plan, folder: Path):
        self.plan = plan
        self.folder = folder
        self.outer = Outer(folder)

    def start(self, rootfs: Path) -> None:
        """Make the namespaces, networks, disks and BMCs; all hosts are off.

        :raises OuterError: it did not come up.
        """
        for name in ("lxc", "logs", "disks"):
            (self.folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        for host in self.plan.hosts:
            self._configure(host)
        engine = {
            "name": self.plan.name,
            "bridges": {
                "br-mgmt": [f"{MANAGEMENT}.{RUNNER_OCTET}/24"],
                "br-stor": [f"{STORAGE}.{RUNNER_OCTET}/24"],
                "br-tun": [],
                "br-prov": [f"{PROVIDER}.{RUNNER_OCTET}/24"],
                "br-bmc": [
                    f"{BMC}.{RUNNER_OCTET}/24",
                    *(f"{host.bmc}/24" for host in self.plan.computes),
                ],
            },
            "disks": {
                host.name: CONTROL_DISK_MIB if host.bmc is None else COMPUTE_DISK_MIB
                for host in self.plan.hosts
            },
            "shared": {
                name: SHARED_DISK_MIB
                for host in self.plan.hosts
                for name in containers.shared_folders(host)
            },
            "services": [self._bmcs()],
        }
        (self.folder / "engine.json").write_text(json.dumps(engine, indent=1))
        self.outer.start(rootfs)

    def interfaces(self, host: Host) -> dict[str, tuple[str, str]]:
        """Return bridge and address (or nothing) of each interface of a host, in order."""
        interfaces = {
            "eth0": (BRIDGES["eth0"], f"{host.mgmt}/24"),
            "eth1": (BRIDGES["eth1"], f"{host.storage}/24"),
            # The tunnel's address sits on a bridge of the host's own switch, see lab.services.ovs.
            "eth2": (BRIDGES["eth2"], ""),
        }
        if host.role == "control":
            interfaces["eth3"] = (BRIDGES["eth3"], "")
        return interfaces

    def _configure(self, host: Host) -> None:
        memory = CONTROL_MEMORY_MIB if host.role == "control" else COMPUTE_MEMORY_MIB
        networks = self.interfaces(host)
        folder = self.folder / "lxc" / host.name
        folder.mkdir(exist_ok=True)
        (folder / "config").write_text(
            containers.configuration(host, networks, memory, cgroups.name(self.folder))
        )

    def _bmcs(self) -> list[str]:
        """Write the configuration of each BMC and return the command that runs them all."""
        authority = self.plan.secrets.authority(self.plan.name)
        configs = [self._bmc(host, authority) for host in self.plan.computes]
        inside = [word for path in configs for word in ("--config", f"{SELF}/bmc/{path.name}")]
        return ["/opt/openstack/bin/python", "-m", "lab.bmc", *inside]

    def _bmc(self, host: Host, authority: Authority) -> Path:
        assert host.bmc
        config = self.bmc_config(host.name)
        config.parent.mkdir(mode=0o700, exist_ok=True)
        issued = authority.issue(f"bmc-{host.name}", host.bmc)
        credentials = {"user": BMC_USER, "password": self.plan.bmc_password(host)}
        secrets = {
            ".credentials": json.dumps(credentials),
            ".key": issued.key,
            ".crt": issued.certificate,
        }
        for suffix, text in secrets.items():
            path = config.with_suffix(suffix)
            path.touch(mode=0o600)
            path.write_text(text)
        config.write_text(
            json.dumps(
                {
                    "name": host.name,
                    "uuid": self.plan.system_uuid(host),
                    "address": host.bmc,
                    "port": 623,
                    "credentials_file": f"{host.name}.credentials",
                    "power_on": containers.power_command("on", host.name),
                    "power_off": containers.power_command("off", host.name),
                    "status": containers.power_command("status", host.name),
                    "shutdown": containers.power_command("shutdown", host.name),
                    "restart": containers.power_command("restart", host.name),
                    "redfish": {
                        "port": 443,
                        "certificate_file": f"{host.name}.crt",
                        "key_file": f"{host.name}.key",
                    },
                },
                indent=1,
            )
        )
        return config

    def bmc_config(self, host: str) -> Path:
        """Return the path of the configuration of the host's BMC, as this machine sees it.

        :raises lab.model.plan.PlanError: there is no such host, or it has no BMC.
        """
        if self.plan.host(host).bmc is None:
            raise PlanError(f"The host {host!r} has no BMC: it is never switched off.")
        return self.folder / "bmc" / f"{host}.json"

    def prepare(self, host: Host, parts: Iterable[HostFiles], template: bytes = b"") -> None:
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
            containers.unpack(self.outer, host.name, template)
        containers.unpack(self.outer, host.name, containers.archive(files, links))

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
        """Return the machine's command line that runs `argv` on a host or on the runner."""
        if host == RUNNER:
            return self.outer.enter(argv, only_network=True)
        self.plan.host(host)
        return self.outer.enter(containers.inside_command(host, ["env", f"PATH={PATH}", *argv]))

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

    def restless(self) -> str:
        """Say which unit of the hosts that are on has ended and been started anew most often.

        :return: nothing if none ended more often than a service does that is merely early.
        """
        worst = (RESTLESS - 1, "", "")
        for host in filter(self.running, (each.name for each in self.plan.hosts)):
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
