# SPDX-License-Identifier: Apache-2.0
"""The contract of every fault, as a fixture: a fault is a promise to undo it.

precheck -> journal -> (arm) -> inject -> confirm -> (the caller's work) -> recover -> confirm ->
close. A fault of its own file fills in what to check, what to write down, and how to do the harm;
the order stands here once. Knows hosts, witnesses, the guard and the run.
"""

import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal, NoReturn, Protocol, TypeVar

import fixtures
from testtools import content

from chaos import errors, witnesses
from chaos.deadline import Deadline
from chaos.guard import Guard
from chaos.inventory import Host
from chaos.journal.reading import Entry
from chaos.recovery import recover_entry
from chaos.run import Run
from chaos.witnesses import Witness, WitnessReading
from chaos.witnesses.protocol import QUORUM

LOG = logging.getLogger(__name__)

Verdict = Literal["injected", "unknown"]
Observe = Callable[[str, dict[str, Any]], None]

# A clean-up that nobody gave a deadline still ends: real servers need minutes to boot.
CLEANUP_SECONDS = 900.0
LOOK_INTERVAL = 0.25
# What the host was told before it was seen not to have heard is taken back within this.
UNARMED_SECONDS = 60.0


class Closable(Protocol):
    """What a fault holds open to the host, and opens again by itself when it is used."""

    def close(self) -> None:
        """Let go of it."""


_Held = TypeVar("_Held", bound=Closable)


