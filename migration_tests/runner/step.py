# SPDX-License-Identifier: Apache-2.0
"""What a step is: a name, a sentence, whether it may be interrupted, and what it does.

Steps are frozen dataclasses, one file each under ``steps/``. May not know: any of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from chaos.inventory import Host
from migration_tests.runner.context import Context
from migration_tests.runner.facts import Facts


@dataclass(frozen=True)
class Step:
    """One step of a scenario.

    :cvar name: of the kind of step, on the record
    :cvar doing: what it does, to be read after "while"
    :cvar interruptible: whether an interrupt may end it in the middle
    :cvar move: kind of move that it makes, one of ``words.MOVES``; "" for none
    :cvar decision: that it takes about the last move, CONFIRM or REVERT; "" for none
    :cvar copies: whether it boots copies of the subjects in another zone
    """

    name: ClassVar[str]
    doing: ClassVar[str]
    interruptible: ClassVar[bool] = True
    move: ClassVar[str] = ""
    decision: ClassVar[str] = ""
    copies: ClassVar[bool] = False

    @property
    def death(self) -> str:
        """How a host dies by it, as the end of "a host is ..."; "" if none does."""
        return ""

    @property
    def phase(self) -> str:
        """Its name in a scenario; one that is used at several moments adds the moment."""
        return self.name

    def title(self, context: Context) -> str:
        """Return what happens now, for people; ``while`` is not needed before it."""
        return self.doing

    def produces(self) -> tuple[str, ...]:
        """Return what it puts on the record when all goes well: event kind, or kind:moment."""
        return ()

    def departs(self, storage: str) -> Mapping[str, str] | None:
        """Return where its move departs from the table of promises, by the name of the field.

        :param storage: of the server that is moved
        :return: None when servers on such storage are not moved by it
        """
        return {}

    def refuses(self, host: Host) -> str:
        """Return why the step cannot be done to a host, by the hosts file alone; "" if it can."""
        return ""

    def leaves_out(self, storage: str, api: str, facts: Facts | None = None) -> str:
        """Return why servers on a kind of storage take no part in it, as a clause; "" if they do.

        :param api: the compute API version
        :param facts: of the cloud; None: it is one that has everything
        """
        return ""

    def lacks(self, facts: Facts) -> str:
        """Return what the cloud lacks for the step, as a sentence; "" if nothing."""
        return ""

    def run(self, context: Context) -> None:
        """Do it.

        :raises migration_tests.runner.stopping.Stop: when the scenario can go no further
        """
        raise NotImplementedError
