# SPDX-License-Identifier: Apache-2.0
"""Witness: does a process make progress, by what the kernel counts of it?

One that is stopped has its sockets still, and makes none. Knows a shell on the host.
"""

from chaos import errors
from chaos.deadline import Deadline
from chaos.transport import HostShell
from chaos.witnesses.process import LOOK_SECONDS, ProcessId
from chaos.witnesses.protocol import Observation, Says, observation

TICK = 0.5
# A healthy service that waits for work shows no progress for so long at the most.
PACE_SECONDS = 20.0


class ProgressWitness:
    """Does a process get anywhere? Its time spent, and how often it gave the processor away.

    The first look learns how long a healthy one takes to move; after that one that takes twice as
    long, and a second more, does not move.
    """

    name = "progress"
    expects: Says = "absent"
    depends_on: frozenset[str] = frozenset()

    def __init__(self, shell: HostShell, process: ProcessId) -> None:
        self._shell = shell
        self._process = process
        self._pace: float | None = None

    def observe(self, deadline: Deadline) -> Observation:
        """Watch it for a while."""
        patience = PACE_SECONDS if self._pace is None else 2 * self._pace + 1.0
        until = deadline.within(patience)
        whole = deadline.remaining() > patience
        began = until.remaining()
        try:
            first = self._sample(deadline)
            for _ in until.ticks(TICK):
                if first is None:
                    return observation(self, "absent", f"process {self._process.pid} is gone")
                now = self._sample(deadline)
                if now is not None and now != first:
                    took = began - until.remaining()
                    self._pace = max(self._pace or 0.0, took)
                    return observation(self, "present", f"it moved within {took:.1f} s")
        except (errors.ShellError, errors.DeadlineExpired) as exc:
            return observation(self, "unknown", exc.found)
        if self._pace is None or not whole:
            return observation(self, "unknown", f"it did not move within {patience:.0f} s")
        return observation(self, "absent", f"it did not move within {patience:.1f} s")

    def _sample(self, deadline: Deadline) -> str | None:
        files = [f"/proc/{self._process.pid}/{name}" for name in ("stat", "status")]
        done = self._shell.run(["cat", *files], deadline.within(LOOK_SECONDS))
        if done.exit_status != 0:
            return None
        lines = done.stdout.splitlines()
        fields = lines[0].rpartition(")")[2].split()
        if fields[19] != self._process.start:
            return None
        switches = [line for line in lines if "ctxt_switches" in line]
        return " ".join([fields[11], fields[12], *switches])