class Fault(fixtures.Fixture):
    """A fault of one host, or of something on it; :meth:`setUp` injects it, clean-up undoes it.

    :param host: the host
    :param run: the run it is injected in: where the promise to undo it is written down, and who
        keeps it if this process cannot
    :param deadline: for everything that :meth:`setUp` does
    :param observe: told of every step as ``(kind, data)``, data being plain
    :param guard: the rules it has to pass; by default those of :class:`chaos.guard.Guard`
    :param look: the witnesses; by default all that can look at the host
    :param confirm_within: seconds after the injection within which it has to be proved

    :ivar verdict: ``injected`` once proved, else ``unknown``
    :ivar readings: the last reading of every witness; the one that hangs on the driver is marked
    :ivar seen: what the undoing saw, as noted in the journal; empty before that
    :ivar not_noted: why the journal could not be told that it is undone, "" if it could
    :ivar t_injected: when the harm was done, seconds of :func:`time.monotonic`, or None
    """

    kind: ClassVar[str]
    undo: ClassVar[str]
    # Whether the host is told first to undo it by itself.
    arms: ClassVar[bool] = False

    def __init__(
        self,
        host: Host,
        *,
        run: Run,
        deadline: Deadline,
        observe: Observe | None = None,
        guard: Guard | None = None,
        look: tuple[Witness, ...] | None = None,
        confirm_within: float = 30.0,
    ) -> None:
        self.host = host
        self.run = run
        self.deadline = deadline
        self.guard = guard or Guard()
        self.confirm_within = confirm_within
        self.verdict: Verdict = "unknown"
        self.readings: tuple[WitnessReading, ...] = ()
        self.seen: dict[str, Any] = {}
        self.not_noted = ""
        self.t_injected: float | None = None
        self._observe = observe
        self._witnesses = witnesses.for_host(host) if look is None else look
        self._qualified: frozenset[str] = frozenset()
        self._entry: Entry | None = None
        self._recovered = False
        self._open = contextlib.ExitStack()

    # What a fault of its own fills in.

    @property
    def driver(self) -> str:
        """Name of the driver that does the harm; witnesses that hang on it are no proof."""
        raise NotImplementedError

    def _precheck(self, deadline: Deadline) -> list[str]:
        """Return reasons why not; touch nothing. Called after the guard has seen the host."""
        raise NotImplementedError

    def _promise(self) -> dict[str, Any]:
        """Return the data that the journal needs for undoing."""
        raise NotImplementedError

    def _arm(self, deadline: Deadline) -> None:
        """Tell the host to undo it by itself, and see that it will; called if :attr:`arms`.

        :raises chaos.errors.ChaosError: if it is not seen to; nothing is harmed then
        """

    def _inject(self, deadline: Deadline) -> None:
        """Do the harm.

        :raises chaos.errors.ChaosError: if it did not work as far as can be told
        """
        raise NotImplementedError

    def _held(self, one: _Held) -> _Held:
        """Return it; it is closed when the fault is over, or refused."""
        self._open.callback(one.close)
        return one

    # The contract.

    def why_not(self) -> list[str]:
        """Return every reason that speaks against it now, and touch nothing."""
        try:
            reasons = self.guard.of_inventory(self.host)
            if not reasons:
                with self.run.deciding() as runs:
                    reasons = self.guard.of_runs(self.host, runs)
            # Who is not allowed is not even logged in to.
            return reasons or self._precheck(self.deadline)
        except errors.ChaosError as exc:
            return [f"{exc}."]

    def setUp(self) -> None:
        """Check, write down, inject and confirm; returns for the verdict ``unknown`` too.

        :raises chaos.errors.FaultRefused: before anything is touched
        """
        # Refusals leave here as they are; what leaves _setUp, fixtures would wrap.
        self._refuse_or_promise()
        super().setUp()

    def _setUp(self) -> None:  # noqa: N802 - the name is fixtures'
        self.addCleanup(self._clean_up)
        about = self._about()
        self._tell("fault.injecting", about)
        self.t_injected = time.monotonic()
        try:
            self._inject(self.deadline)
        except errors.ChaosError as exc:
            # It may have worked all the same: the witnesses decide.
            self._tell("fault.inject_failed", {**about, "error": exc.found})
        self._confirm()
        self._note(self.verdict)
        self._tell(
            f"fault.{self.verdict}",
            {**about, "verdict": self.verdict, "readings": [vars(one) for one in self.readings]},
        )

    def recover(self, deadline: Deadline) -> None:
        """Undo the fault and see that it is undone; does nothing if that is so already.

        :raises chaos.errors.NotRecovered: if the host is not seen to be back; call it again, or
            ``migration-chaos recover``
        """
        if self._recovered or self._entry is None:
            return
        try:
            self.seen = recover_entry(
                self._entry, self.host, self.run.journal, deadline, self._tell
            )
        except errors.NotNoted as exc:
            # The host is back, and that is what counts; the keeper closes the entry.
            self.seen = exc.seen
            self.not_noted = exc.found
            self._tell("fault.journal_failed", {**self._about(), "error": exc.found})
        self._recovered = True

    def _clean_up(self) -> None:
        with self._open:
            self.recover(Deadline.after(CLEANUP_SECONDS))

    def _refuse_or_promise(self) -> None:
        reasons = self.why_not()
        try:
            if not reasons:
                self.run.require_keeper()
                with self.run.deciding() as runs:
                    # Asked again under the lock: another worker may have been faster.
                    reasons = self.guard.of_runs(self.host, runs)
                    if not reasons:
                        self._entry = self.run.journal.open_entry(
                            self.kind, self.host.name, self.undo, self._promise()
                        )
        except errors.ChaosError as exc:
            reasons = [f"{exc}."]
        if reasons:
            self._refuse(reasons)
        self._tell("fault.journalled", self._about())
        if self.arms:
            self._arm_or_refuse()

    def _refuse(self, reasons: list[str]) -> NoReturn:
        self._open.close()
        self._tell("fault.refused", {**self._about(), "reasons": reasons})
        raise errors.FaultRefused(self.kind, self.host.name, reasons)

    def _arm_or_refuse(self) -> None:
        try:
            self._arm(self.deadline)
        except errors.ChaosError as exc:
            reasons = [f"{exc}."]
            try:
                self.recover(Deadline.after(UNARMED_SECONDS))
            except errors.ChaosError as left:
                reasons.append(f"{left}.")
            self._refuse(reasons)
        self._note("armed")
        self._tell("fault.armed", self._about())

    def _qualify(self, deadline: Deadline) -> list[str]:
        """Let all witnesses look at the living host; who cannot see it alive is no witness."""
        self.readings = self._look(deadline, "precheck")
        self._qualified = frozenset(one.witness for one in self.readings if one.says == "alive")
        if witnesses.proved(self.readings, "alive", self._qualified):
            return []
        seen = "; ".join(f"{one.witness}: {one.says}, {one.detail}" for one in self.readings)
        return [
            f"Fewer than {QUORUM} witnesses that do not hang on the driver {self.driver} see "
            f"{self.host.name} alive, so what becomes of it could not be proved ({seen})."
        ]

    def _confirm(self) -> None:
        for _ in self.deadline.within(self.confirm_within).ticks(LOOK_INTERVAL):
            # Each look gets the time it needs: a hurried one could not tell silence from haste.
            self.readings = self._look(self.deadline, "confirm")
            if witnesses.proved(self.readings, "dead", self._qualified):
                self.verdict = "injected"
                break
        text = "\n".join(f"{one.witness}: {one.says} ({one.detail})" for one in self.readings)
        self.addDetail(f"{self.kind}-witnesses", content.text_content(text))

    def _look(self, deadline: Deadline, phase: str) -> tuple[WitnessReading, ...]:
        readings = witnesses.look_all(self._witnesses, deadline, driver=self.driver)
        for one in readings:
            self._tell("fault.reading", {**self._about(), **vars(one), "phase": phase})
        return readings

    def _about(self) -> dict[str, Any]:
        entry = self._entry.id if self._entry else ""
        return {
            "entry": entry,
            "fault": self.kind,
            "host": self.host.name,
            "via": self.driver,
        }

    def _note(self, event: str) -> None:
        assert self._entry is not None
        try:
            self.run.journal.note(self._entry, event)
        except errors.JournalError as exc:
            # The entry itself is on the disk: the host can be brought back without this line.
            self._tell("fault.journal_failed", {**self._about(), "error": exc.found})

    def _tell(self, kind: str, data: Mapping[str, Any]) -> None:
        LOG.debug("%s %s", kind, dict(data))
        if self._observe is None:
            return
        try:
            self._observe(kind, dict(data))
        except Exception:
            # A record that fails must not keep a host from being brought back.
            LOG.exception("the observer of %s failed", kind)
