# SPDX-License-Identifier: Apache-2.0
"""What can be chosen when a lab is made, as data; every part renders itself by it.

Knows the words and what goes with what; nothing of how a choice is carried out.
"""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MOST_HOSTS = 32

SHARED = ("rbd", "dir")
# Choices of one word each, whose option is called like them.
_SINGLE = ("release", "shared", "driver", "bmc")

NO_BMC = "none"
BMCS = ("ipmi", "redfish", "command", NO_BMC)
DRIVERS = ("libvirt", "fake")
BACKENDS = ("rbd", "rbd2")

_LOCKS = Path(__file__).parents[1] / "locks"
_PREFIX = "openstack-"


class ChoiceError(Exception):
    """What was chosen is not to be had; the message says what is."""


def releases() -> tuple[str, ...]:
    """Return the OpenStack releases there is a lock file of, the newest first."""
    found = (path.stem.removeprefix(_PREFIX) for path in _LOCKS.glob(f"{_PREFIX}*.txt"))
    return tuple(sorted(found, reverse=True))


def extras() -> tuple[str, ...]:
    """Return the services beyond those every lab has: there are lock files for their packages."""
    names = {path.stem.rpartition("-")[0] for path in _LOCKS.glob("*.txt")}
    return tuple(sorted(names - {_PREFIX.removesuffix("-")}))


@dataclasses.dataclass(frozen=True)
class Choices:
    """What a lab shall be.

    :param hosts: how many compute hosts.
    :param release: of OpenStack, as its releases are numbered since 2023.
    :param shared: where the instances of the hosts with shared storage live: on Ceph (``rbd``) or
        in a folder that these hosts share (``dir``).
    :param driver: Nova's compute driver: real guests (``libvirt``) or none at all (``fake``).
    :param backends: of Cinder, the first one being the default.
    :param extras: services beyond those every lab has.
    :param bmc: how the hosts file says that hosts are switched: over IPMI, over Redfish, by
        commands of the machine that the suite runs on, or not at all.
    :param without: names of the remedies (`lab.remedies`) that shall not be loaded.
    """

    hosts: int = 4
    release: str = "2026.2"
    shared: str = "rbd"
    driver: str = "libvirt"
    backends: tuple[str, ...] = ("rbd",)
    extras: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    bmc: str = "ipmi"

    def __post_init__(self) -> None:
        """Check every choice.

        :raises ChoiceError: one is not to be had.
        """
        if not 1 <= self.hosts <= MOST_HOSTS:
            raise ChoiceError(f"A lab has 1 to {MOST_HOSTS} compute hosts, not {self.hosts}.")
        for what, chosen, there in (
            ("release", (self.release,), releases()),
            ("kind of shared storage", (self.shared,), SHARED),
            ("compute driver", (self.driver,), DRIVERS),
            ("storage backend", self.backends, BACKENDS),
            ("extra service", self.extras, extras()),
            ("way to switch hosts", (self.bmc,), BMCS),
        ):
            unknown = [word for word in chosen if word not in there]
            if unknown:
                known = ", ".join(there)
                raise ChoiceError(f"There is no {what} {unknown[0]!r}; choose: {known}.")
            twice = [word for word in chosen if chosen.count(word) > 1]
            if twice:
                raise ChoiceError(f"The {what} {twice[0]!r} is chosen twice; name it once.")
        if self.driver == "fake" and self.shared != "rbd":
            raise ChoiceError(
                "Hosts of the fake driver have no disks, so there is nothing to share: leave out"
                " --shared or --driver fake."
            )

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> "Choices":
        """Return the choices written down as `data` by `dataclasses.asdict` and JSON."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in data.items()
        }
        return cls(**values)

    @property
    def lock_text(self) -> str:
        """The lock files of the release and of the extras: every package with its hashes."""
        names = ("openstack", *self.extras)
        return "".join((_LOCKS / f"{name}-{self.release}.txt").read_text() for name in names)

    def __str__(self) -> str:
        """Say what is not as usual, in the words of the command line."""
        usual = Choices()
        words = [f"--hosts {self.hosts}"]
        for name in _SINGLE:
            if getattr(self, name) != getattr(usual, name):
                words.append(f"--{name} {getattr(self, name)}")
        words += [f"--backend {name}" for name in self.backends if self.backends != usual.backends]
        words += [f"--with {name}" for name in self.extras]
        words += [f"--without-remedy {name}" for name in self.without]
        return " ".join(words)
