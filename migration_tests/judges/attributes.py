# SPDX-License-Identifier: Apache-2.0
"""Judges of what a server was made with besides its name and ports: labels, key, groups, lock.

Servers of scenarios have all of it, so that there is something to lose. May not know: hosts, what
the guest itself sees of it (`inside`).
"""

from __future__ import annotations

from collections.abc import Callable

from migration_tests.judges.applies import MOVED
from migration_tests.judges.finding import Finding, NotApplicable, failed, passed
from migration_tests.judges.kept import BY_THE_CLOUD, NEEDS, NoneBefore, Values, kept
from migration_tests.judges.registry import server_judge
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record import words
from migration_tests.record.events import ServerIntroduced, ServerSnapshot
from migration_tests.record.events.servers import DETAILS


def if_given(what: str) -> NoneBefore:
    """Return what says that a server must have had something before, if it was given it."""

    def must_have(record: ScenarioRecord, server: ServerIntroduced, before: object) -> str:
        return "the server was given one" if what in server.given else ""

    return must_have


def _metadata(snapshot: ServerSnapshot) -> Values:
    return dict(snapshot.metadata or ())


def _tags(snapshot: ServerSnapshot) -> Values:
    return {"": ", ".join(sorted(snapshot.tags or ()))}


def _description(snapshot: ServerSnapshot) -> Values:
    return {"": snapshot.description or ""}


def _key(snapshot: ServerSnapshot) -> Values:
    return {"": snapshot.key or ""}


def _security_groups(snapshot: ServerSnapshot) -> Values:
    return {
        f"port {port.port}": ", ".join(sorted(port.security_groups or ()))
        for port in snapshot.ports
    }


def _server_group(snapshot: ServerSnapshot) -> Values:
    return {"": ", ".join(sorted(snapshot.server_groups or ()))}


kept(
    "metadata_kept",
    "metadata",
    _metadata,
    ("id_kept",),
    evidence=(DETAILS,),
    means="what its owner has noted about the server is lost, and whoever goes by it is misled",
)
kept(
    "tags_kept",
    "set of tags",
    _tags,
    ("id_kept",),
    evidence=(DETAILS,),
    means="whoever selects servers by their tags does not find it, or takes it for another",
)
kept(
    "description_kept",
    "description",
    _description,
    ("id_kept",),
    evidence=(DETAILS,),
    means="it was changed on the way",
)
kept(
    "key_kept",
    "key pair",
    _key,
    ("id_kept",),
    evidence=(DETAILS,),
    means="Nova knows another key pair for the server than it was made with, or none",
)
kept(
    "security_groups_kept",
    "set of security groups",
    _security_groups,
    ("id_kept", "port_ids_kept"),
    evidence=(DETAILS,),
    means="a port lets in what it must not, or does not let in what it must",
)
kept(
    "server_group_kept",
    "server group",
    _server_group,
    ("id_kept",),
    evidence=(DETAILS,),
    none_before=if_given(words.SERVER_GROUP),
    means="the group's policy does not hold for the server any more",
)
@server_judge(
    question="the server is in the availability zone that it was asked for in",
    group="identity",
    applies=MOVED,
    needs=NEEDS,
    excused_by=("id_kept",),
    evidence=(DETAILS, *BY_THE_CLOUD.evidence),
)
def availability_zone_kept(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """Nova binds a server to a zone only if one was asked for; others may go anywhere.

    A failure means: the server was moved out of its zone, and shares the fate of another one.
    """
    if server.zone is None:
        raise NotApplicable("it was asked for in no zone")

    def shown(snapshot: ServerSnapshot) -> str:
        return f"in {snapshot.availability_zone or 'no zone'}"

    return _as_made(record, server, f"in {server.zone}", shown)


@server_judge(
    question="the server is locked as before, or not locked as before",
    group="identity",
    applies=MOVED,
    needs=NEEDS,
    excused_by=("id_kept",),
    evidence=(DETAILS, *BY_THE_CLOUD.evidence),
)
def lock_kept(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """That a server is not locked is an answer of the cloud's, too; no answer is none.

    A failure means: the server's owner can do by mistake what the lock was to prevent, or is
    locked out of a server that nobody locked.
    """
    texts = {True: "locked", False: "not locked"}

    def shown(snapshot: ServerSnapshot) -> str:
        return "neither locked nor not" if snapshot.locked is None else texts[snapshot.locked]

    return _as_made(record, server, texts[words.LOCK in server.given], shown)


def _as_made(
    record: ScenarioRecord,
    server: ServerIntroduced,
    expected: str,
    shown: Callable[[ServerSnapshot], str],
) -> Finding:
    """Compare each look, the one before included, with what the server was made to be."""
    of = {"server": server.server}
    looks = [
        record.look_before(ServerSnapshot, "snapshot before", **of),
        *record.looks(ServerSnapshot, "snapshot after the move", **of),
    ]
    for look in looks:
        found = shown(look.event)
        if found != expected:
            when = "before it was moved" if look is looks[0] else "after its move"
            reason = f"The server was to be {expected}; {when} it was {found}."
            return failed(reason, expected, found, look.line)
    return passed(expected, expected, *(look.line for look in looks))
