# SPDX-License-Identifier: Apache-2.0
"""Witness: a queueing discipline that slows a network, and what tc counts as held back by it.

Knows a shell on the host.
"""

import json
from collections.abc import Sequence

from chaos import errors
from chaos.deadline import Deadline
from chaos.transport import HostShell
from chaos.witnesses.protocol import Observation, Says, observation

LOOK_SECONDS = 30.0


class SlowQueueWitness:
    """A queueing discipline that has held something back.

    :param names: the interfaces
    :param handle: of the discipline
    """

    name = "slow_queue"
    expects: Says = "present"
    depends_on: frozenset[str] = frozenset()

    def __init__(self, shell: HostShell, names: Sequence[str], handle: str) -> None:
        self._shell = shell
        self._names = tuple(names)
        self._handle = handle

    def observe(self, deadline: Deadline) -> Observation:
        """Read the counters once."""
        idle, words = False, []
        try:
            for name in self._names:
                argv = ["tc", "-s", "-j", "qdisc", "show", "dev", name]
                listed = json.loads(self._shell.check(argv, deadline.within(LOOK_SECONDS)).stdout)
                ours = [one for one in listed if one.get("handle") == self._handle]
                if not ours:
                    return observation(self, "absent", f"{name} has no queue {self._handle}")
                held = ours[0].get("overlimits", 0) + ours[0].get("backlog", 0)
                # netem holds back without counting that.
                idle |= not (held or (ours[0]["kind"] == "netem" and ours[0].get("packets")))
                words.append(f"{name}: {ours[0].get('bytes', 0)} bytes sent, {held} held back")
        except (errors.ShellError, errors.DeadlineExpired, ValueError) as exc:
            return observation(self, "unknown", str(exc))
        return observation(self, "unknown" if idle else "present", "; ".join(words))
