# SPDX-License-Identifier: Apache-2.0
"""The judge of the beginning: could the scenario begin at all.

May not know: anything after the first disturbance or move.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_tests.judges.applies import EVERY_SERVER
from migration_tests.judges.finding import Finding, failed, passed, unclear
from migration_tests.judges.guests import another_guest
from migration_tests.judges.registry import server_judge
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record import words
from migration_tests.record.events import ServerIntroduced, ServerSnapshot, SshAnswered


@server_judge(
    question="the server ran where it was asked to, and answered, before anything was done",
    group="ready",
    applies=EVERY_SERVER,
    steps=("boot", "start_writers", "bring_to_state"),
    evidence=("server.ssh:before", "server.snapshot:before"),
)
def servers_ready(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """The server, its ports and its login are as the rest of the scenario takes them to be.

    A failure means: the cloud could not run the servers at all, or the network to them does
    not work: nothing is known of moves.
    """
    expected = f"{server.state} on {server.host or 'some host'}, with ports there, SSH answers"
    login = record.look_before(SshAnswered, "login before", server=server.server)
    if not login.event.answered:
        reason = f"SSH to {login.event.address} does not answer: {login.event.error}."
        return failed(reason, expected, "no answer", login.line)
    shot = record.look_before(ServerSnapshot, "snapshot before", server=server.server)
    found = f"{shot.event.status} on {shot.event.host}, SSH answers"
    for wrong in _objections(shot.event, server):
        return failed(wrong, expected, found, login.line, shot.line)
    doubt = another_guest(record, login) or _another_address(shot.event, login.event.address)
    if doubt:
        return unclear(doubt, expected, found, login.line, shot.line)
    return passed(expected, found, login.line, shot.line)


def _objections(shot: ServerSnapshot, server: ServerIntroduced) -> Iterator[str]:
    """Yield what is wrong with a server before anything is done."""
    host = shot.host
    if host is None:
        yield "The cloud shows no host for the server."
    if shot.status != server.state or server.host not in (None, host):
        yield f"The server is {shot.status} on {host}."
    if shot.task_state is not None:
        yield f"The server is still in the task state {shot.task_state!r}."
    for name, value in (("name", shot.name), ("flavor", shot.flavor), ("port", shot.ports)):
        if not value:
            yield f"The cloud shows no {name} of the server."
    for port in shot.ports:
        if port.host is None:
            yield f"The cloud shows no host for the port {port.port}."
        if port.host != host:
            yield f"The port {port.port} is bound to {port.host}, the server is on {host}."
        if not port.binding:
            yield f"The cloud shows no binding of the port {port.port}."
        if not (port.mac and port.fixed_ips and all(port.fixed_ips)):
            yield f"The cloud shows no MAC or no fixed IP address of the port {port.port}."
        if server.state == words.ACTIVE and port.status != "ACTIVE":
            yield f"The port {port.port} is {port.status} though the server runs."


def _another_address(shot: ServerSnapshot, address: str) -> str:
    """Say why the login cannot have led to the server; one without any is judged elsewhere."""
    known = [one.address for one in shot.floating_ips]
    if not known:
        return ""
    known += [ip for port in shot.ports for ip in port.fixed_ips]
    if address in known:
        return ""
    return f"SSH answered at {address}, which is no address of the server ({', '.join(known)})."
