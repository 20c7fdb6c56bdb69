# SPDX-License-Identifier: Apache-2.0
"""Which domains ran on which host and when, by looks on a short interval.

Pure. May not know: where a domain should run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from migration_tests.judges.course import Seen
from migration_tests.record import words
from migration_tests.record.events import DomainsSeen, Looks

MAX_PAUSE = 10.0  # seconds between two looks at a host; what ran only in a longer one is not seen
ROUNDING = 0.001  # seconds

L = TypeVar("L", bound=Looks)
Span = tuple[float, float]  # from and until, seconds of the monotonic clock


@dataclass(frozen=True)
class Running:
    """A time in which a server ran on a host: the looks that begin and end it both showed it.

    :ivar looks: when each look that is known to have shown it began and ended
    """

    host: str
    looks: tuple[Span, ...]
    lines: tuple[int, ...]

    @property
    def proved(self) -> Span:
        """From the end of the first look to the beginning of the last."""
        return self.looks[0][1], self.looks[-1][0]


def known_looks(seen: Looks) -> tuple[Span, ...]:
    """Return when the looks of an event were taken, as far as it says: the first and the last."""
    first = (seen.t_first_began, seen.t_first_ended)
    last = (seen.t_last_began, seen.t_last_ended)
    return (first,) if first == last else (first, last)


def runs(seen: DomainsSeen, server: str) -> bool:
    """Say whether looks showed a server running; one that is paused does not."""
    return any(
        domain.server == server and domain.state == words.DOMAIN_RUNS
        for domain in seen.domains or ()
    )


def contradiction(looks: Sequence[Seen[L]]) -> str:
    """Return why looks at one host, in their order, cannot have been as they say, or nothing."""
    for seen in looks:
        for wrong in _contradictions(seen):
            return f"the looks of line {seen.line} cannot be: {wrong}"
    for former, later in pairwise(looks):
        if later.event.t_first_began < former.event.t_last_ended:
            return f"the looks of lines {former.line} and {later.line} overlap"
    for before, seen in zip((None, *looks), looks, strict=False):
        if not _paused_as_said(before, seen.event):
            return f"the looks of line {seen.line} cannot be: they paused otherwise than they say"
    return ""


def _paused_as_said(before: Seen[L] | None, event: L) -> bool:
    """Whether the longest pause can be what it is said to be.

    The one from the look before is known, and so is the time that the others share; the last of
    them, if there is one, holds the whole of the last look.
    """
    since = event.t_first_ended - before.event.t_last_ended if before else 0.0
    shared = event.t_last_ended - event.t_first_ended
    last = event.t_last_ended - event.t_last_began if shared else 0.0
    least, most = max(since, last), max(since, shared)
    return least - ROUNDING <= event.longest_pause <= most + ROUNDING


def _contradictions(seen: Seen[L]) -> Iterator[str]:
    event = seen.event
    looks = known_looks(event)
    for begin, end in looks:
        if end < begin:
            yield "one ended before it began"
    for former, later in pairwise(looks):
        if later[0] < former[1]:
            yield "they do not follow each other"
    if event.answered == bool(event.error):
        yield "they do not say why the host could not be asked, or say so though it was"
    if looks[-1][1] > seen.t + ROUNDING:
        yield "the last ended after it was written down"


def unlearned(looks: Iterable[Seen[DomainsSeen]], server: str) -> Seen[DomainsSeen] | None:
    """Return looks that show a server's domain and not its state, if there are such."""
    for seen in looks:
        for domain in seen.event.domains or ():
            if domain.server == server and not domain.state:
                return seen
    return None


def running(looks: Iterable[Seen[DomainsSeen]], server: str) -> list[Running]:
    """Return the times in which a server ran on a host, from the looks at that host in order."""
    found: list[Running] = []
    current: list[Seen[DomainsSeen]] = []
    for seen in looks:
        if seen.event.domains is None:
            continue  # it could not be asked: what was so before and is so after went on
        if runs(seen.event, server):
            current.append(seen)
        elif current:
            found.append(_joined(current))
            current = []
    return [*found, _joined(current)] if current else found


def _joined(seen: list[Seen[DomainsSeen]]) -> Running:
    return Running(
        host=seen[0].event.host,
        looks=tuple(look for one in seen for look in known_looks(one.event)),
        lines=tuple(one.line for one in seen),
    )


def at_once(one: Running, other: Running) -> Span | None:
    """Return a look at one host that looks at the other enclose, if there is one.

    Then the server ran on both.
    """
    for inner, outer in ((other, one), (one, other)):
        begin, end = outer.proved
        for look in inner.looks:
            if begin <= look[0] and look[1] <= end:
                return look
    return None


def unseen(looks: Iterable[Seen[L]], begin: float, end: float) -> Span | None:
    """Return a time in which a host was not looked at for longer than MAX_PAUSE, if there is one.

    Also the last look before the time and the first one after it must be no further apart from
    the others: a short time without any look is no less unseen than a long one.

    :param looks: the looks at the host that succeeded, in order
    """
    position = float("-inf")  # the end of the last look so far
    for first, last in [*covered(looks), (float("inf"), float("inf"))]:
        hole = max(position, begin), min(first, end)
        if first - position > MAX_PAUSE and hole[0] < hole[1]:
            return hole
        position = last
    return None


def covered(looks: Iterable[Seen[L]]) -> Iterator[Span]:
    """Yield the times in which looks ended one after the other, without too long a pause."""
    for seen in looks:
        points = known_looks(seen.event)
        if seen.event.longest_pause <= MAX_PAUSE:
            yield points[0][1], points[-1][1]
        else:
            yield from ((point[1], point[1]) for point in points)
