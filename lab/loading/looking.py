# SPDX-License-Identifier: Apache-2.0
"""What is really loaded into the services of a lab, asked of the hosts. Changes nothing."""

import dataclasses
import json
from collections.abc import Iterable, Sequence

from lab.core import containers
from lab.core.files import HostFiles
from lab.hosts.engine import LabEngine
from lab.loading import starting
from lab.loading.patch import Patch

# One line a service: name, state, main process, what it noted. A unit's record outlives it.
_SERVICES = r"""
for name in "$@"; do
    state=$(systemctl show --value -p ActiveState "$name.service")
    pid=$(systemctl show --value -p MainPID "$name.service")
    echo "$name $state $pid $(cat "/run/lab/patches/$name" 2>/dev/null)"
done
"""

# Where a remedy writes a line each time it acts, on a host's disk.
ACTED = "/var/lib/lab/acted"
_COUNT = f"cd /lab/hosts && grep -c '' */upper{ACTED}/* /dev/null"


@dataclasses.dataclass(frozen=True)
class Service:
    """A service of a host as it is now.

    :param state: systemd's.
    :param pid: of its main process, in the host; 0 if it does not run.
    :param applied: path and digest of each file applied in this very process.
    :param noted: whether this very process has begun to apply something.
    :param failed: path of a file that could not be applied, in this or an earlier process.
    :param why: the last line of the traceback.
    """

    name: str
    state: str = "unreachable"
    pid: int = 0
    applied: tuple[tuple[str, str], ...] = ()
    noted: bool = False
    failed: str = ""
    why: str = ""

    @property
    def paths(self) -> tuple[str, ...]:
        """The files applied."""
        return tuple(path for path, _ in self.applied)


def parse(line: str) -> Service:
    """Return the service that one line of a host's answer is about."""
    name, state, pid, *record = line.split(" ", 3)
    service = Service(name, state, int(pid or 0))
    try:
        said = json.loads("".join(record))
    except ValueError:
        return service
    failed = {"failed": said["failed"], "why": said["why"]}
    applied = tuple((path, digest) for path, digest in said["applied"])
    noted = said["pid"] == service.pid
    # Else it was a process that has ended.
    return dataclasses.replace(service, applied=applied if noted else (), noted=noted, **failed)


def services(engine: LabEngine, host: str, names: Iterable[str]) -> dict[str, Service]:
    """Return services of a host that is on, by name."""
    wanted = {name: Service(name) for name in names}
    if not wanted:
        return {}
    command = containers.inside_command(host, ["sh", "-c", _SERVICES, "sh", *wanted])
    lines = engine.outer.run(command).stdout.decode(errors="replace").splitlines()
    return wanted | {service.name: service for service in map(parse, lines)}


def units(engine: LabEngine, host: str, names: Sequence[str]) -> dict[str, str]:
    """Return the states of units of a host that is on."""
    command = containers.inside_command(host, ["systemctl", "is-active", *names])
    states = engine.outer.run(command).stdout.decode().split()
    return dict(zip(names, states or ["unreachable"] * len(names), strict=False))


def written(engine: LabEngine, host: str) -> str:
    """Return what the disk of a host, on or off, says of how its services start."""
    upper = f"/lab/hosts/{host}/upper{starting.UNITS}"
    script = f"cat {upper}/*.service.d/{starting.DROP_IN}; ls {upper}/lab.target.wants"
    return engine.outer.run(["sh", "-c", script]).stdout.decode(errors="replace")


@dataclasses.dataclass(frozen=True)
class Place:
    """A patch on a host where it can be: what is true of it there."""

    patch: Patch
    host: str
    power: bool
    state: str


def look(
    engine: LabEngine, rendered: dict[str, Sequence[HostFiles]], patches: Sequence[Patch]
) -> list[Place]:
    """Return what is true of each of `patches`, wherever it can be loaded.

    :param rendered: the parts of each host, as without any patch.
    """
    found = []
    for host in engine.plan.hosts:
        there = tuple(starting.services(rendered[host.name]))
        here = [
            patch
            for patch in patches
            if starting.meant(patch, host, there) or starting.runs_unit(patch, host)
        ]
        if not here:
            continue
        power = engine.running(host.name)
        if power:
            names = {name for patch in here for name in starting.meant(patch, host, there)}
            running = services(engine, host.name, names)
            active = units(engine, host.name, [each.unit for each in here if each.unit])
            states = [
                _state(each, starting.meant(each, host, there), running, active) for each in here
            ]
        else:
            text = written(engine, host.name)
            states = [
                "at next boot" if (each.unit or each.path) in text.split() else "off"
                for each in here
            ]
        found += [
            Place(patch, host.name, power, state)
            for patch, state in zip(here, states, strict=True)
        ]
    return found


def _state(
    patch: Patch, names: Sequence[str], running: dict[str, Service], states: dict[str, str]
) -> str:
    if patch.unit:
        return "loaded" if states[patch.unit] == "active" else "off"
    loaded = [name for name in names if patch.path in running[name].paths]
    failed = [running[name] for name in names if running[name].failed == patch.path]
    if failed:
        return f"failed: {failed[0].why}"
    if len(loaded) == len(names):
        return "loaded"
    return f"loaded into {', '.join(loaded)} only" if loaded else "off"


def acted(engine: LabEngine, patches: Iterable[Patch]) -> dict[str, int]:
    """Return how often each of `patches` that counts it has acted, summed over all hosts.

    Their disks are asked, so hosts that are off count too. What does not count is not listed.
    """
    lines = engine.outer.run(["sh", "-c", _COUNT]).stdout.decode(errors="replace").splitlines()
    counting = [patch.name for patch in patches if ACTED in patch.source]
    counts = dict.fromkeys(counting, 0)
    for line in lines:
        path, _, number = line.rpartition(":")
        name = path.rpartition("/")[2]
        if name in counts:
            counts[name] += int(number)
    return counts
