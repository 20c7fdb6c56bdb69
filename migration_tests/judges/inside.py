# SPDX-License-Identifier: Apache-2.0
"""Judges of what the cloud tells a guest of itself, as the guest sees it.

It reads its metadata before and after: from the metadata service, and from its config drive if it
has one. May not know: what the API shows of the server.
"""

from __future__ import annotations

from migration_tests.judges.applies import MOVED
from migration_tests.judges.attributes import if_given
from migration_tests.judges.course import Seen
from migration_tests.judges.finding import Finding, NotApplicable, failed, passed, unclear
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
EXPECTED = "a config drive, shown by the cloud and read by the guest"


@server_judge(
    question="the moved server finds its metadata where it found them before",
    family="network",
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
    means="the guest is told another name, and may take it",
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
    question="the server has its config drive, and the guest can read it, as before",
    family="identity",
    applies=MOVED,
    needs=NEEDS,
    excused_by=(*SILENT, "disk_in_place"),
    evidence=(DETAILS, *BY_THE_CLOUD.evidence, *BY_THE_GUEST.evidence),
)
def config_drive_kept(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """By Nova's word at each look; where the guest could read it before, by its own word too.

    A failure means: Nova forgot that the server has a config drive, or gave it none where it is
    now, or another server's.
    """
    of = {"server": server.server}
    before = record.look_before(ServerSnapshot, "snapshot before", **of)
    after = record.looks(ServerSnapshot, "snapshot after the move", **of)
    shown = _shown(record, server, before, after)
    if shown:
        return shown
    read_before = record.look_before(GuestMetadata, f"{BY_THE_GUEST.what} before", **of)
    read = record.looks(GuestMetadata, f"{BY_THE_GUEST.what} after the move", **of)
    lines = [before.line, *(look.line for look in after)]
    lines += [read_before.line, *(look.line for look in read)]
    if read_before.event.drive is None:  # its login may not have the right to read it
        if any(look.event.drive is not None for look in read):
            reason = "The guest reads its config drive now, and could not before."
            return unclear(reason, EXPECTED, "unreadable before", *lines)
        return passed(EXPECTED, "shown by the cloud, never readable by the guest", *lines)
    wrong = _unreadable(server, [read_before, *read])
    if wrong:
        reason, line = wrong
        return failed(reason, EXPECTED, "another config drive", read_before.line, line)
    return passed(EXPECTED, "shown by the cloud, read by the guest", *lines)


def _shown(
    record: ScenarioRecord,
    server: ServerIntroduced,
    before: Seen[ServerSnapshot],
    after: list[Seen[ServerSnapshot]],
) -> Finding | None:
    """Return what is wrong with the cloud's own word, if something is.

    :raises NotApplicable: when there was no config drive, and is none
    """
    if before.event.config_drive:
        for look in after:
            if not look.event.config_drive:
                reason = "The cloud does not show the server's config drive any more."
                return failed(reason, EXPECTED, "none", before.line, look.line)
        return None
    must_have = if_given(words.CONFIG_DRIVE)(record, server, before.event)
    if must_have:
        reason = f"The cloud showed no config drive before, but {must_have}."
        return failed(reason, EXPECTED, "none", before.line)
    for look in after:
        if look.event.config_drive:
            reason = "The server had no config drive before, and has one now."
            return failed(reason, "no config drive", "one", before.line, look.line)
    raise NotApplicable("it had no config drive before")


def _unreadable(
    server: ServerIntroduced, looks: list[Seen[GuestMetadata]]
) -> tuple[str, int] | None:
    """Return why a config drive is not the server's own at a look, and at which."""
    for look in looks:
        drive = look.event.drive
        if drive is None:
            return "The guest cannot read its config drive any more.", look.line
        if drive != server.server:
            return f"The config drive is one of the server {drive or '(none)'}.", look.line
    return None
