# SPDX-License-Identifier: Apache-2.0
"""Undoing of a full disk: the file that fills it goes, and something can be written again.

Works from a journal entry alone. Knows files on one host.
"""

from typing import Any

from chaos.deadline import Deadline
from chaos.inventory import Host
from chaos.journal.reading import Entry
from chaos.recovery import timed
from chaos.recovery.timed import Data, Observe, OnHost
from chaos.transport.shell import HostShell
from chaos.witnesses.free_space import try_to_write

WRITE_BYTES = 65536


def file_of(folder: str, token: str) -> str:
    """Return the file that fills the disk of a folder."""
    return f"{folder.rstrip('/')}/.migration-chaos-full-{token}"


def commands(data: Data) -> list[list[str]]:
    """Return what undoes it, so that it stays undone if the host loses its power after that."""
    return [["rm", "-f", "--", data["file"]], ["sync", data["folder"]]]


def left(shell: HostShell, data: Data, deadline: Deadline) -> str:
    """Return the file, if it is there."""
    there = shell.run(["test", "-e", data["file"]], deadline).exit_status == 0
    return f"the file {data['file']}" if there else ""


def wrong(shell: HostShell, data: Data, deadline: Deadline) -> str:
    """Return why nothing can be written."""
    said = try_to_write(shell, data["folder"], data["token"], WRITE_BYTES, deadline)
    return f"nothing can be written to {data['folder']}: {said}" if said else ""


def undo(entry: Entry, host: Host, deadline: Deadline, observe: Observe) -> dict[str, Any]:
    """Free it; see :func:`chaos.recovery.timed.undo`.

    :raises chaos.errors.NotRecovered: if it is not free in time
    """
    return timed.undo(OnHost(commands, left, wrong), entry, host, deadline, observe)
