# SPDX-License-Identifier: Apache-2.0
"""The judge of disks: what a server runs on is still where it must be.

A disk that was deleted under a running server is not missed until it is opened again. May not
know: what is on the disk.
"""

from __future__ import annotations

from collections.abc import Callable

from migration_tests.judges.applies import EVERY_SERVER, MOVED
from migration_tests.judges.finding import (
    Finding,
    NotApplicable,
    NotProduced,
    failed,
    passed,
    unclear,
)
from migration_tests.judges.leftovers import inspection
from migration_tests.judges.registry import server_judge
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record import words
from migration_tests.record.events import (
    DiskSource,
    HostInspected,
    ServerIntroduced,
    SshAnswered,
)

ON_THE_HOST = ("file", "block")


@server_judge(
    question="the server's disks are where its domain looks for them",
    family="copies",
    applies=EVERY_SERVER,
    needs=("landed_elsewhere",),
    evidence=("host.inspected:disks", "server.snapshot"),
)
def disk_in_place(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """Every disk of its domain is there once the host it left has cleaned up."""
    host = record.host_at_end(server)
    look = inspection(record, host)
    if look.event.sources is None:
        raise NotProduced(f"list of the disks that the domains on {host} use", HostInspected)
    own = [source for source in look.event.sources if source.server == server.server]
    expected = f"the disks of the server's domain on {host} are there"
    found = ", ".join(_text(source) for source in own)
    if not own:
        reason = f"{host} names no disk of the server's domain."
        return failed(reason, expected, "no disk", look.line)
    for source in own:
        wrong = _wrong(source, host)
        if wrong:
            judge, reason = wrong
            return judge(reason, expected, found, look.line)
    if all(source.type in ON_THE_HOST for source in own):
        return passed(expected, found, look.line)
    return _on_the_network(record, server, expected, found, look.line)


def _wrong(source: DiskSource, host: str) -> tuple[Callable[..., Finding], str] | None:
    """Return how a disk that is not surely there is to be judged, and why."""
    if source.type not in (*ON_THE_HOST, "network") or not (source.source and source.target):
        name = source.target or "(nameless)"
        return unclear, f"The disk {name} is of a kind that cannot be looked for: {_text(source)}."
    if source.type == "network":
        return None
    if source.present is None:
        return unclear, f"Whether {source.source} is there was not learned."
    if not source.present:
        return failed, f"The disk {source.source} is gone from {host}, though the server lives."
    return None


def _text(source: DiskSource) -> str:
    where = {True: "there", False: "gone", None: "not on the host"}[source.present]
    return f"{source.target} {source.type} {source.source} {where}"


def _on_the_network(
    record: ScenarioRecord, server: ServerIntroduced, expected: str, found: str, line: int
) -> Finding:
    """A disk on the network is not seen from the host: a hard reboot must open it anew."""
    if not MOVED(server):
        raise NotApplicable("its disks are on the network, and nothing was done to it")
    if not record.planned(f"{SshAnswered.kind}:{words.REBOOTED}"):
        reason = "A disk is on the network, and the server was not rebooted to open it anew."
        return unclear(reason, expected, found, line)
    logins = record.all(SshAnswered, server=server.server, moment=words.REBOOTED, answered=True)
    if not logins:
        raise NotApplicable("its disks are on the network; that they are there shows in a reboot")
    return passed(expected, f"{found}; opened by a hard reboot", line, logins[-1].line)
