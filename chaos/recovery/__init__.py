# SPDX-License-Identifier: Apache-2.0
"""What undoes a fault, one file each, found by the name that stands in the journal.

A fault writes a name from :data:`UNDO` and plain data into the journal; :func:`recover_entry`
needs nothing else than that and the hosts file, so the runner may be long dead.
"""

from collections.abc import Callable
from typing import Any

from chaos import errors
from chaos.deadline import Deadline
from chaos.inventory import Host
from chaos.journal import Journal
from chaos.journal.reading import CLOSED, Entry
from chaos.recovery import (
    free_disk,
    power_on,
    restore_network,
    restore_qdisc,
    start_service,
    thaw_service,
)
from chaos.recovery.power_on import Observe

__all__ = ["UNDO", "Observe", "recover_entry"]

UNDO: dict[str, Callable[[Entry, Host, Deadline, Observe], dict[str, Any]]] = {
    "free_disk": free_disk.undo,
    "heal_partition": restore_network.undo,
    "power_on": power_on.undo,
    "restore_qdisc": restore_qdisc.undo,
    "start_service": start_service.undo,
    "thaw_service": thaw_service.undo,
}


def recover_entry(
    entry: Entry, host: Host, journal: Journal, deadline: Deadline, observe: Observe
) -> dict[str, Any]:
    """Undo one entry of the journal, see that it is undone, and close the entry.

    An entry that somebody else has closed meanwhile is left as it is.

    :param host: the host that the entry names
    :param observe: told of every step as ``(kind, data)``
    :return: what the undoing saw, as noted in the journal
    :raises chaos.errors.NotRecovered: if the host is not seen to be back; the entry stays open
    :raises chaos.errors.NotNoted: if the host is back, but that could not be written down
    """
    done = next((one for one in journal.entries() if one.id == entry.id), entry)
    if done.last == CLOSED:
        # The keeper was faster, or somebody by hand.
        return dict(done.closed)
    undo = UNDO.get(entry.undo)
    if undo is None:
        raise errors.NotRecovered(
            f"the journal wants {entry.host} undone by {entry.undo!r}, which is not known here",
            expected="one of " + ", ".join(sorted(UNDO)),
            remedy="use the version of this software that wrote the journal",
        )
    about = {"entry": entry.id, "fault": entry.fault, "host": entry.host}
    observe("fault.recovering", {**about, "undo": entry.undo})
    try:
        journal.note(entry, "recovering")
    except errors.JournalError as exc:
        # A full disk is no reason to leave a host dead.
        observe("fault.journal_failed", {**about, "error": exc.found})
    try:
        seen = undo(entry, host, deadline, observe)
    except errors.ChaosError as exc:
        observe("fault.not_recovered", {**about, "error": exc.found})
        raise
    observe("fault.recovered", {**about, **seen})
    try:
        journal.close_entry(entry, seen)
    except errors.JournalError as exc:
        raise errors.NotNoted(exc, seen) from exc
    observe("fault.closed", about)
    return seen
