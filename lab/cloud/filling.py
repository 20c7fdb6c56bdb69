# SPDX-License-Identifier: Apache-2.0
"""What a service's ``populate`` is given to fill in what a fresh cloud lacks of it.

Speaks only the cloud's public API; knows no service.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from lab.cloud.inventory import Connection
from lab.cloud.waiting import say, wait_for


@dataclasses.dataclass(frozen=True)
class Filling:
    """One go at filling a cloud.

    :param wanted: what the lab is to have, as `lab.lifecycle.making` says it.
    :param deadline: point of the monotonic clock.
    """

    cloud: Connection
    wanted: Mapping[str, Any]
    deadline: float

    @property
    def hosts(self) -> list[dict[str, str]]:
        """The compute hosts, each with ``name``, ``kind`` and ``zone``."""
        return list(self.wanted["hosts"])

    @property
    def host_names(self) -> set[str]:
        """The names of the compute hosts."""
        return {host["name"] for host in self.hosts}

    def answers(self, service: str, look: Callable[[], object]) -> None:
        """Return once a service answers.

        :param look: asks it for something.
        :raises lab.cloud.waiting.WaitingError: it does not in time.
        """

        def answer() -> str:
            look()
            return ""

        wait_for(service, self.deadline, answer)
        say(f"{service} answers")
