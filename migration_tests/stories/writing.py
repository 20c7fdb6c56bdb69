# SPDX-License-Identifier: Apache-2.0
"""The undisturbed time before a disaster: servers write, their ledgers are kept, all are probed.

May not know: what the disaster will be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from chaos.deadline import Deadline
from migration_tests.guest.shell import GuestError, GuestShell
from migration_tests.observers.ledger import Ledger
from migration_tests.observers.probe import ProbeTarget
from migration_tests.record import words
from migration_tests.record.history import Recorder
from migration_tests.stories.base import StoryStop
from migration_tests.stories.cast import Actor, at_once
from migration_tests.stories.disks import Disks
from migration_tests.stories.settings import Times

SUBJECT_PROBE_INTERVAL = 0.1  # the servers of the host are away for long: no need for more


def probe_targets(actors: Iterable[Actor], times: Times) -> list[ProbeTarget]:
    """Return how each server is to be probed: bystanders closely, the others at leisure."""
    targets = []
    for actor in actors:
        close = actor.role == words.BYSTANDER
        targets.append(
            ProbeTarget(
                server=actor.server,
                address=actor.address,
                interval=(
                    times.probe_interval
                    if close
                    else max(times.probe_interval, SUBJECT_PROBE_INTERVAL)
                ),
                threshold=(
                    times.bystander_max_gap if close else times.service_down + times.evacuation
                ),
            )
        )
    return targets


class Writing:
    """The writers of a story's servers and their ledgers.

    :param recorder: returns what an observer records with
    """

    def __init__(self, disks: Disks, recorder: Callable[[str], Recorder]) -> None:
        self._disks = disks
        self._recorder = recorder
        self._ledgers: dict[str, Ledger] = {}

    def begin(
        self,
        actors: Iterable[Actor],
        shells: Mapping[str, GuestShell],
        interval: float,
        deadline: Deadline,
    ) -> None:
        """Look at each untouched disk, mark it, and let the server write.

        :param interval: seconds of rest between two records
        :raises StoryStop: when a server cannot be written to
        """

        def one(actor: Actor) -> None:
            shell = shells[actor.server]
            try:
                self._disks.before(actor, shell, deadline)
                ledger = Ledger(actor.server, shell, self._recorder("observers.ledger"))
                ledger.begin(interval, deadline)
            except GuestError as error:
                raise StoryStop(
                    words.CLOUD, f"{actor.name} cannot be written to: {error}"
                ) from error
            self._ledgers[actor.server] = ledger

        at_once(one, actors)

    def wait_for_first(self, deadline: Deadline) -> None:
        """Wait until every server has acknowledged a write.

        :raises StoryStop: when one does not
        """
        mute: list[str] = []
        for _ in deadline.ticks(0.5):
            mute = [server for server, ledger in self._ledgers.items() if not ledger.last]
            if not mute or not all(ledger.is_alive() for ledger in self._ledgers.values()):
                break
        if mute:
            raise StoryStop(words.CLOUD, f"no write was acknowledged by {', '.join(mute)}")

    def end(self, reason: str) -> None:
        """Close all ledgers; harmless if they are closed."""
        at_once(lambda ledger: ledger.end(reason), self._ledgers.values())
