# SPDX-License-Identifier: Apache-2.0
"""The history of one story, ready to be asked: what was seen, of which server, when.

May not know: any judge, any threshold.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar, cast

from migration_tests.judges.finding import NotProduced
from migration_tests.record import words
from migration_tests.record.event import Event
from migration_tests.record.events import (
    HostKilled,
    MigrationSeen,
    ServerIntroduced,
    ServerSnapshot,
)
from migration_tests.record.history import UNREADABLE, Line
from migration_tests.record.story_events import (
    HarnessError,
    StoryFinished,
    StoryPhase,
    StorySkipped,
    StoryStarted,
    StoryStopped,
)

E = TypeVar("E", bound=Event)


@dataclass(frozen=True)
class Seen(Generic[E]):
    """An event and where it stands."""

    event: E
    line: int
    t: float  # seconds of the runner's monotonic clock


class StoryRecord:
    """All events of one story.

    :param lines: lines of a history, of other stories too.
    :param story: the story to look at.
    """

    def __init__(self, lines: Iterable[Line], story: str) -> None:
        self.story = story
        self._by_kind: dict[type[Event], list[Seen[Any]]] = defaultdict(list)
        self.unreadable: list[int] = []
        for line in lines:
            if line.kind == UNREADABLE:
                self.unreadable.append(line.number)
            elif line.event is not None and line.story == story:
                seen = Seen(line.event, line.number, line.t_mono)
                self._by_kind[type(line.event)].append(seen)

    def all(self, kind: type[E], /, **wanted: Any) -> list[Seen[E]]:
        """Return the events of a kind whose fields have the wanted values, in their order.

        A tuple as the wanted value means any of its elements.
        """
        return [
            cast(Seen[E], seen)
            for seen in self._by_kind[kind]
            if all(_fits(getattr(seen.event, name), value) for name, value in wanted.items())
        ]

    def first(self, kind: type[E], /, what: str, **wanted: Any) -> Seen[E]:
        """Return the first such event; `what` names it if there is none (NotProduced)."""
        return self._one(kind, 0, what, wanted)

    def last(self, kind: type[E], /, what: str, **wanted: Any) -> Seen[E]:
        """Return the last such event; `what` names it if there is none (NotProduced)."""
        return self._one(kind, -1, what, wanted)

    def _one(self, kind: type[E], index: int, what: str, wanted: dict[str, Any]) -> Seen[E]:
        found = self.all(kind, **wanted)
        if not found:
            raise NotProduced(what, kind)
        return found[index]

    def latest(self, kind: type[E], moments: Sequence[str], what: str, **wanted: Any) -> Seen[E]:
        """Return the event of the first of `moments` there is one for, and of it the last."""
        for moment in moments:
            found = self.all(kind, moment=moment, **wanted)
            if found:
                return found[-1]
        raise NotProduced(what, kind)

    # --- the story's own course ---------------------------------------------------------------

    @cached_property
    def started(self) -> StoryStarted | None:
        """How the story began, if it did."""
        return _last(self.all(StoryStarted))

    @cached_property
    def skipped(self) -> Seen[StorySkipped] | None:
        """Why the story was not told, if it was not."""
        return _last_seen(self.all(StorySkipped))

    @cached_property
    def stopped(self) -> Seen[StoryStopped] | None:
        """Where the story stopped before its end; the first such place counts."""
        stops = self.all(StoryStopped)
        return stops[0] if stops else None

    @cached_property
    def cut_off(self) -> str | None:
        """The last phase begun, if the story has no end at all: its process died."""
        if self.all(StoryFinished) or self.skipped:
            return None
        phase = _last(self.all(StoryPhase))
        return phase.phase if phase else words.PREPARE

    def ended(self, phase: str) -> bool:
        """Whether a phase was begun and lasted as long as it may: what is not there, never came.

        Not so when the record breaks off in it, or when the harness failed in it.
        """
        begun = self.all(StoryPhase, phase=phase)
        if not begun:
            return False
        if self.stopped and self.stopped.event.phase == phase:
            return self.stopped.event.cause == words.CLOUD
        later = [seen.line for seen in self.all(StoryPhase) if seen.line > begun[-1].line]
        if later:
            return True
        failures = [seen.line for seen in self.all(HarnessError) if seen.line > begun[-1].line]
        return bool(self.all(StoryFinished)) and not failures

    def lost(self, kinds: Sequence[str], server: str | None) -> Seen[HarnessError] | None:
        """Return the failure of ours by which events of these kinds are missing, if any."""
        for seen in self.all(HarnessError):
            concerns = seen.event.server is None or server is None or seen.event.server == server
            if concerns and set(kinds) & set(seen.event.lost):
                return seen
        return None

    # --- who and where ------------------------------------------------------------------------

    @cached_property
    def servers(self) -> list[ServerIntroduced]:
        """All servers of the story, once each."""
        return list(
            {seen.event.server: seen.event for seen in self.all(ServerIntroduced)}.values()
        )

    @cached_property
    def source(self) -> str:
        """The host that was killed, or was to be."""
        killed = _last(self.all(HostKilled))
        if killed:
            return killed.host
        if self.started and self.started.host:
            return self.started.host
        raise NotProduced("host that was disturbed", HostKilled)

    def destination(self, server: str) -> str:
        """The host a server was evacuated to, by its migration record, else by Nova's word."""
        for record in reversed(self.evacuations(server)):
            if record.event.destination:
                return record.event.destination
        after = (words.STARTED, words.EVACUATED, words.RECOVERED)
        snapshot = self.latest(ServerSnapshot, after, "snapshot after evacuation", server=server)
        if snapshot.event.host is None:
            raise NotProduced("host shown for the server after evacuation", ServerSnapshot)
        return snapshot.event.host

    def evacuations(self, server: str) -> list[Seen[MigrationSeen]]:
        """Return what was seen of the server's evacuation records."""
        return self.all(MigrationSeen, server=server, type="evacuation")


def stories(lines: Iterable[Line]) -> list[str]:
    """Return the names of the stories in a history, in the order they first appear."""
    return list(dict.fromkeys(line.story for line in lines if line.story is not None))


def _fits(value: Any, wanted: Any) -> bool:
    return value in wanted if isinstance(wanted, tuple) else value == wanted


def _last(found: list[Seen[E]]) -> E | None:
    return found[-1].event if found else None


def _last_seen(found: list[Seen[E]]) -> Seen[E] | None:
    return found[-1] if found else None
