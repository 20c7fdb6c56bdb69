# SPDX-License-Identifier: Apache-2.0
"""Which domains ran on which host and when, by looks on a short interval.

Pure. May not know: where a domain should run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from migration_tests.judges.course import Seen
from migration_tests.record import words
from migration_tests.record.events import DomainsSeen

MAX_PAUSE = 10.0  # seconds between two looks at a host; what ran only in a longer one is not seen

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


def known_looks(seen: DomainsSeen) -> tuple[Span, ...]:
    """Return when the looks of an event were taken, as far as it says: the first and the last."""
    first = (seen.t_first_began, seen.t_first_ended)
    last = (seen.t_last_began, seen.t_last_ended)
    return (first, last) if seen.looks > 1 else (first,)


def runs(seen: DomainsSeen, server: str) -> bool:
    """Say whether looks showed a server running; one that is paused does not."""
    return any(
        domain.server == server and domain.state == words.DOMAIN_RUNS
        for domain in seen.domains or ()
    )


def contradiction(seen: DomainsSeen) -> str:
    """Return why an event cannot be of looks one after the other, or nothing."""
    return next(_contradictions(seen), "")


def _contradictions(seen: DomainsSeen) -> Iterator[str]:
    times = (seen.t_first_began, seen.t_first_ended, seen.t_last_began, seen.t_last_ended)
    if seen.looks < 1:
        yield f"{seen.looks} looks"
    if seen.looks == 1 and times[:2] != times[2:]:
        yield "one look with two times"
    if seen.looks > 1 and not times[0] <= times[1] <= times[2] <= times[3]:
        yield "its looks do not follow each other"
    if not times[0] <= times[1] or not times[2] <= times[3]:
        yield "a look ended before it began"
    if seen.looks > 1 and (times[3] - times[1]) / (seen.looks - 1) > seen.longest_pause + 0.001:
        yield "its looks are further apart than its longest pause"
    if (seen.domains is None) != bool(seen.error):
        yield "it does not say why the host could not be asked, or says so though it was"


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


def unseen(looks: Iterable[Seen[DomainsSeen]], begin: float, end: float) -> Span | None:
    """Return a time in which a host was not looked at for longer than MAX_PAUSE, if there is one.

    :param looks: the looks at the host that succeeded, in order
    """
    position = begin
    for seen in looks:
        points = known_looks(seen.event)
        if seen.event.longest_pause <= MAX_PAUSE:
            covered = [(points[0][1], points[-1][1])]
        else:
            covered = [(point[1], point[1]) for point in points]
        for first, last in covered:
            if last < position:
                continue
            if first > end:
                break
            if first - position > MAX_PAUSE:
                return position, first
            position = max(position, last)
    return (position, end) if end - position > MAX_PAUSE else None
