# SPDX-License-Identifier: Apache-2.0
"""The contract of every fault, as a fixture: what is injected is recovered.

precheck -> journal -> (make ready) -> inject -> confirm -> (the caller's work) -> recover ->
confirm -> close. A fault of its own file fills in what to check, what to write down, and how to
inject; the order stands here once. Knows hosts, witnesses, the guard and the run.
"""

import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal, NoReturn, Protocol, TypeVar

import fixtures
from testtools import content

from chaos import errors, foreign
from chaos.deadline import Deadline
from chaos.guard import Guard
from chaos.inventory import Host
from chaos.journal import Entry
from chaos.recovery import recover_entry
from chaos.run import Run
from chaos.transport import HostShell, acts_as_root, read_identity
from chaos.transport.identity import not_root
from chaos.witnesses import Observation, Witness, for_host, observe_all, proved
from chaos.witnesses.protocol import QUORUM

LOG = logging.getLogger(__name__)

Verdict = Literal["injected", "unknown"]
OnEvent = Callable[[str, dict[str, Any]], None]

# A clean-up that nobody gave a deadline still ends: real servers need minutes to boot.
CLEANUP_SECONDS = 900.0
LOOK_INTERVAL = 0.25
# What was done to make ready, and failed, is taken back within this.
UNREADY_SECONDS = 60.0


class Closable(Protocol):
    """What a fault holds open to the host, and opens again by itself when it is used."""

    def close(self) -> None:
        """Let go of it."""


_Closable = TypeVar("_Closable", bound=Closable)


