# SPDX-License-Identifier: Apache-2.0
"""Undoing of a partition: its table is removed whole, interfaces that were put down come up.

Works from a journal entry alone. Knows nft and ip on one host.
"""

from collections.abc import Sequence
from typing import Any

from chaos.deadline import Deadline
from chaos.inventory import Host
from chaos.journal.reading import Entry
from chaos.recovery import timed
from chaos.recovery.timed import Data, Observe, OnHost
from chaos.transport.shell import HostShell
from chaos.witnesses.peers import answering

# Families in which a partition may have a table; it has the same name in both.
FAMILIES = ("netdev", "inet")


def table_of(token: str) -> str:
    """Return how the table of a partition is called."""
    return f"migration_chaos_{token}"


def commands(data: Data) -> list[list[str]]:
    """Return what undoes it."""
    return [
        *(["nft", "delete", "table", family, data["table"]] for family in FAMILIES),
        *(["ip", "link", "set", "dev", name, "up"] for name in data["down"]),
    ]


def left(shell: HostShell, data: Data, deadline: Deadline) -> str:
    """Return what is still there of it."""
    tables = shell.check(["nft", "list", "tables"], deadline).stdout
    here = [line for line in tables.splitlines() if data["table"] in line.split()]
    for name in data["down"]:
        flags = shell.check(["cat", f"/sys/class/net/{name}/flags"], deadline).stdout
        if not int(flags, 16) & 1:
            here.append(f"{name} down")
    return ", ".join(here)


def wrong(shell: HostShell, data: Data, deadline: Deadline) -> str:
    """Return which network nobody answers on who did before."""
    for link in data["links"]:
        peers: Sequence[str] = link["peers"]
        if peers and not answering(shell, peers, deadline):
            return (
                f"nobody answers on {link['network']} ({link['name']}) who did before: "
                f"{', '.join(peers)}"
            )
    return ""


def undo(entry: Entry, host: Host, deadline: Deadline, observe: Observe) -> dict[str, Any]:
    """Heal it; see :func:`chaos.recovery.timed.undo`.

    :raises chaos.errors.NotRecovered: if it is not healed in time
    """
    return timed.undo(OnHost(commands, left, wrong), entry, host, deadline, observe)
