# SPDX-License-Identifier: Apache-2.0
"""Recovery from a slow network: our queueing discipline goes, the one that was there comes back.

Ours is known by its handle; another one that somebody has put in its place since then is left
alone. Works from a journal entry alone. Knows tc on one host.
"""

from typing import Any

from chaos import errors
from chaos.deadline import Deadline
from chaos.inventory import Host
from chaos.journal import Entry
from chaos.recovery import timed
from chaos.recovery.protocol import Data, OnEvent
from chaos.recovery.timed import TimedRecovery
from chaos.transport import HostShell
from chaos.transport.host_timer import as_script

# An administrator knows by it whose discipline it is.
HANDLE = "c4a0:"


def commands(data: Data) -> list[list[str]]:
    """Return what recovers the host."""
    found = []
    for link in data["links"]:
        root = ["dev", link["name"], "root"]
        ours_goes = ["tc", "qdisc", "delete", *root, "handle", HANDLE]
        if link["put_back"]:
            back = ["tc", "qdisc", "add", *root, *link["put_back"]]
            found.append(["sh", "-c", as_script([ours_goes, back], "&&")])
        else:
            # The kernel puts in its own default.
            found.append(ours_goes)
    return found


def root_of(shell: HostShell, name: str, deadline: Deadline) -> list[str]:
    """Return an interface's root discipline as tc shows it: kind, handle, then its options.

    :raises chaos.errors.ShellError: if the host cannot be asked
    """
    return parse_root(shell.check(["tc", "qdisc", "show", "dev", name], deadline).stdout)


def parse_root(text: str) -> list[str]:
    """Find the root in what ``tc qdisc show`` prints.

    :raises chaos.errors.ShellError: if there is none
    """
    for line in text.splitlines():
        words = line.split()
        if words[:1] == ["qdisc"] and "root" in words:
            rest = words[words.index("root") + 1 :]
            if rest[:1] == ["refcnt"]:
                rest = rest[2:]
            return [words[1], words[2], *rest]
    raise errors.ShellError("tc shows no root queueing discipline")


def remains(shell: HostShell, data: Data, deadline: Deadline) -> str:
    """Return which interfaces still have ours."""
    names = [
        link["name"]
        for link in data["links"]
        if root_of(shell, link["name"], deadline)[1] == HANDLE
    ]
    return f"the slow queueing discipline {HANDLE} on {', '.join(names)}" if names else ""


def differs(shell: HostShell, data: Data, deadline: Deadline) -> str:
    """Return which interface has another one than before."""
    for link in data["links"]:
        kind, _, *options = root_of(shell, link["name"], deadline)
        before, _, *had = link["before"]
        if (kind, options) != (before, had):
            now, then = " ".join([kind, *options]), " ".join([before, *had])
            return f"{link['name']} has {now} where {then} was"
    return ""


def recover(entry: Entry, host: Host, deadline: Deadline, on_event: OnEvent) -> dict[str, Any]:
    """Put it back; see :func:`chaos.recovery.timed.recover`.

    :raises chaos.errors.NotRecovered: if it is not back in time
    """
    how = TimedRecovery(commands, remains, differs)
    return timed.recover(how, entry, host, deadline, on_event)
