# SPDX-License-Identifier: Apache-2.0
"""Witness: the rules of a partition, and the kernel's own count of what they have dropped.

It says that packets came to the filter and went no further, not that there is no way round it.
Knows a shell on the host and the name of a table.
"""

import json
from collections.abc import Sequence
from typing import Any

from chaos import errors
from chaos.deadline import Deadline
from chaos.transport import HostShell
from chaos.witnesses.protocol import Observation, Says, observation

LOOK_SECONDS = 10.0


def packets(listed: dict[str, Any]) -> dict[str, int]:
    """Return how many packets each chain has counted, in what ``nft -j list table`` prints."""
    found: dict[str, int] = {}
    for item in listed.get("nftables", ()):
        rule = item.get("rule")
        for expression in rule["expr"] if rule else ():
            if "counter" in expression:
                chain = rule["chain"]
                found[chain] = found.get(chain, 0) + int(expression["counter"]["packets"])
    return found


class DroppedPacketsWitness:
    """What a table has dropped of each interface, and whether others are down.

    :param shell: a login on the host
    :param table: the table's name, in the family ``netdev``
    :param cut: how many interfaces the table is to cut
    :param down: interfaces that are put down instead
    """

    name = "dropped_packets"
    expects: Says = "present"
    depends_on: frozenset[str] = frozenset()

    def __init__(
        self, shell: HostShell, table: str, cut: int, down: Sequence[str] = ()
    ) -> None:
        self._shell = shell
        self._table = table
        self._cut = cut
        self._down = tuple(down)

    def observe(self, deadline: Deadline) -> Observation:
        """Read the counters once."""
        try:
            up = [one for one in self._down if self._carrier(one, deadline)]
            argv = ["nft", "-j", "list", "table", "netdev", self._table]
            done = self._shell.run(argv, deadline.within(LOOK_SECONDS))
            listed = json.loads(done.stdout) if done.exit_status == 0 else None
        except (errors.ShellError, errors.DeadlineExpired, ValueError) as exc:
            return observation(self, "unknown", str(exc))
        if listed is None:
            return observation(self, "absent", f"there is no table {self._table}")
        if up:
            return observation(self, "absent", f"{', '.join(up)} is up")
        counted = packets(listed)
        of = [
            sum(number for chain, number in counted.items() if chain.endswith(f"_{one}"))
            for one in range(self._cut)
        ]
        words = ", ".join(f"{chain}: {number}" for chain, number in counted.items())
        words += "".join(f", {one} is down" for one in self._down)
        if all(of):
            return observation(self, "present", f"packets dropped: {words}")
        return observation(self, "unknown", f"nothing has come yet that could be dropped: {words}")

    def _carrier(self, name: str, deadline: Deadline) -> bool:
        argv = ["cat", f"/sys/class/net/{name}/operstate"]
        state = self._shell.check(argv, deadline.within(LOOK_SECONDS)).stdout.strip()
        return state != "down"
