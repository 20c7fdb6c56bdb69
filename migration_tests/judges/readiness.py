# SPDX-License-Identifier: Apache-2.0
"""The judge of the beginning: could the story be told at all.

May not know: anything after the host was cut off.
"""

from __future__ import annotations

from migration_tests.judges.engine import ServerJudge
from migration_tests.judges.finding import Finding, failed, passed
from migration_tests.judges.story_record import StoryRecord
from migration_tests.record import words
from migration_tests.record.events import ServerIntroduced, ServerSnapshot, SshAnswered


def _ready(record: StoryRecord, server: ServerIntroduced) -> Finding:
    expected = "ACTIVE" + (f" on {server.host}" if server.host else "") + ", SSH answers"
    login = record.last(
        SshAnswered, "login before the disaster", server=server.server, moment=words.BEFORE
    )
    if not login.event.answered:
        reason = f"SSH to {login.event.address} does not answer: {login.event.error}."
        return failed(reason, expected, "no answer", login.line)
    what = "snapshot before the disaster"
    shot = record.last(ServerSnapshot, what, server=server.server, moment=words.BEFORE)
    found = f"{shot.event.status} on {shot.event.host}, SSH answers"
    misplaced = server.host not in (None, shot.event.host)
    if shot.event.status != "ACTIVE" or misplaced:
        return failed(f"The server is {found}.", expected, found, login.line, shot.line)
    return passed(expected, found, login.line, shot.line)


SERVERS_READY = ServerJudge(
    name="servers_ready",
    question="the server ran where it was asked to and answered before the disaster",
    ask=_ready,
    roles=(words.SUBJECT, words.BYSTANDER),
    phases=(words.PREPARE, words.WRITE),
)
