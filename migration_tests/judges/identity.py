# SPDX-License-Identifier: Apache-2.0
"""Judges of identity: what of a server must be the same before and after.

Each look after the move is compared, and what belongs to a port is compared port by port. May not
know: hosts, data, states.
"""

from __future__ import annotations

from collections.abc import Callable

from migration_tests.judges.applies import FLAVOR_KEPT, MOVED
from migration_tests.judges.finding import Finding, NotApplicable, NotProduced, failed, passed
from migration_tests.judges.registry import ServerJudge, Target, Which, register, server_judge
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record.events import (
    MigrationSeen,
    ServerIntroduced,
    ServerSeen,
    ServerSnapshot,
    SshAnswered,
)

NEEDS = ("evacuation_completed", "migration_completed")
EVIDENCE = ("server.snapshot:before", "server.snapshot")
NEW_PORTS = ("id_kept", "port_ids_kept")

Values = dict[str, str]  # what it belongs to (a port, an address, the server itself) -> its value


@server_judge(
    question="the server still exists under its ID",
    family="identity",
    applies=MOVED,
    needs=NEEDS,
    evidence=("server.seen", "server.snapshot", "migration.seen"),
)
def id_kept(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """The cloud has shown it under its ID ever since it arrived.

    A failure means: the server is gone from the cloud.
    """
    expected = f"a server with the ID {server.server}"
    arrival = record.arrived(server).arrival
    if arrival is None:
        raise NotProduced("migration record that says the server has arrived", MigrationSeen)
    after = [s for s in record.all(ServerSeen, server=server.server) if s.line > arrival.line]
    gone = [s for s in after if s.event.status in ("ABSENT", "DELETED")]
    if gone:
        reason = "The cloud no longer shows a server with this ID."
        return failed(reason, expected, gone[0].event.status, arrival.line, gone[0].line)
    shot = record.last_look(ServerSnapshot, "snapshot after the move", server=server.server)
    return passed(expected, f"{shot.event.name} has it", shot.line)


def _kept(
    name: str,
    attribute: str,
    values: Callable[[ServerSnapshot], Values],
    excused_by: tuple[str, ...],
    *,
    means: str,
    none_before: Callable[[ScenarioRecord, ServerIntroduced, ServerSnapshot], str] | None = None,
    family: str = "identity",
    applies: Which[Target] = MOVED,
    decided: bool = False,
) -> None:
    """Register the judge of one attribute.

    :param values: gives it as comparable text, by what it belongs to
    :param means: what a failure means
    :param decided: it is another one while a move waits to be confirmed or reverted
    :param none_before: says why there must have been one before, or nothing if there need not
    """

    def ask(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
        before = record.look_before(ServerSnapshot, "snapshot before", server=server.server)
        looks = record.looks(ServerSnapshot, "snapshot after the move", server=server.server)
        if decided:
            looks = [look for look in looks if not record.waits(server, look.line)]
        lines = (before.line, *(look.line for look in looks))
        expected = values(before.event)
        if not any(expected.values()):
            why = "every server has one"
            if none_before:
                why = none_before(record, server, before.event)
            if why:
                reason = f"The cloud showed no {attribute} before, but {why}."
                return failed(reason, f"a {attribute}", "none", before.line)
            if not any(values(look.event) for look in looks):
                raise NotApplicable(f"it had no {attribute} before")
        for look in looks:
            found = values(look.event)
            if found != expected:
                was, now = _differing(expected, found)
                reason = f"The {attribute} changed from {was} to {now}."
                return failed(reason, _text(expected), _text(found), before.line, look.line)
        return passed(_text(expected), _text(expected), *lines)

    ask.__doc__ = f"Compared with the look before at each later one.\n\nA failure means: {means}."
    register(
        ServerJudge(
            name=name,
            question=f"the {attribute} is as it was before",
            family=family,
            applies=applies,
            needs=NEEDS,
            excused_by=excused_by,
            evidence=EVIDENCE,
            ask=ask,
        )
    )


def _text(values: Values) -> str:
    """Return values for people; a value that belongs to the server itself stands alone."""
    if set(values) == {""}:
        return values[""] or "none"
    return ", ".join(f"{value} ({key})" for key, value in sorted(values.items())) or "none"


def _differing(expected: Values, found: Values) -> tuple[str, str]:
    """Return as text only what is not the same."""
    keys = [key for key in {**expected, **found} if expected.get(key) != found.get(key)]
    one = len(keys) == 1 and len(expected) == len(found) == 1
    texts = []
    for values in (expected, found):
        part = {key: values[key] for key in keys if key in values}
        texts.append(", ".join(part.values()) or "none" if one else _text(part))
    return texts[0], texts[1]


def _name(snapshot: ServerSnapshot) -> Values:
    return {"": snapshot.name}


def _flavor(snapshot: ServerSnapshot) -> Values:
    return {"": snapshot.flavor}


def _ports(snapshot: ServerSnapshot) -> Values:
    return {"": ", ".join(sorted(port.port for port in snapshot.ports))}


def _macs(snapshot: ServerSnapshot) -> Values:
    return {f"port {port.port}": port.mac for port in snapshot.ports}


def _fixed_ips(snapshot: ServerSnapshot) -> Values:
    return {f"port {port.port}": ", ".join(sorted(port.fixed_ips)) for port in snapshot.ports}


def _floating_ips(snapshot: ServerSnapshot) -> Values:
    return {
        f"to port {one.port}" + (f", {one.fixed_ip}" if one.fixed_ip else ""): one.address
        for one in sorted(snapshot.floating_ips, key=lambda one: one.address)
    }


def _no_floating_ip(
    record: ScenarioRecord, server: ServerIntroduced, before: ServerSnapshot
) -> str:
    """A server need not have one; unless its login led to an address that is no other of it."""
    login = record.look_before(SshAnswered, "login before", server=server.server)
    address = login.event.address
    if any(address in port.fixed_ips for port in before.ports):
        return ""
    return f"the server was logged in to at {address}, which is none of its fixed ones"


_kept("name_kept", "name", _name, ("id_kept",), means="it was changed on the way")
_kept(
    "flavor_kept",
    "flavor",
    _flavor,
    ("id_kept", "decision_completed"),
    means="it was made anew with another flavor, or a resize was not taken back",
    family="flavor",
    applies=FLAVOR_KEPT,
    decided=True,
)
_kept(
    "port_ids_kept", "set of port IDs", _ports, ("id_kept",), means="ports were made anew or lost"
)
_kept(
    "mac_kept",
    "MAC address",
    _macs,
    NEW_PORTS,
    means="a port got another one: the guest may not know its card again",
)
_kept(
    "fixed_ip_kept",
    "fixed IP address",
    _fixed_ips,
    NEW_PORTS,
    means="a port got another one: who knew the old one does not find the server",
)
_kept(
    "floating_ip_kept",
    "floating IP address",
    _floating_ips,
    (*NEW_PORTS, "fixed_ip_kept"),
    none_before=_no_floating_ip,
    means="the association was lost, or leads to another port",
)
