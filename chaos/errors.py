# SPDX-License-Identifier: Apache-2.0
"""Every error this library raises, each saying what was expected, what was found and what to do.

Knows nothing but text: no host, no driver. A message never holds a secret, because no caller has
one in hand as text (see :mod:`chaos.inventory.secret`).
"""

# Names say what happened ("fault refused"), as exceptions of the standard library's OSError do.
# ruff: noqa: N818
from collections.abc import Iterable, Mapping
from typing import Any


class ChaosError(Exception):
    """Base of all errors of this library.

    :param found: what was found, as one sentence or clause
    :param expected: what should have been there instead
    :param remedy: what the reader can do about it
    """

    def __init__(self, found: str, *, expected: str = "", remedy: str = "") -> None:
        self.found = found
        self.expected = expected
        self.remedy = remedy
        parts = [found]
        if expected:
            parts.append(f"expected: {expected}")
        if remedy:
            parts.append(f"what to do: {remedy}")
        super().__init__("; ".join(parts))


class InventoryError(ChaosError):
    """The hosts file cannot be used; all of its problems, not only the first.

    :param path: the file
    :param problems: one sentence each, with the line number where there is one
    """

    def __init__(self, path: str, problems: Iterable[str]) -> None:
        self.path = path
        self.problems = tuple(problems)
        count = len(self.problems)
        super().__init__(
            f"{path} has {count} problem{'s' if count != 1 else ''}:\n  "
            + "\n  ".join(self.problems)
        )


class Unexpected(ChaosError):
    """Something that nobody foresaw; see :mod:`chaos.foreign`."""


class UnknownHost(ChaosError, LookupError):
    """A host was asked for that the hosts file does not name."""


class SecretError(ChaosError):
    """A password could not be read from where the hosts file says it is."""


class DeadlineExpired(ChaosError):
    """The time given for a piece of work is over."""


class ShellError(ChaosError):
    """A command on a host could not be carried out, or failed where it had to succeed."""


class HostKeyRefused(ShellError):
    """The host showed a key that the known hosts file does not list for it."""


class ShellUnreachable(ShellError):
    """No SSH session could be opened: nobody answers, or the login is refused."""


class ConnectionLost(ShellError):
    """An SSH session broke off before the command reported its exit status."""


class ServiceError(ShellError):
    """A service does not run, or does not start or stop when it is asked to."""


class PowerError(ChaosError):
    """A power command failed."""


class PowerBusy(PowerError):
    """A BMC is there and cannot answer now; it may be asked again."""


class PowerRefused(PowerError):
    """A BMC has answered that it does not do it; in its own words."""


class PowerTimeout(PowerError):
    """The machine did not read as wanted within its time, whatever was accepted."""


class PowerUnsupported(PowerError):
    """The driver cannot do this at all: SSH cannot switch a machine on."""


class JournalError(ChaosError):
    """The journal cannot be read or written; without it no fault is injected."""


class EntryNotClosed(JournalError):
    """A host is back, but that could not be written down: the journal still has the fault open.

    :ivar seen: what the recovery saw
    """

    def __init__(self, cause: JournalError, seen: Mapping[str, Any]) -> None:
        self.seen = dict(seen)
        super().__init__(
            f"it is recovered, but that could not be written down: {cause.found}",
            expected=cause.expected,
            remedy="make room there; the keeper, or 'migration-chaos recover', closes the entry",
        )


class LeaseLost(ChaosError):
    """A run was taken for dead, and its keeper has taken over."""


class RunRefused(ChaosError):
    """A run may not begin: others disturb the same hosts, or have left them disturbed."""


class KeeperError(ChaosError):
    """No keeper could be started; without one no fault is injected."""


class TimerNotArmed(ChaosError):
    """The host's own timer is not seen to wait; without it nothing is injected."""


class FaultRefused(ChaosError):
    """A fault was refused before anything was touched.

    :param reasons: one sentence each, naming the rule and how to allow it
    """

    def __init__(self, fault: str, host: str, reasons: Iterable[str]) -> None:
        self.fault = fault
        self.host = host
        self.reasons = tuple(reasons)
        super().__init__(f"{fault} of {host} is refused: " + " ".join(self.reasons))


class NotRecovered(ChaosError):
    """All was done to recover a host, but it could not be seen to be back."""


class NotReady(ChaosError):
    """A host was not seen to be ready in time."""
