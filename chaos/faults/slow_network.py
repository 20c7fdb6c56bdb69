# SPDX-License-Identifier: Apache-2.0
"""Fault: what a host sends on some of its networks goes out slowly.

By a queueing discipline in place of the one that is there: tbf, or netem for a delay. What was
there is put back; if it could not be, the fault is refused. What the host receives is slowed only
as far as its own answers are.
"""

import shlex
from collections.abc import Sequence
from typing import Any

from chaos.deadline import Deadline
from chaos.faults.timed import TimedFault
from chaos.inventory import Host
from chaos.recovery import restore_qdisc
from chaos.recovery.restore_qdisc import HANDLE
from chaos.transport import links
from chaos.transport.links import Link
from chaos.witnesses import Witness
from chaos.witnesses.neighbours import Neighbours
from chaos.witnesses.slow_pings import Slow, SlowPingsWitness
from chaos.witnesses.slow_queue import SlowQueueWitness

SLOWEST, FASTEST = 8_000, 20_000_000
LONGEST_DELAY = 5.0
LATENCY_MS = 400
# What is in their classes does not stand in their own line.
_CLASSFUL = frozenset({"cbq", "drr", "ets", "hfsc", "htb", "mqprio", "prio", "qfq", "taprio"})


class SlowNetwork(TimedFault):
    """Slow down what one host sends on networks.

    :param networks: by name, as the hosts file has them under ``networks``
    :param rate: bits per second
    :param delay: seconds that each packet takes longer; needs netem
    :param more: as :class:`chaos.faults.timed.TimedFault` takes them
    """

    kind = "slow_network"
    recovery = "restore_qdisc"

    def __init__(
        self,
        host: Host,
        networks: Sequence[str],
        *,
        rate: int = 1_000_000,
        delay: float = 0.0,
        **more: Any,
    ) -> None:
        super().__init__(host, **more)
        self.networks = tuple(dict.fromkeys(networks))
        self.rate = rate
        self.delay = delay
        self.links: tuple[Link, ...] = ()
        self._before: dict[str, list[str]] = {}
        self._neighbours = self._closing(Neighbours(self.run.inventory, host))
        # At least a jumbo packet, else it could never go out.
        self._burst = max(10_000, rate // 8 // 50)

    @property
    def _slow(self) -> Slow:
        return Slow(self.rate, 0 if self.delay else self._burst, self.delay)

    @property
    def driver(self) -> str:
        """What injects it."""
        return "tc"

    @property
    def cuts_off(self) -> bool:
        """A login may take longer than anybody waits."""
        return any(one.carries_login for one in self.links)

    def _check_options(self) -> list[str]:
        if not SLOWEST <= self.rate <= FASTEST:
            return [
                f"{self.rate} bit/s is no rate that could be proved: choose {SLOWEST} to "
                f"{FASTEST}."
            ]
        if not 0 <= self.delay <= LONGEST_DELAY:
            return [f"{self.delay:g} s is no delay: choose up to {LONGEST_DELAY:g} s."]
        return links.why_not(self.host, self.networks)

    def _words(self) -> list[str]:
        if self.delay:
            milliseconds = f"{self.delay * 1000:g}ms"
            return ["netem", "rate", f"{self.rate}bit", "delay", milliseconds, "limit", "1000"]
        shape = ["rate", f"{self.rate}bit", "burst", str(self._burst)]
        return ["tbf", *shape, "latency", f"{LATENCY_MS}ms"]

    def _prepare(self, deadline: Deadline) -> list[str]:
        self.links = links.read_links(self.shell, self.networks, deadline)
        words = self._words()
        said = self._try(["handle", HANDLE, *words], deadline)
        if isinstance(said, str):
            other = "; leave out the delay" if self.delay else ""
            return [f"The kernel of {self.host.name} has no {words[0]} ({said}){other}."]
        for link in self.links:
            self._before[link.name] = restore_qdisc.root_of(self.shell, link.name, deadline)
            reason = self._lost(link, deadline)
            if reason:
                return [reason]
        names = ", ".join(one.name for one in self.links)
        self.how = f"tc, {' '.join(words)} at the root of {names}, handle {HANDLE}"
        found: list[Witness] = [SlowQueueWitness(self.shell, [x.name for x in self.links], HANDLE)]
        for link in self.links:
            near = self._neighbours.find(link, deadline).addresses
            if link.carries_login:
                near = (links.runner_address(self.host), *near)
            found.append(SlowPingsWitness(self.shell, link.network, near, self._slow))
        self._witnesses = self._witnesses or tuple(found)
        return []

    def _lost(self, link: Link, deadline: Deadline) -> str:
        """Return why the discipline that is there could not be put back."""
        before = self._before[link.name]
        if before[1] == HANDLE:
            return f"{link.name} of {self.host.name} is slowed already: run recover first."
        if before[1] == "0:":
            return ""
        # One that somebody has configured: the same words must make the same again.
        text = f"{link.name} of {self.host.name} has {' '.join(before)}, which somebody configured"
        argv = ["tc", "qdisc", "show", "dev", link.name]
        within = f" parent {before[1]}"
        if before[0] in _CLASSFUL or within in self.shell.check(argv, deadline).stdout:
            return f"{text} with classes, and which could not be put back: choose another network."
        again = self._try(self._put_back(link), deadline)
        if again != before:
            return f"{text}, and which could not be put back as it is: choose another network."
        return ""

    def _put_back(self, link: Link) -> list[str]:
        kind, handle, *options = self._before[link.name]
        return [] if handle == "0:" else ["handle", handle, kind, *options]

    def _try(self, words: Sequence[str], deadline: Deadline) -> list[str] | str:
        """Make it in a network of its own that ends at once; return it, or what was said."""
        made = shlex.join(["tc", "qdisc", "add", "dev", "lo", "root", *words])
        script = f"{made} && tc qdisc show dev lo"
        done = self.shell.run(["unshare", "--net", "sh", "-c", script], deadline)
        if done.exit_status:
            return done.stderr.strip().partition("\n")[0] or f"status {done.exit_status}"
        return restore_qdisc.parse_root(done.stdout)

    def _data(self) -> dict[str, Any]:
        return {
            "rate": self.rate,
            "delay": self.delay,
            "links": [
                {
                    "network": one.network,
                    "name": one.name,
                    "before": self._before[one.name],
                    "put_back": self._put_back(one),
                }
                for one in self.links
            ],
        }

    def _injection(self) -> tuple[str, bytes | None]:
        ours = ["handle", HANDLE, *self._words()]
        each = [
            shlex.join(["tc", "qdisc", "replace", "dev", one.name, "root", *ours])
            for one in self.links
        ]
        return " && ".join(each), None

    def _recovery_commands(self) -> Sequence[Sequence[str]]:
        return restore_qdisc.commands(self._data())

    def _about(self) -> dict[str, Any]:
        about = {"networks": list(self.networks), "rate": self.rate, "delay": self.delay}
        return {**super()._about(), **about}