class Fault(fixtures.Fixture):
    """A fault of one host, or of something on it; :meth:`setUp` injects, clean-up recovers.

    :param host: the host
    :param run: the run it is injected in: where it is written down before, and who recovers the
        host if this process cannot
    :param deadline: for everything that :meth:`setUp` does
    :param on_event: called at every step with ``(kind, data)``, data being plain
    :param guard: the rules it has to pass; by default those of :class:`chaos.guard.Guard`
    :param witnesses: who looks; by default all that can look at the host
    :param confirm_within: seconds after the injection within which it has to be proved

    :ivar verdict: ``injected`` once proved, else ``unknown``
    :ivar observations: the last one of every witness; one that depends on the driver is marked
    :ivar recovered: what the recovery saw, as noted in the journal; empty before that
    :ivar error: why the injection failed as far as whoever injects it could tell, in the words of
        the BMC or the host; "" if it did not. It may have worked all the same
    :ivar flaw: what is not as it was to be although the fault is proved, in words; "" if nothing
    :ivar not_closed: why the journal's entry could not be closed after that, "" if it could
    :ivar t_injected: when it was injected, seconds of :func:`time.monotonic`, or None
    :ivar boot_id: the boot ID of the system that ran at the precheck, "" before that
    """

    kind: ClassVar[str]
    # The name of what recovers the host, in chaos.recovery.
    recovery: str
    # What is noted once the host has been made ready for it: "armed" if a timer of its own waits
    # that recovers it, "held" if a service is held back. "" if nothing is done beforehand.
    ready: str = ""
    # Witnesses without whose word it is not proved, whatever the others say.
    needed: ClassVar[frozenset[str]] = frozenset()

    def __init__(
        self,
        host: Host,
        *,
        run: Run,
        deadline: Deadline,
        on_event: OnEvent | None = None,
        guard: Guard | None = None,
        witnesses: tuple[Witness, ...] | None = None,
        confirm_within: float = 30.0,
    ) -> None:
        self.host = host
        self.run = run
        self.deadline = deadline
        self.guard = guard or Guard()
        self.confirm_within = confirm_within
        self.verdict: Verdict = "unknown"
        self.observations: tuple[Observation, ...] = ()
        self.recovered: dict[str, Any] = {}
        self.error = ""
        self.flaw = ""
        self.not_closed = ""
        self.t_injected: float | None = None
        self.boot_id = ""
        self._on_event = on_event
        self._witnesses = for_host(host) if witnesses is None else witnesses
        self._qualified: frozenset[str] = frozenset()
        self._entry: Entry | None = None
        self._over = False
        self._open = contextlib.ExitStack()

    # What a fault of its own fills in.

    @property
    def driver(self) -> str:
        """Name of the driver that injects it; witnesses that depend on it are no proof."""
        raise NotImplementedError

    def _precheck(self, deadline: Deadline) -> list[str]:
        """Return reasons why not; touch nothing. Called after the guard has seen the host."""
        raise NotImplementedError

    def _try_way_back(self, deadline: Deadline) -> list[str]:
        """Return reasons why not, found by trying what changes nothing; not done by a dry run."""
        return []

    def _journal_data(self) -> dict[str, Any]:
        """Return what the recovery needs to know, as plain data."""
        raise NotImplementedError

    def _make_ready(self, deadline: Deadline) -> None:
        """Do what has to be done on the host first, and see that it is; called if :attr:`ready`.

        :raises chaos.errors.ChaosError: if it is not seen to; nothing is injected then
        """

    def _inject(self, deadline: Deadline) -> None:
        """Inject it.

        :raises chaos.errors.ChaosError: if it did not work as far as can be seen
        """
        raise NotImplementedError

    # What all of them may use.

    def _closing(self, one: _Closable) -> _Closable:
        """Return it; it is closed when the fault is over, or refused."""
        self._open.callback(one.close)
        return one

    def _check_login(self, shell: HostShell, deadline: Deadline, *, root: bool) -> list[str]:
        """Return why the host may not be disturbed, by who it says it is and who is logged in.

        :raises chaos.errors.ShellError: if it cannot be asked
        """
        identity = read_identity(shell, deadline)
        self.boot_id = identity.boot_id
        reasons = self.guard.of_identity(self.host, identity)
        if not reasons and root and not acts_as_root(shell, deadline):
            reasons = [not_root(self.host)]
        return reasons

    def _check_witnesses(self, deadline: Deadline) -> list[str]:
        """Let all look before the fault; who does not see the state before is no witness."""
        self.observations = self._observe(deadline, "precheck")
        self._qualified = frozenset(
            one.witness for one in self.observations if one.in_effect is False
        )
        if proved(self.observations, False, self._qualified):
            return []
        seen = "; ".join(f"{one.witness}: {one.says}, {one.detail}" for one in self.observations)
        return [
            f"Fewer than {QUORUM} witnesses that do not depend on the driver {self.driver} see "
            f"{self.host.name} well before the fault, so it could not be proved ({seen})."
        ]

    # The contract.

    def why_not(self) -> list[str]:
        """Return every reason that speaks against it now, and touch nothing."""
        return self._reasons(self._allowed_and_checked)

    def _allowed_and_checked(self) -> list[str]:
        reasons = self.guard.of_inventory(self.host)
        if not reasons:
            with self.run.exclusive() as runs:
                reasons = self.guard.of_runs(self.host, runs)
        # Who is not allowed is not even logged in to.
        return reasons or self._precheck(self.deadline)

    def _reasons(self, find: Callable[[], list[str]]) -> list[str]:
        """Return the reasons that are found; what keeps them from being found is one."""
        try:
            with foreign.raised_as(errors.Unexpected, f"the precheck of {self.host.name}"):
                return find()
        except errors.ChaosError as exc:
            return [f"{exc}."]

    def setUp(self) -> None:
        """Check, write down, inject and confirm; returns for the verdict ``unknown`` too.

        :raises chaos.errors.FaultRefused: before anything is touched
        """
        # Refusals leave here as they are; what leaves _setUp, fixtures would wrap.
        self._refuse_or_journal()
        super().setUp()

    def _setUp(self) -> None:  # noqa: N802 - the name is fixtures'
        self.addCleanup(self._clean_up)
        about = self._about()
        self._emit("fault.injecting", about)
        self.t_injected = time.monotonic()
        try:
            with foreign.raised_as(errors.Unexpected, f"the injection into {self.host.name}"):
                self._inject(self.deadline)
        except errors.ChaosError as exc:
            # It may have worked all the same: the witnesses decide.
            self.error = exc.found
            why = {"error": exc.found, "expected": exc.expected, "remedy": exc.remedy}
            self._emit("fault.inject_failed", {**about, **why})
            # Whoever comes later, and has the journal only, is to know it too.
            self._note("inject_failed", why)
        self._confirm()
        self._note(self.verdict, {"error": self.error} if self.error else None)
        found = {
            "verdict": self.verdict,
            "error": self.error,
            "observations": [vars(x) for x in self.observations],
        }
        self._emit(f"fault.{self.verdict}", {**about, **found})

    def recover(self, deadline: Deadline) -> None:
        """Recover the host and see that it is recovered; does nothing if that is so already.

        :raises chaos.errors.NotRecovered: if the host is not seen to be back; call it again, or
            ``migration-chaos recover``
        """
        if self._over or self._entry is None:
            return
        try:
            self.recovered = recover_entry(
                self._entry, self.host, self.run.journal, deadline, self._emit
            )
        except errors.EntryNotClosed as exc:
            # The host is back, and that is what counts; the keeper closes the entry.
            self.recovered = exc.seen
            self.not_closed = exc.found
            self._emit("fault.journal_failed", {**self._about(), "error": exc.found})
        self._over = True

    def _clean_up(self) -> None:
        with self._open:
            self.recover(Deadline.after(CLEANUP_SECONDS))

    def _refuse_or_journal(self) -> None:
        reasons = self.why_not() or self._reasons(lambda: self._try_way_back(self.deadline))
        try:
            if not reasons:
                self.run.require_keeper()
                with self.run.exclusive() as runs:
                    # Asked again under the lock: another worker may have been faster.
                    reasons = self.guard.of_runs(self.host, runs)
                    if not reasons:
                        self._entry = self.run.journal.open_entry(
                            self.kind, self.host.name, self.recovery, self._journal_data()
                        )
        except errors.ChaosError as exc:
            reasons = [f"{exc}."]
        if reasons:
            self._refuse(reasons)
        self._emit("fault.journalled", self._about())
        if self.ready:
            self._make_ready_or_refuse()

    def _refuse(self, reasons: list[str]) -> NoReturn:
        self._open.close()
        self._emit("fault.refused", {**self._about(), "reasons": reasons})
        raise errors.FaultRefused(self.kind, self.host.name, reasons)

    def _make_ready_or_refuse(self) -> None:
        try:
            with foreign.raised_as(errors.Unexpected, f"making {self.host.name} ready"):
                self._make_ready(self.deadline)
        except errors.ChaosError as exc:
            reasons = [f"{exc}."]
            try:
                self.recover(Deadline.after(UNREADY_SECONDS))
            except errors.ChaosError as left:
                reasons.append(f"{left}.")
            self._refuse(reasons)
        self._note(self.ready)
        self._emit(f"fault.{self.ready}", self._about())

    def _confirm(self) -> None:
        for _ in self.deadline.within(self.confirm_within).ticks(LOOK_INTERVAL):
            # Each look gets the time it needs: in a hurried one an answer could be missed.
            self.observations = self._observe(self.deadline, "confirm")
            spoken = {one.witness for one in self.observations if one.in_effect}
            if proved(self.observations, True, self._qualified) and self.needed <= spoken:
                self.verdict = "injected"
                break
        text = "\n".join(f"{one.witness}: {one.says} ({one.detail})" for one in self.observations)
        if self.error:
            text = f"the injection failed: {self.error}\n{text}"
        self.addDetail(f"{self.kind}-witnesses", content.text_content(text))

    def _observe(self, deadline: Deadline, phase: str) -> tuple[Observation, ...]:
        observations = observe_all(self._witnesses, deadline, driver=self.driver)
        for one in observations:
            self._emit("fault.observation", {**self._about(), **vars(one), "phase": phase})
        return observations

    def _about(self) -> dict[str, Any]:
        entry = self._entry.id if self._entry else ""
        return {
            "entry": entry,
            "fault": self.kind,
            "host": self.host.name,
            "driver": self.driver,
        }

    def _note(self, event: str, data: Mapping[str, Any] | None = None) -> None:
        assert self._entry is not None
        try:
            self.run.journal.note(self._entry, event, data)
        except errors.JournalError as exc:
            # The entry itself is on the disk: the host can be brought back without this line.
            self._emit("fault.journal_failed", {**self._about(), "error": exc.found})

    def _emit(self, kind: str, data: Mapping[str, Any]) -> None:
        LOG.debug("%s %s", kind, dict(data))
        if self._on_event is None:
            return
        try:
            self._on_event(kind, dict(data))
        except Exception:
            # A record that fails must not keep a host from being brought back.
            LOG.exception("the handler of %s failed", kind)
