# SPDX-License-Identifier: Apache-2.0
"""Bugs of published services that break a promise: their judges fail there, and that is known.

Such a failure stays a failure, and is counted apart. What is written here hides nothing else: only
the one judge, in scenarios with such a move, with such words, on clouds no newer than those that
were seen to have it. Printed as it is by the documentation. May not know: judges, records.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from migration_tests.record.microversions import version
from migration_tests.record.words import LIVE_MIGRATION


@dataclass(frozen=True)
class KnownBug:
    """One bug.

    :ivar bug: its ID here, as verdicts and reports have it
    :ivar judge: that fails by it
    :ivar moves: kinds of moves that show it, one of which must be in the scenario
    :ivar says: regular expression that the reason of the failure matches as a whole
    :ivar newest: the newest compute API version that a cloud with it was seen to offer
    :ivar symptom: what is seen
    :ivar versions: of what it was seen with
    :ivar cause: why it is so
    :ivar shown: one command that shows it on the lab
    :ivar remedy: what can be done about it
    """

    bug: str
    judge: str
    moves: tuple[str, ...]
    says: str
    newest: str
    symptom: str
    versions: str
    cause: str
    shown: str
    remedy: str

    def explains(self, judge: str, moves: Iterable[str], reason: str, offered: str) -> bool:
        """Say whether it is what a failure shows.

        :param moves: the kinds of moves of the scenario
        :param reason: of the failure
        :param offered: the newest compute API version of the cloud; "" if that is not known
        """
        return (
            judge == self.judge
            and bool(set(moves) & set(self.moves))
            and bool(offered)
            and version(offered) <= version(self.newest)
            and re.fullmatch(self.says, reason) is not None
        )


KNOWN_BUGS: tuple[KnownBug, ...] = (
    KnownBug(
        bug="port-down-after-live-migration",
        judge="port_bound",
        moves=(LIVE_MIGRATION,),
        says=r"The port \S+ is DOWN though the server runs on \S+\.",
        newest="2.104",
        symptom="After a live migration Neutron shows the server's port DOWN for good, though "
        "traffic flows: one migration in three to eight.",
        versions="Neutron 29.0.0 with OVN 23.03",
        cause="Neutron waits for OVN to report the port up on its new host, and passes over the "
        "one update that says so if the logical port never went down.",
        shown="./run certify --without-remedy port_up_after_live_migration "
        r"--regex '\.LiveMigrateThereAndBack\.'",
        remedy="The lab loads port_up_after_live_migration into Neutron: every update counts that "
        "gives a port which is up another chassis.",
    ),
)
