# SPDX-License-Identifier: Apache-2.0
"""What confirming and reverting have in common: the request, and the wait for the record.

May not know: which move it is that waits.
"""

from __future__ import annotations

from collections.abc import Callable

from chaos.deadline import Deadline
from migration_tests.cloud.data import Answer
from migration_tests.observers.servers import CloudWatch, WaitExpiredError
from migration_tests.record import words
from migration_tests.record.events import RequestMade, ServerAction
from migration_tests.runner.context import Context
from migration_tests.runner.servers import FAILED, TestServer
from migration_tests.runner.stopping import cloud_stop
from migration_tests.steps.moving import newest_record

# What a step that decides puts on the record when all goes well.
PRODUCED = (RequestMade.kind, ServerAction.kind)


def decide(context: Context, decision: str, ask: Callable[[str], Answer]) -> None:
    """Ask for a decision about the last move of every moved server, and wait for all.

    :param decision: CONFIRM or REVERT
    :param ask: of one server, by its ID
    :raises migration_tests.runner.stopping.Stop: when the cloud refuses it for all of them
    """
    asked = [one for one in context.moved if context.ask_server(one, decision, ask)]
    if not asked:
        raise cloud_stop(f"the cloud refused to {decision} any move")
    final = words.DECISIONS[decision][1]

    def done(watch: CloudWatch) -> bool:
        return all(_over(watch, server, final) for server in asked)

    try:
        context.watch.wait(done, Deadline.after(context.times.cold_migration))
    except WaitExpiredError:
        context.expired(f"all moves {final}", context.times.cold_migration)
    context.note_actions(asked)
    context.moved = asked


def _over(watch: CloudWatch, server: TestServer, final: str) -> bool:
    """Whether a server's last move is decided about and it waits no more, or it has failed.

    Nova says so in the record first, in the server a moment later, and in between seems to be at
    work on neither.
    """
    record = newest_record(watch, server, {words.COLD_MIGRATION, words.RESIZE})
    state = watch.servers.get(server.server)
    if record is None or state is None or not state.idle:
        return False
    return state.status in FAILED or (record.status == final and state.status == server.state)
