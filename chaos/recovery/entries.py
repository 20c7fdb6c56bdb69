# SPDX-License-Identifier: Apache-2.0
"""Recovers the host of a journal entry, by the recovery that the entry names.

A new recovery is a new file and a line here. Knows the journal and the recoveries, no fault.
"""

from typing import Any

from chaos import errors, foreign
from chaos.deadline import Deadline
from chaos.inventory import Host
from chaos.journal import Entry, Journal
from chaos.journal.reading import CLOSED
from chaos.recovery import (
    free_disk,
    power_on,
    release_service,
    restore_network,
    restore_qdisc,
    start_service,
    thaw_service,
)
from chaos.recovery.protocol import OnEvent, Recovery

RECOVERIES: dict[str, Recovery] = {
    "free_disk": free_disk.recover,
    "power_on": power_on.recover,
    "release_service": release_service.recover,
    "restore_network": restore_network.recover,
    "restore_qdisc": restore_qdisc.recover,
    "start_service": start_service.recover,
    "thaw_service": thaw_service.recover,
}


def recover_entry(
    entry: Entry, host: Host, journal: Journal, deadline: Deadline, on_event: OnEvent
) -> dict[str, Any]:
    """Recover the host of one entry, see that it is recovered, and close the entry.

    An entry that somebody else has closed meanwhile is left as it is.

    :param host: the host that the entry names
    :param on_event: called at every step with ``(kind, data)``
    :return: what the recovery saw, as noted in the journal
    :raises chaos.errors.NotRecovered: if the host is not seen to be back; the entry stays open
    :raises chaos.errors.EntryNotClosed: if the host is back, but that could not be written down
    """
    done = next((one for one in journal.entries() if one.id == entry.id), entry)
    if done.last == CLOSED:
        # The keeper was faster, or somebody by hand.
        return dict(done.closed)
    recover = RECOVERIES.get(entry.recovery)
    if recover is None:
        raise errors.NotRecovered(
            f"the journal names {entry.recovery!r} to recover {entry.host}, which is unknown here",
            expected="one of " + ", ".join(sorted(RECOVERIES)),
            remedy="use the version of this software that wrote the journal",
        )
    about = {"entry": entry.id, "fault": entry.fault, "host": entry.host}
    on_event("fault.recovering", {**about, "recovery": entry.recovery})
    try:
        journal.note(entry, "recovering")
    except errors.JournalError as exc:
        # A full disk is no reason to leave a host dead.
        on_event("fault.journal_failed", {**about, "error": exc.found})
    try:
        with foreign.raised_as(errors.NotRecovered, f"{entry.host} is not seen to be back"):
            seen = recover(entry, host, deadline, on_event)
    except errors.ChaosError as exc:
        on_event("fault.not_recovered", {**about, "error": exc.found})
        raise
    on_event("fault.recovered", {**about, **seen})
    try:
        journal.close_entry(entry, seen)
    except errors.JournalError as exc:
        raise errors.EntryNotClosed(exc, seen) from exc
    on_event("fault.closed", about)
    return seen
