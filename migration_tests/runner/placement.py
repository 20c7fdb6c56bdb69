# SPDX-License-Identifier: Apache-2.0
"""Finds the hosts of a scenario before anything is booted, or says why there are none.

Decides on plain data; `Facts` says where it comes from. The same code says beforehand which
scenarios will run. May not know: any scenario, any step; how servers are made.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from chaos.guard import HostRule
from migration_tests.record.events import PlannedPhase, ScenarioPlanned
from migration_tests.runner.facts import Facts
from migration_tests.runner.room import Need, first_without_place
from migration_tests.runner.scenario import WATCHED, Scenario
from migration_tests.runner.stopping import Skip
from migration_tests.runner.topology import Topology


@dataclass(frozen=True)
class Placement:
    """Where a scenario takes place.

    :ivar sources: kind of storage to the host that its servers leave; one host for all of them
        wherever a host takes all, and always where a host is harmed
    :ivar spares: other hosts that take each kind of the first source's servers
    :ivar topology: as far as the cloud has its kinds of storage
    :ivar zones: kind of storage to the availability zone that its servers are bound to
    :ivar other_zones: kind of storage to the one that copies of its servers are booted in
    """

    sources: Mapping[str, str]
    spares: tuple[str, ...]
    topology: Topology
    zones: Mapping[str, str] = field(default_factory=dict)
    other_zones: Mapping[str, str] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """The host that the first of its servers leave."""
        return self.sources[self.topology.storages[0]]


def place(scenario: Scenario, facts: Facts, rules: Sequence[HostRule] = ()) -> Placement:
    """Find the hosts of a scenario.

    :param rules: what the cloud has against harming a host, asked of hosts that nothing else
        speaks against; used only for scenarios that harm one
    :raises Skip: with the reason, when there are none
    """
    topology = _topology(scenario, facts)
    lacking = [lack for phase in scenario.phases if (lack := phase.step.lacks(facts))]
    beyond = _beyond_quota(topology, facts)
    if lacking or beyond:
        raise Skip(" ".join(dict.fromkeys([*lacking, *beyond])))
    sources: dict[str, str] = {}
    zones: dict[str, str] = {}
    spares: tuple[str, ...] | None = None
    for part in _parts(scenario, topology, facts):
        host, others = _host(scenario, part, facts, rules, tuple(sources.values()))
        sources |= dict.fromkeys(part.storages, host)
        zone = _zone(part, facts, host, others)
        zones |= dict.fromkeys(part.storages, zone) if zone else {}
        spares = others if spares is None else spares
    other_zones = _other_zones(topology, facts, sources) if scenario.copies else {}
    return Placement(sources, spares or (), topology, zones, other_zones)


def _beyond_quota(topology: Topology, facts: Facts) -> list[str]:
    """Return what the project may not have of what the servers need, each as a sentence."""
    kinds = [*_storages(topology), *topology.storages[:1] * topology.bystanders]
    needs = [facts.needs(kind) for kind in kinds]
    wanted = {
        "instances": len(needs),
        "cores": sum(need["VCPU"] for need in needs),
        "ram": sum(need["MEMORY_MB"] for need in needs),
    }
    return [
        f"The project's quota leaves {facts.quota[name]} {name}, the {len(needs)} servers need "
        f"{amount}: raise it with 'openstack quota set --{name}'."
        for name, amount in wanted.items()
        if amount > facts.quota.get(name, amount)
    ]


def _parts(scenario: Scenario, topology: Topology, facts: Facts) -> list[Topology]:
    """Divide the servers into parts that each have one source; one that is harmed is for all.

    A kind of storage whose servers no host takes together with the first kind has a host of its
    own; bystanders belong to the first part.
    """
    takers = {kind: set(facts.takers[kind]) for kind in topology.storages}
    parts: list[list[str]] = []
    for kind in topology.storages:
        fitting = (part for part in parts if set.intersection(*(takers[x] for x in [kind, *part])))
        together = next(fitting, None)
        if together is not None:
            together.append(kind)
        else:
            parts.append([kind])
    if scenario.disturbs or len(parts) < 2:
        return [topology]
    return [
        dataclasses.replace(
            topology,
            subjects=tuple(one for one in topology.subjects if one.storage in part),
            bystanders=topology.bystanders if part is parts[0] else 0,
        )
        for part in parts
    ]


def _host(
    scenario: Scenario,
    topology: Topology,
    facts: Facts,
    rules: Sequence[HostRule],
    taken: Collection[str],
) -> tuple[str, tuple[str, ...]]:
    """Return a host that servers can leave, and those that can take them.

    :param taken: hosts that other servers of the scenario leave
    :raises Skip: when there is none
    """
    refused: dict[str, str] = {}
    for host in _candidates(scenario, facts):
        spares = _spares(topology, facts, host)
        reason = (
            ("servers of another kind leave it" if host in taken else "")
            or _harm(scenario, facts, host)
            or _cannot_take(topology, facts, host)
            or _too_few(topology, spares)
        )
        if not reason and facts.room:
            spares, reason = _with_room(topology, facts, host, spares)
        if not reason and topology.zoned and not _zone(topology, facts, host, spares):
            zone = facts.zones.get(host)
            reason = (
                f"the other hosts of its availability zone, {zone}, are too few or have no room"
                if zone
                else "it is in no availability zone of its own"
            )
        if not reason and scenario.disturbs:
            entry = facts.inventory.host(host)
            reason = " ".join(text for rule in rules for text in [rule(entry)] if text)
        if not reason:
            return host, spares
        refused[host] = reason
    why = "; ".join(f"{host}: {reason}" for host, reason in refused.items())
    what = "no host may be disturbed" if scenario.disturbs else "no host can be the source"
    raise Skip(f"{what}: {why or 'the hosts file names none'}")


def plan(
    scenario: Scenario,
    placed: Placement,
    facts: Facts,
    limits: Mapping[str, float],
    cannot_tell: Collection[str] = (),
) -> ScenarioPlanned:
    """Return the scenario as it is planned, for the record.

    :param limits: option name to its value, for those that expectations and judges name
    :param cannot_tell: evidence that cannot be had in the way that is configured
    """
    planned = dataclasses.replace(scenario, topology=placed.topology)
    named = set(facts.inventory.names)
    sources = " and ".join(dict.fromkeys(placed.sources.values()))
    return ScenarioPlanned(
        title=scenario.title.format(source=sources),
        phases=tuple(_without(phase.planned(), cannot_tell) for phase in scenario.phases),
        servers=planned.planned_servers(
            facts.compute_version,
            placed.sources,
            placed.spares[0] if placed.spares else None,
            _targets(placed, facts),
            placed.zones,
            other_zones=placed.other_zones,
        ),
        sources=tuple(dict.fromkeys(placed.sources.values())),
        watched=WATCHED,
        hosts_looked_at=tuple(facts.inventory.names),
        hosts_not_looked_at=tuple(
            service.host for service in facts.services if service.host not in named
        ),
        limits=dict(limits),
        compute_version=facts.compute_version,
        compute_offered=facts.compute_offered,
    )


def _targets(placed: Placement, facts: Facts) -> dict[str, tuple[str, ...]]:
    """Return the hosts that servers of each kind, or their copies, can come to."""
    return {
        kind: tuple(
            host
            for host in takers
            if (placed.other_zones or placed.zones).get(kind) in (None, facts.zones.get(host))
        )
        for kind, takers in facts.takers.items()
    }


def declared(scenario: Scenario, api: str) -> ScenarioPlanned:
    """Return the scenario as it would be planned on a cloud that has everything.

    :param api: the compute API version
    """
    return ScenarioPlanned(
        title=scenario.title.format(source="a host"),
        phases=tuple(phase.planned() for phase in scenario.phases),
        servers=scenario.planned_servers(api),
        sources=("a host",),
        watched=WATCHED,
    )


def _without(phase: PlannedPhase, evidence: Collection[str]) -> PlannedPhase:
    kept = tuple(one for one in phase.produces if one not in evidence)
    return dataclasses.replace(phase, produces=kept)


def _topology(scenario: Scenario, facts: Facts) -> Topology:
    topology = scenario.topology
    first = topology.storages[0]
    if first not in facts.flavors:
        raise Skip(
            f"{first} storage is not tested: there is no flavor for it in [migration_chaos], or "
            "storage_kinds leaves it out"
        )
    reason = scenario.left_out(first, facts.compute_version, facts)
    if reason:
        raise Skip(reason)
    kept = tuple(
        one
        for one in topology.subjects
        if one.storage in facts.flavors
        and not scenario.left_out(one.storage, facts.compute_version, facts)
    )
    return dataclasses.replace(topology, subjects=kept)


def _candidates(scenario: Scenario, facts: Facts) -> list[str]:
    """Return the hosts that may come into question: those of the hosts file before others."""
    named = list(facts.inventory.names)
    if scenario.disturbs:
        return named
    return named + [service.host for service in facts.services if service.host not in named]


def _harm(scenario: Scenario, facts: Facts, host: str) -> str:
    """Why a host cannot be the one, by the hosts file and by its compute service."""
    service = next((one for one in facts.services if one.host == host), None)
    if service is None:
        return "Nova knows no compute service on it"
    if not service.usable:
        down = ", forced down" if service.forced_down else ""
        return f"its compute service is {service.state}, {service.status}{down}"
    if not scenario.disturbs:
        return ""
    entry = facts.inventory.host(host)
    if not entry.disturb:
        return "the hosts file does not allow to disturb it"
    return " ".join(text for step in scenario.steps if (text := step.refuses(entry)))


def _cannot_take(topology: Topology, facts: Facts, host: str) -> str:
    for storage in topology.storages:
        if host not in facts.takers[storage]:
            name = facts.flavors[storage].name
            return f"it takes no servers of the flavor {name} ({storage} storage)"
    if facts.room:
        needs = [Need(facts.needs(kind)) for kind in _storages(topology)]
        if first_without_place(needs, {host: facts.room.get(host, {})}):
            return f"it has no room for {len(needs)} servers"
    return ""


def _spares(topology: Topology, facts: Facts, host: str) -> tuple[str, ...]:
    """Return the other usable hosts that take every kind of the servers, its own zone first."""
    first, *more = topology.storages
    found = [
        other
        for other in facts.takers[first]
        if other != host and all(other in facts.takers[storage] for storage in more)
    ]
    zone = facts.zones.get(host)
    return tuple(sorted(found, key=lambda other: facts.zones.get(other) != zone))


def _too_few(topology: Topology, spares: Sequence[str]) -> str:
    wanted = max(topology.spare_hosts, 1 if topology.bystanders else 0)
    if len(spares) >= wanted:
        return ""
    kinds = " and ".join(topology.storages)
    return (
        f"only {len(spares)} other host(s) take servers on {kinds} storage, {wanted} "
        "needed to take what leaves it"
    )


def _with_room(
    topology: Topology, facts: Facts, host: str, spares: tuple[str, ...]
) -> tuple[tuple[str, ...], str]:
    """Return the spares, first the one that has room for the bystanders; else the reason."""
    usable = [service.host for service in facts.services if service.usable]
    room = {name: facts.room.get(name, {}) for name in usable if name != host}
    leaving = [Need(facts.needs(kind), facts.takers[kind]) for kind in _storages(topology)]
    staying = facts.needs(topology.storages[0])
    for number in range(max(1, len(spares))):
        first = spares[number : number + 1]
        needs = [*leaving, *[Need(staying, first)] * topology.bystanders]
        if not first_without_place(needs, room):
            return (*first, *(one for one in spares if one not in first)), ""
    count = len(leaving) + topology.bystanders
    return spares, f"the other hosts have no room for the {count} servers"


def _zone(
    topology: Topology, facts: Facts, host: str, spares: tuple[str, ...]
) -> str | None:
    """Return the host's availability zone, if servers that are bound to it find room elsewhere."""
    zone = None if topology.zoned is False else facts.zones.get(host)
    inside = [other for other in spares if facts.zones.get(other) == zone]
    if zone is None or _too_few(topology, inside):
        return None
    if facts.room:
        room = {name: facts.room.get(name, {}) for name in inside}
        needs = [Need(facts.needs(kind), facts.takers[kind]) for kind in _storages(topology)]
        if spares[0] in inside:
            staying = Need(facts.needs(topology.storages[0]), spares[:1])
            needs += [staying] * topology.bystanders
        if first_without_place(needs, room):
            return None
    return zone


def _other_zones(
    topology: Topology, facts: Facts, sources: Mapping[str, str]
) -> dict[str, str]:
    """Return the zone that copies of each kind of servers are booted in, other than their own.

    :raises Skip: when no other zone has room for them
    """
    found: dict[str, str] = {}
    needs: list[Need] = []
    for kind in topology.storages:
        own = facts.zones.get(sources[kind])
        zones = [facts.zones[host] for host in facts.takers[kind] if host in facts.zones]
        for zone in dict.fromkeys(zones):
            if zone == own:
                continue
            inside = tuple(host for host in facts.takers[kind] if facts.zones.get(host) == zone)
            more = [Need(facts.needs(kind), inside)] * _storages(topology).count(kind)
            if not facts.room or not first_without_place([*needs, *more], facts.room):
                found[kind] = zone
                needs += more
                break
        else:
            raise Skip(
                f"no availability zone but that of {sources[kind]} has room for copies of the "
                f"servers on {kind} storage"
            )
    return found


def _storages(topology: Topology) -> list[str]:
    return [subject.storage for subject in topology.servers]
