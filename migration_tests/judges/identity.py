# SPDX-License-Identifier: Apache-2.0
"""Judges of identity: what of a server must be the same before and after.

Each look after the move is compared, and what belongs to a port is compared port by port. May not
know: hosts, data, states.
"""

from __future__ import annotations

from migration_tests.judges.applies import FLAVOR_KEPT, MOVED
from migration_tests.judges.finding import Finding, NotProduced, failed, passed
from migration_tests.judges.kept import NEEDS, Values, kept
from migration_tests.judges.registry import server_judge
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record.events import (
    MigrationSeen,
    ServerIntroduced,
    ServerSeen,
    ServerSnapshot,
    SshAnswered,
)

NEW_PORTS = ("id_kept", "port_ids_kept")


@server_judge(
    question="the server still exists under its ID",
    group="identity",
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


kept("name_kept", "name", _name, ("id_kept",), means="it was changed on the way")
kept(
    "flavor_kept",
    "flavor",
    _flavor,
    ("id_kept", "decision_completed"),
    means="it was made anew with another flavor, or a resize was not taken back",
    group="flavor",
    applies=FLAVOR_KEPT,
    decided=True,
)
kept(
    "port_ids_kept", "set of port IDs", _ports, ("id_kept",), means="ports were made anew or lost"
)
kept(
    "mac_kept",
    "MAC address",
    _macs,
    NEW_PORTS,
    means="a port got another one: the guest may not know its card again",
)
kept(
    "fixed_ip_kept",
    "fixed IP address",
    _fixed_ips,
    NEW_PORTS,
    means="a port got another one: who knew the old one does not find the server",
)
kept(
    "floating_ip_kept",
    "floating IP address",
    _floating_ips,
    (*NEW_PORTS, "fixed_ip_kept"),
    none_before=_no_floating_ip,
    means="the association was lost, or leads to another port",
)
