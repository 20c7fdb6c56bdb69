# SPDX-License-Identifier: Apache-2.0
"""Events of moves: what was asked for, and what Nova records of it. May not know: why."""

from __future__ import annotations

from dataclasses import dataclass

from migration_tests.record.event import Event, Part


@dataclass(frozen=True, kw_only=True)
class MoveRequested(Event):
    """A move of a server was asked for, and the cloud has answered."""

    kind = "move.requested"
    server: str
    move: str  # one of words.MOVES
    accepted: bool
    target: str | None = None  # the host that was named; None: the scheduler chooses
    block: bool | None = None  # live migration with its local disks; None: the cloud decides
    flavor: str | None = None  # name of the flavor that was asked for
    http_status: int | None = None
    error: str = ""  # the cloud's words when it refused


@dataclass(frozen=True, kw_only=True)
class MigrationSeen(Event):
    """A migration record showed a change (its first sight included)."""

    kind = "migration.seen"
    unread = {"updated_at": "for people who compare clocks"}  # noqa: RUF012
    server: str
    migration: str  # ID or UUID
    type: str  # one of words.MOVES, as Nova says it
    status: str  # "accepted", "pre-migrating", "done", "error", "failed", "completed"
    source: str | None
    destination: str | None
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True)
class ActionEvent(Part):
    """An event inside an instance action, "compute_rebuild_instance" for one."""

    event: str
    start_at: str | None = None
    finish_at: str | None = None
    result: str | None = None  # "Success", "Error"
    host: str | None = None


@dataclass(frozen=True, kw_only=True)
class ServerAction(Event):
    """An instance action of the server as Nova recorded it, read after it ended.

    One that had not ended in its time is recorded again if it is found ended later: the last
    counts.
    """

    kind = "server.action"
    nested = {"events": ActionEvent}  # noqa: RUF012
    unread = {"start_at": "for people who compare clocks"}  # noqa: RUF012
    server: str
    action: str  # "evacuate", "live-migration", "start"
    request_id: str  # tells an action that was read again from another one
    start_at: str | None
    message: str | None = None  # Nova's own words when it failed
    events: tuple[ActionEvent, ...] = ()
