# SPDX-License-Identifier: Apache-2.0
"""Counts what could pile up on the lab's hosts and on this machine, and what memory services take.

Looks from the machine; changes nothing. A census is plain data, so that two can be compared.
"""

import concurrent.futures
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lab.core import cgroups, looking, usage
from lab.hosts.engine import LabEngine
from lab.model.plan import Host

# One "name number" a line.
_COMPUTE = r"""
count() { echo "$1 $(eval "$2" 2>/dev/null | wc -l)"; }
count domains 'virsh list --all --name | grep .'
count running 'virsh list --name | grep .'
count folders 'ls -d /var/lib/nova/instances/*-*-*-*-*'
count taps 'ls -d /sys/class/net/tap*/tun_flags'
count switch-ports 'ovs-vsctl --timeout=10 --bare --columns=external_ids list interface |
    grep vm-uuid'
count qemu 'pgrep -f ^/usr/bin/qemu-system'
"""

# What belongs to the host as a whole and may come and go with networks and images.
_ANY = r"""
count() { echo "$1 $(eval "$2" 2>/dev/null | wc -l)"; }
count namespaces 'ls /run/netns'
count links 'ls /sys/class/net'
count mounts 'cat /proc/1/mounts'
count defunct 'ps -e -o stat= | grep ^Z'
count files-of-nova 'find /var/lib/nova -xdev -type f'
count files-in-run 'find /run -xdev -type f -not -path "/run/systemd/*"'
for unit in nova-compute neutron-ovn-agent libvirtd nova-api nova-conductor nova-scheduler \
    neutron-api cinder-volume cinder-api keystone placement glance-api; do
    main=$(systemctl show -P MainPID $unit)
    [ "$main" = 0 ] || [ ! -d /proc/$main ] || count descriptors-of-$unit "ls /proc/$main/fd"
done
count remedies-acted 'cat /var/lib/lab/acted/*'
"""

ACTED = "remedies-acted"


@dataclasses.dataclass(frozen=True)
class Census:
    """What was counted, by ``place: thing``; memory of services in MiB, by ``place: service``."""

    counts: Mapping[str, int]
    memory: Mapping[str, float]

    def of(self, host: str, thing: str) -> int:
        """Return how many of a thing a host has."""
        return self.counts.get(f"{host}: {thing}", 0)


def take(engine: LabEngine, memory: bool = True) -> Census:
    """Count now.

    :param memory: ask for the services' memory too, which takes longer.
    :raises lab.core.engine.CommandError: a host does not answer.
    """
    counts: dict[str, int] = {}

    def look(host: Host) -> str:
        script = _ANY if host.role == "control" else _COMPUTE + _ANY
        return engine.execute(host.name, ["sh", "-c", script])

    with concurrent.futures.ThreadPoolExecutor(len(engine.plan.hosts)) as pool:
        for host, text in zip(
            engine.plan.hosts, pool.map(look, engine.plan.hosts), strict=True
        ):
            for line in text.splitlines():
                name, _, number = line.partition(" ")
                counts[f"{host.name}: {name}"] = int(number)
    counts |= {f"machine: {name}": number for name, number in _machine(engine).items()}
    sizes = {
        f"{host.name}: {unit.name}": unit.memory / (1 << 20)
        for host in (looking.look(engine) if memory else ())
        for unit in host.units
    }
    return Census(counts, sizes)


def _machine(engine: LabEngine) -> dict[str, int]:
    folder = str(engine.folder)
    backing = Path("/sys/block").glob("loop*/loop/backing_file")
    return {
        "loop devices": sum(_read(path).startswith(folder) for path in backing),
        "control groups": sum(
            1 for top in cgroups.left(engine.folder)[:1] for _ in top.glob("*/")
        ),
        "processes beside guests": sum(
            not process.name.startswith("qemu") for process in usage.processes(engine.outer)
        ),
    }


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # a loop device that just went
        return ""


def grown(before: Census, after: Census, tolerance: Mapping[str, int]) -> Iterator[str]:
    """Say what there is more of, one line each.

    :param tolerance: by thing: so many more are no growth.
    """
    for name, number in sorted(after.counts.items()):
        thing = name.partition(": ")[2]
        more = number - before.counts.get(name, 0)
        if thing != ACTED and more > tolerance.get(thing, 0):
            yield f"{name}: {before.counts.get(name, 0)} -> {number}"


def heavier(series: Sequence[Census], mebibytes: float, share: float) -> Iterator[str]:
    """Say which service takes more memory, by more than so many MiB and such a share of it.

    :param series: of all rounds: the last is compared with the first, and all are shown.
    """
    for name in sorted(series[-1].memory):
        sizes = [each.memory.get(name, 0) for each in series]
        if sizes[-1] - sizes[0] > max(mebibytes, share * sizes[0]):
            yield f"{name}: {' -> '.join(f'{size:.0f}' for size in sizes)} MiB"
