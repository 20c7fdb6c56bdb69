# SPDX-License-Identifier: Apache-2.0
"""Who is there: the servers of a scenario and the hosts it needs, as data.

Another storage, another state, another number is another value here, never another class. May not
know: the cloud, what is done to the servers.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from migration_tests.record import words


@dataclass(frozen=True)
class Subject:
    """Servers on the source host that are alike.

    :param storage: kind of their root disk, one of ``words.STORAGES``
    :param state: that they are brought to before they are moved, one of ``words.STATES``
    :param count: how many
    :param locked: their owner locks them; then only an admin may act on them
    :param config_drive: they have one
    """

    storage: str
    state: str = words.ACTIVE
    count: int = 1
    locked: bool = False
    config_drive: bool = False

    @property
    def given(self) -> tuple[str, ...]:
        """What they have that not every server has, in the words of the record."""
        having = ((words.LOCK, self.locked), (words.CONFIG_DRIVE, self.config_drive))
        return tuple(name for name, has in having if has)


@dataclass(frozen=True)
class Topology:
    """The servers and hosts of a scenario.

    :param subjects: the servers that are moved; the first one's storage decides which host is the
        source, and must be there for the scenario to run; others the cloud lacks are left out
    :param bystanders: servers of the first kind on other hosts
    :param spare_hosts: other hosts that must be able to take each kind of server
    :param zoned: whether the subjects are asked for in an availability zone, whose other hosts
        must be enough then; None: they are if these are
    """

    subjects: tuple[Subject, ...]
    bystanders: int = 0
    spare_hosts: int = 1
    zoned: bool | None = None

    @property
    def storages(self) -> tuple[str, ...]:
        """The kinds of storage of the subjects, the first one first."""
        return tuple(dict.fromkeys(subject.storage for subject in self.subjects))

    @property
    def servers(self) -> tuple[Subject, ...]:
        """The subjects one by one, each with a count of 1."""
        return tuple(
            dataclasses.replace(subject, count=1)
            for subject in self.subjects
            for _ in range(subject.count)
        )
