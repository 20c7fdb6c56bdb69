# SPDX-License-Identifier: Apache-2.0
"""The record of one scenario, ready to be asked: its servers, their moves, the hosts.

May not know: any judge, any threshold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cached_property

from migration_tests.judges import moves as _moves
from migration_tests.judges.course import Course
from migration_tests.judges.finding import NotProduced
from migration_tests.judges.moves import Disturbance, Move
from migration_tests.record.events import (
    DisturbanceStarted,
    MigrationSeen,
    PlannedServer,
    ServerIntroduced,
    ServerSnapshot,
)
from migration_tests.record.history import Line


class ScenarioRecord(Course):
    """All events of one scenario, with servers, moves and hosts put together.

    :param lines: lines of a history, of other scenarios too.
    :param scenario: the scenario to look at.
    """

    def __init__(self, lines: Iterable[Line], scenario: str) -> None:
        super().__init__(lines, scenario)
        self._moves: dict[str, list[Move]] = {}

    @cached_property
    def servers(self) -> list[ServerIntroduced]:
        """All servers of the scenario, once each."""
        return list(
            {seen.event.server: seen.event for seen in self.all(ServerIntroduced)}.values()
        )

    @cached_property
    def never_came(self) -> list[PlannedServer]:
        """The planned servers that never came to be: nothing on the record introduces them."""

        def alike(server: PlannedServer | ServerIntroduced) -> tuple[object, ...]:
            return server.storage, server.role, server.state, server.expected

        there = Counter(alike(server) for server in self.servers)
        found = []
        for server in self.plan.servers if self.plan else ():
            there[alike(server)] -= 1
            if there[alike(server)] < 0:
                found.append(server)
        return found

    @cached_property
    def disturbances(self) -> list[Disturbance]:
        """What was done to hosts, in order."""
        return _moves.disturbances(self)

    def disturbed(self) -> list[Disturbance]:
        """Return what was done to hosts.

        :raises NotProduced: when nothing was
        """
        if not self.disturbances:
            raise NotProduced("report of the fault", DisturbanceStarted)
        return self.disturbances

    def moves(self, server: ServerIntroduced) -> list[Move]:
        """Return the planned moves of a server that the record has anything of, in order."""
        if server.server not in self._moves:
            self._moves[server.server] = _moves.moves(self, server)
        return self._moves[server.server]

    def began(self) -> float | None:
        """When the first host was disturbed or the first server moved: monotonic seconds."""
        starts = [one.start for one in self.disturbances]
        for server in self.servers:
            starts += [move.t_start for move in self.moves(server) if move.t_start is not None]
        return min(starts, default=None)

    def arrived(self, server: ServerIntroduced) -> Move:
        """Return the last move of a server that arrived; its judges have said that it did."""
        found = [move for move in self.moves(server) if move.arrival]
        if not found:
            raise NotProduced("migration record that says the server has arrived", MigrationSeen)
        return found[-1]

    def source(self, server: ServerIntroduced) -> str | None:
        """Return the host the server was on before, by Nova's word; None: Nova shows none."""
        what = "snapshot of the server before"
        return self.look_before(ServerSnapshot, what, server=server.server).event.host

    def left(self, server: ServerIntroduced) -> list[str]:
        """Return the hosts that a server has left, in order, the one it is on now left out.

        :raises NotProduced: when the record names none
        """
        here = self.arrived(server).host()
        hosts = [self.source(server)]
        for move in self.moves(server):
            if move.arrival:
                hosts += [move.source, move.destination]
        found = list(dict.fromkeys(host for host in hosts if host and host != here))
        if not found:
            raise NotProduced("host that the server has left", ServerSnapshot, MigrationSeen)
        return found

    def destination(self, server: ServerIntroduced) -> str:
        """Return the host a server has come to, and is on at the end.

        :raises NotProduced: when neither its migration record nor Nova names one
        """
        named = self.arrived(server).host()
        if named:
            return named
        shot = self.last_look(ServerSnapshot, "snapshot after the move", server=server.server)
        if shot.event.host is None:
            raise NotProduced("host of the server after its move", MigrationSeen)
        return shot.event.host

    def host_at(self, server: ServerIntroduced, line: int) -> str | None:
        """Return where a server is at a line, by its migration records."""
        found = self.source(server)
        for move in self.moves(server):
            if move.arrival and move.arrival.line < line:
                found = move.host(line)
        return found

    def waits(self, server: ServerIntroduced, line: int) -> bool:
        """Whether at a line a move of a server waits to be confirmed or reverted."""
        return any(move.waits(line) for move in self.moves(server))

    def host_at_end(self, server: ServerIntroduced) -> str:
        """Return the host a server is on at the end, moved or not.

        :raises NotProduced: when the cloud names none
        """
        if any(one.arrives for one in server.expected):
            return self.destination(server)
        shot = self.last_look(ServerSnapshot, "snapshot afterwards", server=server.server)
        if shot.event.host is None:
            raise NotProduced("host of the server", ServerSnapshot)
        return shot.event.host
