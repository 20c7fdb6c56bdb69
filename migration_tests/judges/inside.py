# SPDX-License-Identifier: Apache-2.0
"""Judges of what the cloud tells a guest of itself, as the guest sees it.

It reads its metadata before and after: from the metadata service, and from its config drive if it
has one. May not know: what the API shows of the server.
"""

from __future__ import annotations

from migration_tests.judges.applies import MOVED
from migration_tests.judges.course import Seen
from migration_tests.judges.finding import Finding, failed, passed, unclear
from migration_tests.judges.kept import BY_THE_CLOUD, Looks, Values, kept
from migration_tests.judges.registry import server_judge
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record import words
from migration_tests.record.events import GuestMetadata, ServerIntroduced, ServerSnapshot
from migration_tests.record.events.servers import DETAILS

BY_THE_GUEST = Looks(GuestMetadata, "look of the guest at its metadata", "The guest found")
# A guest that nobody can log in to cannot be asked.
NEEDS = ("ssh_answers",)
SILENT = ("id_kept", "hard_reboot_survived")


@server_judge(
    question="the moved server finds its metadata where it found them before",
    group="network",
    applies=MOVED,
    needs=NEEDS,
    excused_by=SILENT,
    evidence=BY_THE_GUEST.evidence,
)
def metadata_answers(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """At the metadata service, or on its config drive if no service answered before either.

    A failure means: the network of its new host does not bring it to the metadata service, or
    that does not know it any more.
    """
    of = {"server": server.server}
    before = record.look_before(GuestMetadata, f"{BY_THE_GUEST.what} before", **of)
    after = record.looks(GuestMetadata, f"{BY_THE_GUEST.what} after the move", **of)
    source = before.event.source
    if not source:
        reason = "The guest found no metadata before, neither by a service nor by a drive."
        return failed(reason, "metadata", "none", before.line)
    for look in after:
        if look.event.source != source:
            now = f"by the {look.event.source}" if look.event.source else "nowhere"
            reason = f"The guest found its metadata by the {source} before, and {now} now."
            return failed(reason, f"found by the {source}", now, before.line, look.line)
    lines = (before.line, *(look.line for look in after))
    return passed(f"found by the {source}", "at each look", *lines)


def _hostname(look: GuestMetadata) -> Values:
    return {"": look.hostname or ""}


def _user_data(look: GuestMetadata) -> Values:
    return {"": repr(look.user_data) if look.user_data else ""}


kept(
    "hostname_kept",
    "host name in its metadata",
    _hostname,
    (*SILENT, "metadata_answers"),
    looks=BY_THE_GUEST,
    needs=NEEDS,
    means="the guest gets another name, and may take it",
)
kept(
    "user_data_kept",
    "user data in its metadata",
    _user_data,
    (*SILENT, "metadata_answers"),
    looks=BY_THE_GUEST,
    needs=NEEDS,
    means="a guest that sets itself up anew does so in another way than it was made for",
)


@server_judge(
    question="the server has a config drive that the guest can read, or none, as before",
    group="identity",
    applies=MOVED,
    needs=NEEDS,
    excused_by=(*SILENT, "disk_in_place"),
    evidence=(DETAILS, *BY_THE_CLOUD.evidence, *BY_THE_GUEST.evidence),
)
def config_drive_kept(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """By Nova's word at each look, and by the guest's own if it could read the drive before.

    A failure means: Nova forgot that the server has a config drive, or gave it none where it is
    now, or another server's.
    """
    of = {"server": server.server}
    shots = [
        record.look_before(ServerSnapshot, "snapshot before", **of),
        *record.looks(ServerSnapshot, "snapshot after the move", **of),
    ]
    reads = [
        record.look_before(GuestMetadata, f"{BY_THE_GUEST.what} before", **of),
        *record.looks(GuestMetadata, f"{BY_THE_GUEST.what} after the move", **of),
    ]
    # The cloud may give one to every server.
    has = words.CONFIG_DRIVE in server.given or bool(shots[0].event.config_drive)
    expected = "a config drive of its own" if has else "no config drive"
    for look in shots:
        if look.event.config_drive is not has:
            found = "a config drive" if look.event.config_drive else "no config drive"
            when = "after its move" if look is not shots[0] else "before it was moved"
            reason = f"The server was to have {expected}; {when} the cloud showed {found}."
            return failed(reason, expected, found, look.line)
    return _read(server, reads, has, expected, [look.line for look in shots])


def _read(
    server: ServerIntroduced,
    reads: list[Seen[GuestMetadata]],
    has: bool,
    expected: str,
    lines: list[int],
) -> Finding:
    """Compare with what the guest finds; one whose login may not read a drive finds none."""
    lines += [look.line for look in reads]
    drives = [look.event.drive for look in reads]
    if has and drives[0] is None:
        if any(drive is not None for drive in drives):
            reason = "The guest reads its config drive now, and could not before."
            return unclear(reason, expected, "unreadable before", *lines)
        return passed(expected, "shown by the cloud, never readable by the guest", *lines)
    for look in reads:
        drive = look.event.drive
        if drive != (server.server if has else None):
            found = "no config drive" if drive is None else f"one of {drive or 'nobody'}"
            reason = f"The server was to have {expected}; the guest found {found}."
            return failed(reason, expected, found, look.line)
    return passed(expected, "so the cloud and the guest see it", *lines)
