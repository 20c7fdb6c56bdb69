# SPDX-License-Identifier: Apache-2.0
"""Judges of identity: what of a server must be the same before and after.

May not know: hosts, data, states.
"""

from __future__ import annotations

from collections.abc import Callable

from migration_tests.judges.engine import ServerJudge
from migration_tests.judges.evacuation import ARRIVED
from migration_tests.judges.finding import Finding, failed, passed
from migration_tests.judges.story_record import StoryRecord
from migration_tests.record import words
from migration_tests.record.events import (
    MigrationSeen,
    ServerIntroduced,
    ServerSeen,
    ServerSnapshot,
)

# The last snapshot of the story tells most: the source's clean-up may break things, too.
AFTER = (words.RECOVERED, words.STARTED, words.EVACUATED)


def _kept(
    name: str, attribute: str, value: Callable[[ServerSnapshot], str], excused_by: tuple[str, ...]
) -> ServerJudge:
    """Return the judge of one attribute; `value` gives it as comparable text."""

    def ask(record: StoryRecord, server: ServerIntroduced) -> Finding:
        what = "snapshot before the disaster"
        before = record.last(ServerSnapshot, what, server=server.server, moment=words.BEFORE)
        what = "snapshot after the evacuation"
        after = record.latest(ServerSnapshot, AFTER, what, server=server.server)
        expected, found = value(before.event), value(after.event)
        if expected != found:
            reason = f"The {attribute} changed from {expected or 'none'} to {found or 'none'}."
            return failed(reason, expected, found, before.line, after.line)
        return passed(expected, found, before.line, after.line)

    return ServerJudge(
        name=name,
        question=f"the {attribute} is as it was before the disaster",
        ask=ask,
        needs=("evacuation_completed",),
        excused_by=excused_by,
    )


def _id_kept(record: StoryRecord, server: ServerIntroduced) -> Finding:
    expected = f"a server with the ID {server.server}"
    what = "migration record that says done"
    arrival = record.first(
        MigrationSeen, what, server=server.server, type="evacuation", status=ARRIVED
    )
    after = [s for s in record.all(ServerSeen, server=server.server) if s.line > arrival.line]
    gone = [s for s in after if s.event.status in ("ABSENT", "DELETED")]
    if gone:
        reason = "The cloud no longer shows a server with this ID."
        return failed(reason, expected, gone[0].event.status, arrival.line, gone[0].line)
    what = "snapshot after the evacuation"
    shot = record.latest(ServerSnapshot, AFTER, what, server=server.server)
    return passed(expected, f"{shot.event.name} has it", shot.line)


def _ports(snapshot: ServerSnapshot) -> str:
    return ", ".join(sorted(port.port for port in snapshot.ports))


def _macs(snapshot: ServerSnapshot) -> str:
    return ", ".join(sorted(port.mac for port in snapshot.ports))


def _fixed_ips(snapshot: ServerSnapshot) -> str:
    return ", ".join(sorted(ip for port in snapshot.ports for ip in port.fixed_ips))


def _floating_ips(snapshot: ServerSnapshot) -> str:
    return ", ".join(sorted(snapshot.floating_ips))


def _name(snapshot: ServerSnapshot) -> str:
    return snapshot.name


def _flavor(snapshot: ServerSnapshot) -> str:
    return snapshot.flavor


_NEW_PORTS = ("id_kept", "port_ids_kept")

ID_KEPT = ServerJudge(
    name="id_kept",
    question="the server still exists under its ID",
    ask=_id_kept,
    needs=("evacuation_completed",),
)
NAME_KEPT = _kept("name_kept", "name", _name, ("id_kept",))
FLAVOR_KEPT = _kept("flavor_kept", "flavor", _flavor, ("id_kept",))
PORT_IDS_KEPT = _kept("port_ids_kept", "set of port IDs", _ports, ("id_kept",))
MAC_KEPT = _kept("mac_kept", "MAC address", _macs, _NEW_PORTS)
FIXED_IP_KEPT = _kept("fixed_ip_kept", "fixed IP address", _fixed_ips, _NEW_PORTS)
FLOATING_IP_KEPT = _kept(
    "floating_ip_kept", "floating IP address", _floating_ips, (*_NEW_PORTS, "fixed_ip_kept")
)
