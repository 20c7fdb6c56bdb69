# SPDX-License-Identifier: Apache-2.0
"""Witness: do pings take long to go out, as they do on a slow network?

The first look learns how long they take on the healthy network. Knows a shell on the host.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from chaos import errors
from chaos.deadline import Deadline
from chaos.transport import HostShell
from chaos.witnesses.protocol import Observation, Says, observation

LOOK_SECONDS = 30.0

# So many pings, so far apart, take a fifth of a second where nothing slows them.
COUNT, APART = 40, 0.005
# Headers of ICMP, IP and Ethernet; and what a ping may carry, split into many packets.
HEADERS, MOST = 42, 60000
# Fewer than this part of them come back where a queue is full all the time.
LOST = 0.9
# They are to take so long on the slow network.
WANTED_SECONDS = 1.2


@dataclass(frozen=True)
class Pings:
    """What ping said of a number of pings.

    :ivar seconds: from the first to the last answer
    :ivar quickest: the quickest answer, seconds
    """

    received: int
    seconds: float
    quickest: float


def parse_pings(text: str) -> Pings:
    """Read the end of what ``ping -q`` prints; nothing received where it says nothing."""
    counted = re.search(r"(\d+) received.*time (\d+)ms", text)
    quickest = re.search(r"= ([\d.]+)/", text)
    if not counted or not quickest:
        return Pings(0, 0.0, 0.0)
    return Pings(int(counted[1]), int(counted[2]) / 1000, float(quickest[1]) / 1000)


@dataclass(frozen=True)
class Slow:
    """How slow a network is to be.

    :ivar rate: bits per second
    :ivar burst: bytes that go out at once before that
    :ivar delay: seconds that each packet is to take longer
    """

    rate: int
    burst: int
    delay: float


class SlowPingsWitness:
    """How long pings of a known size take from the host to somebody near.

    :param network: the network's name, for the record
    :param peers: addresses; the first that answers is the one
    """

    expects: Says = "present"
    depends_on: frozenset[str] = frozenset()

    def __init__(
        self, shell: HostShell, network: str, peers: Sequence[str], slow: Slow
    ) -> None:
        self._shell = shell
        self.name = f"slow_pings_on_{network}"
        self._peers = tuple(peers)
        self._size = int(min(MOST, max(56, slow.rate * WANTED_SECONDS / 8 / COUNT)))
        total = COUNT * (self._size + HEADERS)
        self.expected = max(0, total - slow.burst) * 8 / slow.rate + slow.delay
        self._delay = slow.delay
        self._healthy: Pings | None = None
        self._peer = ""

    def observe(self, deadline: Deadline) -> Observation:
        """Send them once."""
        within = deadline.within(LOOK_SECONDS)
        try:
            for one in (self._peer,) if self._peer else self._peers:
                found = self._ping(one, within)
                if found.received:
                    return self._judge(one, found)
        except (errors.ShellError, errors.DeadlineExpired) as exc:
            return observation(self, "unknown", exc.found)
        silent = ", ".join(self._peers) or "anybody"
        return observation(self, "unknown", f"no answer from {silent}")

    def _judge(self, peer: str, found: Pings) -> Observation:
        words = f"{found.received} pings to {peer} took {found.seconds:.2f} s"
        words += f", the quickest {found.quickest * 1000:.1f} ms"
        if self._healthy is None:
            if found.seconds > self.expected / 2:
                return observation(self, "unknown", f"{words}: it is as slow as that already")
            self._healthy, self._peer = found, peer
            return observation(self, "absent", words)
        usual = self._healthy
        late = found.seconds >= usual.seconds + 0.6 * (self.expected - usual.seconds)
        # A switch in user space does not wait for a full queue: it drops.
        late |= found.received <= LOST * usual.received
        far = found.quickest >= usual.quickest + 0.8 * self._delay
        return observation(self, "present" if late and far else "absent", words)

    def _ping(self, peer: str, deadline: Deadline) -> Pings:
        words = ["-c", str(COUNT), "-i", str(APART), "-s", str(self._size), "-W", "2"]
        return parse_pings(self._shell.run(["ping", "-n", "-q", *words, peer], deadline).stdout)
