# SPDX-License-Identifier: Apache-2.0
"""Brings back everything that a journal has open, in reverse order, again and again until done.

Nothing that goes wrong with one of them, or with the files, ends this: it is logged, and the next
one is tried. Knows the journal, the hosts file and how hosts are recovered.
"""

import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chaos import errors, foreign
from chaos.deadline import Deadline
from chaos.inventory import load_inventory
from chaos.journal import Journal
from chaos.journal.reading import GIVEN_UP, TAKEN_OVER
from chaos.recovery import recover_entry

LOG = logging.getLogger(__name__)

# A server boots for minutes; whoever has to repair something by hand needs longer still.
HOST_SECONDS = 900.0
ALL_SECONDS = 4 * 3600.0
PAUSES = (1.0, 5.0, 15.0, 60.0)


def recover_all(
    path: Path, hosts: Path, why: str, deadline: Deadline | None = None
) -> int:
    """Recover all open entries of a journal; return 0 if none is left.

    :param hosts: the hosts file
    :param why: why now, in words, for the journal
    :param deadline: for all of it; by default so long that a repair by hand has time
    """
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    logging.getLogger("paramiko").setLevel(logging.WARNING)
    deadline = deadline or Deadline.after(ALL_SECONDS)
    journal = Journal(path)
    if _nothing_open(journal):
        return 0
    LOG.info("%s; bringing its hosts back", why)
    _mark(journal, TAKEN_OVER, {"why": why})
    problems: list[str] = []
    for attempt in deadline.ticks(0.0):
        problems = _try_all(journal, hosts, deadline)
        if not problems:
            LOG.info("all hosts are back")
            return 0
        deadline.pause(PAUSES[min(attempt, len(PAUSES)) - 1])
    _mark(journal, GIVEN_UP, {"problems": problems})
    LOG.error("given up: %s", "; ".join(problems))
    return 1


def _nothing_open(journal: Journal) -> bool:
    """Tell whether there is nothing to do; a journal that cannot be read now may be later."""
    try:
        with foreign.raised_as(errors.JournalError, str(journal.path), ends_too=True):
            return not journal.open_entries()
    except errors.ChaosError as exc:
        LOG.error("%s", exc)
        return False


def _try_all(journal: Journal, hosts: Path, deadline: Deadline) -> list[str]:
    """Try every open entry once; return what is wrong, one sentence each."""
    problems = []
    try:
        # Whoever wants the keeper to end sends a signal; no error of a library may.
        with foreign.raised_as(errors.Unexpected, "before any host", ends_too=True):
            inventory = load_inventory(hosts)
            entries = tuple(reversed(journal.open_entries()))
    except errors.ChaosError as exc:
        LOG.error("%s", exc)
        return [str(exc)]
    for entry in entries:
        about = f"{entry.fault} of {entry.host}"
        try:
            with foreign.raised_as(errors.NotRecovered, about, ends_too=True):
                host = inventory.host(entry.host)
                recover_entry(entry, host, journal, deadline.within(HOST_SECONDS), _log)
        except errors.ChaosError as exc:
            LOG.error("%s is not back: %s", entry.host, exc, exc_info=exc.__cause__)
            problems.append(f"{entry.host}: {exc}")
    return problems


def _mark(journal: Journal, event: str, data: Mapping[str, Any]) -> None:
    try:
        with foreign.raised_as(errors.JournalError, str(journal.path), ends_too=True):
            journal.mark(event, data)
    except errors.JournalError as exc:
        # A full disk is no reason to leave a host dead.
        LOG.error("%s", exc)


def _log(kind: str, data: Mapping[str, Any]) -> None:
    LOG.info("%s %s", kind, dict(data))
