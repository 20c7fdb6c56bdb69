# SPDX-License-Identifier: Apache-2.0
"""Judges of the network: are the ports where the server is, does it answer.

May not know: whether addresses are the old ones (`identity`).
"""

from __future__ import annotations

from migration_tests.judges.engine import ServerJudge
from migration_tests.judges.finding import Finding, NotProduced, failed, passed
from migration_tests.judges.story_record import StoryRecord
from migration_tests.record import words
from migration_tests.record.events import ServerIntroduced, ServerSnapshot, SshAnswered

AFTER = (words.RECOVERED, words.STARTED, words.EVACUATED)


def _bound(record: StoryRecord, server: ServerIntroduced) -> Finding:
    what = "snapshot after the evacuation"
    shot = record.latest(ServerSnapshot, AFTER, what, server=server.server)
    host = shot.event.host
    if host is None or any(port.host is None for port in shot.event.ports):
        raise NotProduced("host of the server or of its ports", ServerSnapshot)
    # A stopped server has its ports down, and rightly so; and before it was logged in to, the
    # network was given no time to report.
    up = shot.event.status == "ACTIVE" and shot.event.moment != words.EVACUATED
    status = "ACTIVE" if up else None
    expected = f"bound to {host}" + (f" and {status}" if status else "")
    found = ", ".join(f"bound to {port.host} and {port.status}" for port in shot.event.ports)
    for port in shot.event.ports:
        if port.host != host:
            reason = f"The port {port.port} is bound to {port.host}, the server is on {host}."
            return failed(reason, expected, found, shot.line)
        if port.binding == "binding_failed":
            reason = f"The port {port.port} could not be bound on {host}."
            return failed(reason, expected, "binding_failed", shot.line)
        if status not in (None, port.status):
            reason = f"The port {port.port} is {port.status} though the server runs on {host}."
            return failed(reason, expected, found, shot.line)
    return passed(expected, found or "no ports", shot.line)


def _answers(record: StoryRecord, server: ServerIntroduced) -> Finding:
    what = "login after the evacuation"
    login = record.last(SshAnswered, what, server=server.server, moment=words.STARTED)
    expected = f"SSH to {login.event.address} answers"
    if login.event.answered:
        return passed(expected, "it does", login.line)
    reason = f"SSH to {login.event.address} does not answer: {login.event.error}."
    return failed(reason, expected, login.event.error or "no answer", login.line)


PORT_BOUND = ServerJudge(
    name="port_bound",
    question="the ports are ACTIVE and bound to the host the server is on",
    ask=_bound,
    needs=("landed_elsewhere",),
    excused_by=("port_ids_kept",),
)
SSH_ANSWERS = ServerJudge(
    name="ssh_answers",
    question="the evacuated server answers over SSH at its old address",
    ask=_answers,
    needs=("server_started",),
    excused_by=("id_kept", "port_ids_kept", "fixed_ip_kept", "floating_ip_kept", "port_bound"),
    phases=(words.CHECK,),
)
