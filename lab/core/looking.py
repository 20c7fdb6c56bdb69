# SPDX-License-Identifier: Apache-2.0
"""What a running lab looks like: power, units and memory of each host. Changes nothing."""

import dataclasses

from lab.core import containers
from lab.core.engine import Engine

# One line a unit: name, state, and the memory (KiB, proportional set) of all its processes.
_UNITS = r"""
for link in /etc/systemd/system/lab.target.wants/*; do
    unit=${link##*/}
    state=$(systemctl is-active "$unit")
    group=$(systemctl show -P ControlGroup "$unit")
    total=0
    for pid in $(cat "/sys/fs/cgroup/systemd$group/cgroup.procs" \
        "/sys/fs/cgroup$group/cgroup.procs" 2>/dev/null); do
        while read -r name size _; do
            [ "$name" = Pss: ] && total=$((total + size))
        done 2>/dev/null < "/proc/$pid/smaps_rollup"
    done
    echo "$unit $state $total"
done
"""


@dataclasses.dataclass(frozen=True)
class Unit:
    """A unit of a host: its systemd state, and its processes' memory in bytes."""

    name: str
    state: str
    memory: int


@dataclasses.dataclass(frozen=True)
class HostView:
    """A host as it is now; memory in bytes."""

    name: str
    power: bool
    units: tuple[Unit, ...]

    @property
    def memory(self) -> int:
        """Memory of all its units' processes, bytes."""
        return sum(unit.memory for unit in self.units)


def look(engine: Engine) -> list[HostView]:
    """Return every host of the lab as it is now."""
    return [_look_at(engine, host.name) for host in engine.layout.hosts]


def _look_at(engine: Engine, host: str) -> HostView:
    power = engine.running(host)
    units: list[Unit] = []
    if power:
        command = containers.inside_command(host, ["sh", "-c", _UNITS])
        for line in engine.outer.run(command).stdout.decode().splitlines():
            name, state, memory = line.split()
            units.append(Unit(name.removesuffix(".service"), state, int(memory) << 10))
    return HostView(host, power, tuple(units))
