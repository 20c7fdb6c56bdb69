# SPDX-License-Identifier: Apache-2.0
"""Judges of the network: are the ports where the server is, does it answer.

May not know: whether addresses are the old ones (`identity`).
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_tests.judges.applies import MOVED
from migration_tests.judges.course import Seen
from migration_tests.judges.finding import Finding, failed, passed, unclear
from migration_tests.judges.guests import another_guest
from migration_tests.judges.registry import server_judge
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record import words
from migration_tests.record.events import Port, ServerIntroduced, ServerSnapshot, SshAnswered

UNBOUND = ("binding_failed", "unbound")  # Neutron's words for a port that no host carries


@server_judge(
    question="the ports are ACTIVE and bound to the host the server is on",
    group="network",
    applies=MOVED,
    needs=("landed_elsewhere",),
    excused_by=("port_ids_kept",),
    evidence=("server.snapshot",),
)
def port_bound(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """At each look the ports follow the server.

    A failure means: a port kept its old binding, lost it, could not be bound, or stayed DOWN.
    """
    looks = record.looks(ServerSnapshot, "snapshot after the move", server=server.server)
    for look in looks:
        host = look.event.host
        expected = f"bound to {host}" + (" and ACTIVE" if _must_be_up(look) else "")
        found = ", ".join(
            f"bound to {port.host or 'no host'} and {port.status}" for port in look.event.ports
        )
        if host is None:
            return failed("The cloud shows no host for the server.", expected, found, look.line)
        if not look.event.ports:
            reason = "The cloud shows no port of the server."
            return failed(reason, expected, "no ports", look.line)
        for port in look.event.ports:
            for wrong in _objections(port, host, must_be_up=_must_be_up(look)):
                return failed(wrong, expected, found, look.line)
    return passed(expected, found, *(look.line for look in looks))


def _must_be_up(look: Seen[ServerSnapshot]) -> bool:
    # A stopped server has its ports down, and rightly so; and before it was logged in to, the
    # network was given no time to report.
    return look.event.status == "ACTIVE" and look.event.moment != words.MOVED


def _objections(port: Port, host: str, *, must_be_up: bool) -> Iterator[str]:
    """Yield what is wrong with a port of a server that is on a host."""
    if port.host is None:
        yield f"The cloud shows no host for the port {port.port}; the server is on {host}."
    if port.host != host:
        yield f"The port {port.port} is bound to {port.host}, the server is on {host}."
    if not port.binding:
        yield f"The cloud shows no binding of the port {port.port}."
    if port.binding in UNBOUND:
        yield f"The port {port.port} could not be bound on {host}: {port.binding}."
    if not port.status:
        yield f"The cloud shows no status of the port {port.port}."
    if must_be_up and port.status != "ACTIVE":
        yield f"The port {port.port} is {port.status} though the server runs on {host}."


@server_judge(
    question="the moved server answers over SSH at its old address",
    group="network",
    applies=MOVED,
    needs=(
        *("migration_completed", "decision_completed", "unrescue_completed"),
        "server_started",
    ),
    excused_by=(
        *("id_kept", "port_ids_kept", "fixed_ip_kept", "floating_ip_kept", "port_bound"),
        "security_groups_kept",
    ),
    steps=("reconnect",),
    evidence=("server.ssh:before", "server.ssh:running"),
)
def ssh_answers(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """The login leads to the server that was moved, and to no other guest.

    A failure means: it runs by Nova's word and cannot be reached though addresses and binding
    are right, or another guest answers at its address.
    """
    before = record.look_before(SshAnswered, "login before", server=server.server)
    login = record.last(
        SshAnswered, "login after the move", server=server.server, moment=words.RUNNING
    )
    expected = f"SSH to {before.event.address} answers"
    lines = (before.line, login.line)
    if not login.event.answered:
        reason = f"SSH to {login.event.address} does not answer: {login.event.error}."
        return failed(reason, expected, login.event.error or "no answer", *lines)
    if login.event.address != before.event.address:
        reason = f"The server was asked at {login.event.address}, not at its old address."
        return unclear(reason, expected, f"{login.event.address} answers", *lines)
    doubt = another_guest(record, login)
    if doubt:
        return unclear(doubt, expected, f"it does, boot ID {login.event.boot_id}", *lines)
    booted_anew = any(one.memory != words.KEPT for one in server.expected if one.arrives)
    if booted_anew and login.event.boot_id == before.event.boot_id:
        reason = "The guest that answers never went down: it is the old one on its old host."
        return failed(reason, expected, f"boot ID {login.event.boot_id} as before", *lines)
    return passed(expected, f"it does, boot ID {login.event.boot_id}", *lines)
