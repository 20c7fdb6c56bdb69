# SPDX-License-Identifier: Apache-2.0
"""Recovery from a full disk: the file that fills it goes, and something can be written again.

Works from a journal entry alone. Knows files on one host.
"""

from typing import Any

from chaos.deadline import Deadline
from chaos.inventory import Host
from chaos.journal import Entry
from chaos.recovery import timed
from chaos.recovery.protocol import Data, OnEvent
from chaos.recovery.timed import TimedRecovery
from chaos.transport import HostShell
from chaos.witnesses.room_to_write import try_to_write

WRITE_BYTES = 65536


def file_of(folder: str, token: str) -> str:
    """Return the file that fills the disk of a folder."""
    return f"{folder.rstrip('/')}/.migration-chaos-full-{token}"


def commands(data: Data) -> list[list[str]]:
    """Return what recovers the host, even if it loses its power right after that."""
    return [["rm", "-f", "--", data["file"]], ["sync", data["folder"]]]


def remains(shell: HostShell, data: Data, deadline: Deadline) -> str:
    """Return the file, if it is there."""
    there = shell.run(["test", "-e", data["file"]], deadline).exit_status == 0
    return f"the file {data['file']}" if there else ""


def differs(shell: HostShell, data: Data, deadline: Deadline) -> str:
    """Return why nothing can be written."""
    said = try_to_write(shell, data["folder"], data["token"], WRITE_BYTES, deadline)
    return f"nothing can be written to {data['folder']}: {said}" if said else ""


def recover(entry: Entry, host: Host, deadline: Deadline, on_event: OnEvent) -> dict[str, Any]:
    """Free it; see :func:`chaos.recovery.timed.recover`.

    :raises chaos.errors.NotRecovered: if it is not free in time
    """
    how = TimedRecovery(commands, remains, differs)
    return timed.recover(how, entry, host, deadline, on_event)
