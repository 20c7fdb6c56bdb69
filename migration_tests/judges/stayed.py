# SPDX-License-Identifier: Apache-2.0
"""Judges of servers that may not be evacuated: once their host is back they are there again.

May not know: why they may not be moved, servers that are.
"""

from __future__ import annotations

from migration_tests.judges import unchanged
from migration_tests.judges.applies import STAYED
from migration_tests.judges.data import LEDGER, hole, how, intact, ledger, too_many
from migration_tests.judges.finding import Finding, failed, passed, unclear
from migration_tests.judges.ranges import merge, size, subtract, text
from migration_tests.judges.rebooted import back_from_reboot
from migration_tests.judges.registry import server_judge
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record import words
from migration_tests.record.events import DataRead, ServerIntroduced, ServerSnapshot


@server_judge(
    question="a server that may not be evacuated is as it was when its host is back",
    group="stayed",
    applies=STAYED,
    needs=("refused_as_promised", "host_recovered"),
    excused_by=("nothing_changed",),
    evidence=unchanged.evidence(words.RETURNED),
)
def stayed_unchanged(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """It is on its host, with all its ports, addresses, volumes and allocations.

    Nova may find out by itself that a paused server does not run any more, and say stopped. A
    failure means: the clean-up of a host that comes back took something of a server that it was
    to leave alone.
    """
    return unchanged.since_before(
        record,
        server,
        words.RETURNED,
        by="The outage of its host",
        looks=1,
        statuses={server.state, words.STOPPED},
        host_down=True,
    )


@server_judge(
    question="a server that may not be evacuated runs again on its host by a hard reboot",
    group="stayed",
    applies=STAYED,
    needs=("stayed_unchanged",),
    excused_by=("disk_in_place",),
    evidence=("server.request", "server.ssh:before", "server.ssh:rebooted"),
)
def stayed_runs_again(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """It is ACTIVE where it was, and answers over SSH with a new boot ID.

    A failure means: a server that could not be evacuated is lost though its host is back.
    """

    def place() -> str | None:
        shot = record.look_before(ServerSnapshot, "snapshot before", server=server.server)
        return shot.event.host

    return back_from_reboot(record, server, words.BEFORE, place)


@server_judge(
    question="every acknowledged write of a server that may not be evacuated is on its disk",
    group="stayed",
    applies=STAYED,
    needs=("stayed_runs_again",),
    evidence=(*LEDGER, f"data.read:{words.REBOOTED}"),
)
def stayed_writes_present(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """The reading after the hard reboot holds all that was acknowledged.

    A failure means: the storage lost data that it had acknowledged when the host died, or the
    server came back with another disk.
    """
    acknowledged = ledger(record, server)
    what = "reading of the data after the reboot"
    read = record.last(DataRead, what, server=server.server, moment=words.REBOOTED)
    numbers = merge((seen.event.first, seen.event.last) for seen in acknowledged)
    expected = f"all {size(numbers)} acknowledged records ({text(numbers)})"
    found = f"intact: {text(read.event.intact)}"
    lines = [acknowledged[0].line, acknowledged[-1].line, read.line]
    lost = subtract(numbers, intact(read))
    if lost:
        share = f"{size(lost)} of {size(numbers)}"
        reason = f"{share} acknowledged records are lost: {how(read, lost)}."
        return failed(reason, expected, f"lost: {text(lost)}", *lines)
    gap = hole(record, server, acknowledged)
    doubt = (gap and f"The ledger of acknowledged writes has holes: {gap}.") or too_many(
        read, acknowledged, []
    )
    if doubt:
        return unclear(doubt, expected, found, *lines)
    return passed(expected, f"all of them ({found})", *lines)
