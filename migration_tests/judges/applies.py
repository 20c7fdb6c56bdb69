# SPDX-License-Identifier: Apache-2.0
"""Whom a judge may ask about: servers by what is expected of them, scenarios by what they do.

May not know: any judge, any record.
"""

from __future__ import annotations

from collections.abc import Callable

from migration_tests.judges.registry import Target, Which
from migration_tests.record import words
from migration_tests.record.events import Expectation, ScenarioPlanned


def _expected(server: Target, holds: Callable[[Expectation], bool]) -> bool:
    """Whether a move is expected that must neither be refused nor fail, and holds."""
    return any(holds(one) for one in server.expected if one.arrives)


def all_of(which: Callable[[Expectation], bool], text: str) -> Which[Target]:
    """Return servers that are moved, and of whose every move something is expected."""
    return Which(
        text,
        lambda server: MOVED(server) and all(which(one) for one in server.expected if one.arrives),
    )


def any_of(which: Callable[[Expectation], bool], text: str) -> Which[Target]:
    """Return servers with a planned move of which something is expected."""
    return Which(text, lambda server: _expected(server, which))


EVERY_SERVER: Which[Target] = Which("server in this scenario", lambda _server: True)
MOVED = any_of(lambda _move: True, "server that is moved in this scenario")
TRIED: Which[Target] = Which(
    "move that must come to nothing in this scenario",
    lambda server: any(one.tried for one in server.expected),
)
EVACUATED = any_of(
    lambda move: move.move == words.EVACUATION, "server that is evacuated in this scenario"
)
MIGRATED = any_of(
    lambda move: move.move not in (words.EVACUATION, words.RESCUE),
    "server that is migrated in this scenario",
)
RESCUED = any_of(
    lambda move: move.move == words.RESCUE, "server that is rescued in this scenario"
)
LEAVING = any_of(
    lambda move: move.move != words.RESCUE, "server that leaves a host in this scenario"
)
DECIDED = any_of(lambda move: bool(move.decision), "move that waits to be confirmed or reverted")
RESIZED = any_of(lambda move: move.move == words.RESIZE, "server that is resized in this scenario")
FLAVOR_KEPT = all_of(
    lambda move: move.flavor == words.KEPT, "moved server that keeps its flavor in this scenario"
)
COPIED: Which[Target] = Which(
    "server of which an image is made in this scenario",
    lambda server: any(
        one.move == words.IMAGE and not one.tried for one in server.expected
    ),
)
STARTED: Which[Target] = Which(
    "server that a move leaves stopped in this scenario",
    lambda server: EVACUATED(server) or (MOVED(server) and server.state == words.STOPPED),
)
DATA_KEPT = all_of(
    lambda move: move.data == words.KEPT, "moved server that keeps its data in this scenario"
)
DISK_PRISTINE = any_of(
    lambda move: move.data == words.PRISTINE,
    "server on ephemeral storage whose disk is made anew in this scenario",
)
MEMORY_KEPT = all_of(
    lambda move: move.memory == words.KEPT, "server that must run on while it is moved"
)
GAP_LIMITED = any_of(
    lambda move: bool(move.gap_limit), "moved server whose gap is limited in this scenario"
)
ON_VOLUMES: Which[Target] = Which(
    "moved server on volume storage in this scenario",
    lambda server: server.storage == words.VOLUME and MOVED(server),
)
STAYED: Which[Target] = Which(
    "server that may not be evacuated and stays on the host that dies",
    lambda server: any(one.refused and one.memory == words.LOST for one in server.expected),
)
RUNS_ON: Which[Target] = Which(
    "server in this scenario that runs from its move to the end, or all the time",
    lambda server: not STAYED(server),
)
UNTOUCHED: Which[Target] = Which(
    "server in this scenario that nothing may be done to",
    lambda server: not MOVED(server) and not STAYED(server),
)
DISTURBING = ("inject", "crash")  # the kinds of steps that end a host's system
DISTURBED: Which[ScenarioPlanned] = Which(
    "host that is disturbed in this scenario",
    lambda plan: any(phase.step in DISTURBING for phase in plan.phases),
)
CRASHED: Which[ScenarioPlanned] = Which(
    "host that crashes and boots again in this scenario",
    lambda plan: any(phase.step == "crash" for phase in plan.phases),
)
