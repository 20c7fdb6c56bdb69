# SPDX-License-Identifier: Apache-2.0
"""Chooses the host that will be disturbed and lets the scheduler fill it and another one.

Nothing is known beforehand but the hosts file: the cloud is asked where a flavor's servers land.
May not know: what is done to the host.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from chaos.deadline import Deadline
from chaos.guard import HostRule
from chaos.inventory import Host, Inventory
from migration_tests.cloud.clients import Cloud
from migration_tests.cloud.data import ServiceState
from migration_tests.record import words
from migration_tests.stories.base import StorySkip, StoryStop
from migration_tests.stories.cast import FAILED, Actor, Cast


@dataclass(frozen=True)
class Choice:
    """Which hosts may be disturbed, and why the others may not.

    :ivar allowed: names of hosts, in the order of the hosts file
    :ivar refused: host name to reason
    """

    allowed: tuple[str, ...]
    refused: Mapping[str, str]

    def why_not(self) -> str:
        """Return the reasons as text."""
        return "; ".join(f"{host}: {reason}" for host, reason in self.refused.items())


def choose(
    inventory: Iterable[Host],
    services: Sequence[ServiceState],
    rules: Sequence[HostRule],
) -> Choice:
    """Decide which hosts may be disturbed. Pure but for `rules`.

    :param services: all compute services of the cloud
    :param rules: what the cloud has against it, asked of hosts that nothing else speaks against
    """
    by_host = {service.host: service for service in services}
    allowed: list[str] = []
    refused: dict[str, str] = {}
    for host in inventory:
        service = by_host.get(host.name)
        if not host.disturb:
            refused[host.name] = "the hosts file does not allow to disturb it"
        elif host.bmc is None:
            refused[host.name] = "it has no BMC to switch it on again"
        elif service is None:
            refused[host.name] = "Nova knows no compute service on it"
        elif not service.usable:
            down = ", forced down" if service.forced_down else ""
            refused[host.name] = f"its compute service is {service.state}, {service.status}{down}"
        elif reasons := [reason for rule in rules if (reason := rule(host))]:
            refused[host.name] = " ".join(reasons)
        else:
            allowed.append(host.name)
    return Choice(tuple(allowed), refused)


class Casting:
    """Brings the servers of a story to their places.

    :param rules: what the cloud has against disturbing a host
    :param kinds: kinds of storage; the first decides which host is disturbed
    """

    def __init__(
        self,
        cloud: Cloud,
        cast: Cast,
        inventory: Inventory,
        rules: Sequence[HostRule],
        kinds: Sequence[str],
    ) -> None:
        self._cloud = cloud
        self._cast = cast
        self._inventory = inventory
        self._rules = rules
        self._kinds = kinds

    def fill(self, deadline: Deadline) -> Host:
        """Ask for all servers of the story and return the host that will be disturbed.

        When this returns every server has its host, but none need be ACTIVE yet.

        :raises StorySkip: when no host may be disturbed, or none would be left to evacuate to
        :raises StoryStop: when servers cannot be made at all
        """
        services = self._cloud.services()
        choice = choose(self._inventory, services, self._rules)
        if not choice.allowed:
            raise StorySkip(f"no host may be disturbed: {choice.why_not()}")
        usable = [service.host for service in services if service.usable]
        source = self._lead(choice, deadline)
        others = [host for host in usable if host != source]
        bystander = self._first(words.BYSTANDER, self._kinds[0], others, deadline)
        if bystander is None:
            raise StorySkip(
                f"no second host takes servers on {self._kinds[0]} storage, so nothing could be "
                f"evacuated from {source}; tried: {', '.join(others) or 'none'}"
            )
        self._cast.take(bystander)
        for kind in self._kinds[1:]:
            subject = self._first(words.SUBJECT, kind, [source], deadline)
            if subject is None:
                raise StoryStop(
                    words.CLOUD, f"{source} does not take the server on {kind} storage"
                )
            self._cast.take(subject)
        return self._inventory.host(source)

    def _lead(self, choice: Choice, deadline: Deadline) -> str:
        """Let the scheduler place the first server; take its host if it may be disturbed."""
        kind = self._kinds[0]
        actor = self._cast.ask(kind, words.SUBJECT, None)
        state = self._cast.placed(actor, deadline)
        if state.status in FAILED:
            raise StoryStop(words.CLOUD, f"a server on {kind} storage was not made: {state.fault}")
        if state.host in choice.allowed:
            self._cast.take(actor)
            return str(state.host)
        self._cast.drop(actor)
        pinned = self._first(words.SUBJECT, kind, choice.allowed, deadline)
        if pinned is None or pinned.host is None:
            raise StorySkip(
                f"no host that may be disturbed takes servers on {kind} storage (the scheduler "
                f"chose {state.host}); allowed: {', '.join(choice.allowed)}; {choice.why_not()}"
            )
        self._cast.take(pinned)
        return pinned.host

    def _first(
        self, role: str, kind: str, hosts: Sequence[str], deadline: Deadline
    ) -> Actor | None:
        """Ask for a server on one host after the other until one takes it."""
        for host in hosts:
            actor = self._cast.ask(kind, role, host)
            state = self._cast.placed(actor, deadline)
            if state.status not in FAILED:
                return actor
            self._cast.drop(actor)
        return None
