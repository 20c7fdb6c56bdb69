# SPDX-License-Identifier: Apache-2.0
"""Recovery from a partition: its table is removed whole, interfaces that were put down come up.

Works from a journal entry alone. Knows nft and ip on one host.
"""

from collections.abc import Sequence
from typing import Any

from chaos.deadline import Deadline
from chaos.inventory import Host
from chaos.journal import Entry
from chaos.recovery import timed
from chaos.recovery.protocol import Data, OnEvent
from chaos.recovery.timed import TimedRecovery
from chaos.transport import HostShell
from chaos.witnesses.pinging import answering

# Families in which a partition may have a table; it has the same name in both.
FAMILIES = ("netdev", "inet")


def table_of(token: str) -> str:
    """Return how the table of a partition is called."""
    return f"migration_chaos_{token}"


def commands(data: Data) -> list[list[str]]:
    """Return what recovers the host."""
    return [
        *(["nft", "delete", "table", family, data["table"]] for family in FAMILIES),
        *(["ip", "link", "set", "dev", name, "up"] for name in data["down"]),
    ]


def remains(shell: HostShell, data: Data, deadline: Deadline) -> str:
    """Return what is still there of it."""
    tables = shell.check(["nft", "list", "tables"], deadline).stdout
    here = [line for line in tables.splitlines() if data["table"] in line.split()]
    for name in data["down"]:
        flags = shell.check(["cat", f"/sys/class/net/{name}/flags"], deadline).stdout
        if not int(flags, 16) & 1:
            here.append(f"{name} down")
    return ", ".join(here)


def differs(shell: HostShell, data: Data, deadline: Deadline) -> str:
    """Return which network nobody answers on who did before."""
    for link in data["links"]:
        peers: Sequence[str] = link["peers"]
        if peers and not answering(shell, peers, deadline):
            return (
                f"nobody answers on {link['network']} ({link['name']}) who did before: "
                f"{', '.join(peers)}"
            )
    return ""


def recover(entry: Entry, host: Host, deadline: Deadline, on_event: OnEvent) -> dict[str, Any]:
    """Restore it; see :func:`chaos.recovery.timed.recover`.

    :raises chaos.errors.NotRecovered: if it is not restored in time
    """
    how = TimedRecovery(commands, remains, differs)
    return timed.recover(how, entry, host, deadline, on_event)
