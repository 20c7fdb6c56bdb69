# SPDX-License-Identifier: Apache-2.0
"""The rounds of the soak: servers are moved live, then their hosts lose power, again and again.

Every step is followed by a look at everything. What is wrong is noted and printed, and the soak
goes on; only a step that cannot be done ends it.
"""

import concurrent.futures
import dataclasses
import threading
import time

from lab.cloud import clearing
from lab.cloud.waiting import say
from lab.hosts.engine import LabEngine
from lab.soak import census, checks
from lab.soak.census import Census
from lab.soak.tenant import KINDS, Member, Tenant

STEP_SECONDS = 420
CHECK_SECONDS = 90
WRITE_SECONDS = 2


@dataclasses.dataclass(frozen=True)
class Wanted:
    """How much soaking: at least so many of each kind of server.

    :param servers: of each kind.
    """

    live: int
    evacuations: int
    servers: int

    @property
    def rounds(self) -> int:
        """How many rounds: one for each time that the hosts of all servers lose their power."""
        return -(-self.evacuations // self.servers) or min(2, self.live)

    @property
    def moves(self) -> int:
        """How often all servers move live in a round.

        A round ends on the hosts it began on: only then can what there is after the first be
        compared with what there is after the last.
        """
        if not self.rounds:
            return 0
        least = -(-self.live // (self.servers * self.rounds))
        return least + (least + bool(self.evacuations)) % 2


class Soak:
    """One run of the soak.

    :param homes: by kind of server, the host they begin on and its partner.
    """

    def __init__(self, engine: LabEngine, tenant: Tenant, homes: dict[str, tuple[str, str]]):
        self._engine = engine
        self._tenant = tenant
        self._homes = homes
        self._members: list[Member] = []
        self.wrong: list[str] = []
        self.moved = 0
        self.cut = 0
        self.censuses: list[Census] = []

    def run(self, wanted: Wanted) -> None:
        """Do it all; a census is taken after each round, when everything has happened once.

        :raises lab.WaitingError: a step cannot be done.
        """
        deadline = time.monotonic() + STEP_SECONDS
        starts = {kind: pair[0] for kind, pair in self._homes.items()}
        self._members = self._tenant.make(dict.fromkeys(KINDS, wanted.servers), starts, deadline)
        self._check("the beginning")
        for number in range(1, wanted.rounds + 1):
            for _ in range(wanted.moves):
                self.move()
            if wanted.evacuations:
                self.cut_power()
            self.censuses.append(census.take(self._engine))
            say(f"round {number} of {wanted.rounds} done, {len(self.wrong)} things wrong so far")

    def _targets(self) -> dict[str, str]:
        return {kind: pair[1] for kind, pair in self._homes.items()}

    def _turn(self) -> None:
        self._homes = {kind: (there, here) for kind, (here, there) in self._homes.items()}

    def move(self) -> None:
        """Move all servers live, at the same time."""
        deadline = time.monotonic() + STEP_SECONDS
        self._tenant.live_migrate(self._members, self._targets(), deadline)
        self._turn()
        self.moved += 1
        self._check(f"live migration {self.moved}")

    def cut_power(self) -> None:
        """Cut the power of the hosts while guests write, evacuate these, bring the hosts back."""
        dead = sorted({here for here, _ in self._homes.values()})
        stop = threading.Event()
        with concurrent.futures.ThreadPoolExecutor(len(self._members)) as pool:
            for member in self._members:
                pool.submit(member.guest.write_until, stop)
            time.sleep(WRITE_SECONDS)
            for host in dead:
                self._engine.power_off(host)
            stop.set()
        say(f"power of {', '.join(dead)} cut")
        clearing.force_down(self._tenant.cloud, dead)
        deadline = time.monotonic() + STEP_SECONDS
        self._tenant.evacuate(self._members, self._targets(), deadline)
        for host in dead:
            self._engine.power_on(host)
        for member in self._members:
            member.guest.close()
            if member.kind == "ephemeral":
                member.guest.forget(deadline)
        self._turn()
        clearing.bring_back(self._tenant.cloud, dead, deadline)
        say(f"{', '.join(dead)} back")
        self.cut += 1
        self._check(f"power cut {self.cut}")

    def _check(self, after: str) -> None:
        end = time.monotonic() + CHECK_SECONDS
        found = checks.guests(self._members, end)
        found += checks.api(self._tenant, self._members, end)
        found += self._look_at_hosts(end)
        for line in found:
            say(f"WRONG after {after}: {line}")
        self.wrong += [f"after {after}: {line}" for line in found]

    def _look_at_hosts(self, end: float) -> list[str]:
        names = [host.name for host in self._engine.plan.computes]
        while True:
            counted = census.take(self._engine, memory=False)
            found = checks.hosts(self._tenant, self._members, counted, names)
            # What a guest leaves goes a moment after it.
            if not found or time.monotonic() > end:
                return found
            time.sleep(1)
