# SPDX-License-Identifier: Apache-2.0
"""``migration-chaos inject``: inject a fault into one host, hold it, and recover the host.

The same contract as in a run of the suite: checked, written down, proved, recovered, whatever
becomes of this process.
"""

import argparse
import os
import re
import signal
import sys
import time
from dataclasses import dataclass
from typing import Any

from cliff.show import ShowOne

from chaos import errors
from chaos.cli import options
from chaos.cli.output import OK, PROBLEM, JsonCommand, Output
from chaos.deadline import Deadline
from chaos.faults import KINDS, Fault, Option, make_fault
from chaos.guard import Guard
from chaos.inventory import load_inventory
from chaos.journal import StateFolder
from chaos.run import Run
from chaos.signal_event import SignalEvent
from chaos.witnesses import Observation

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}

# So long after the end of the holding the host recovers by itself, if nobody has done it.
TIMER_LATER = 120.0

WOULD = "would be injected"
COLUMNS = ("host", "fault", "driver", "verdict", "witnesses", "held", "recovered", "found")


def seconds(text: str) -> float:
    """Read a time like ``90s``, ``5m``, ``90``.

    :raises argparse.ArgumentTypeError: if it is none
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write 90s, 5m or 1h")
    return float(found[1]) * _UNITS[found[2]]


@dataclass(frozen=True)
class Outcome:
    """What became of a fault, or would.

    :ivar driver: what injected it; "" if that was never known
    :ivar verdict: ``injected``, ``unknown``, ``refused``, ``would be injected``
    :ivar held: seconds, or None if it was never injected
    :ivar recovered: None if there was nothing to recover from
    :ivar closed: False if the journal's entry could not be closed
    :ivar flaw: what was not as it was to be although the fault was proved
    :ivar error: why the injection failed, in the words of the BMC or the host; "" if it did not
    """

    host: str
    fault: str
    driver: str
    verdict: str
    observations: tuple[Observation, ...] = ()
    reasons: tuple[str, ...] = ()
    held: float | None = None
    recovered: bool | None = None
    found: str = ""
    journal: str = ""
    closed: bool = True
    flaw: str = ""
    error: str = ""

    def _why(self) -> str:
        """Say why the fault was not proved, or what was said although it was."""
        if self.verdict == "unknown":
            seen = ", ".join(f"{one.witness}: {one.detail}" for one in self.observations)
            return f"not proved: {self.error or seen}"
        return self.error

    def output(self) -> Output:
        """Return it as a table and as a document."""
        document = {
            "host": self.host,
            "fault": self.fault,
            "driver": self.driver,
            "verdict": self.verdict,
            "witnesses": [
                {"witness": one.witness, "says": one.says, "detail": one.detail}
                for one in self.observations
            ],
            "reasons": list(self.reasons),
            "held_seconds": self.held,
            "recovered": self.recovered,
            "found": self.found,
            "flaw": self.flaw,
            "inject_error": self.error,
            "journal": self.journal,
        }
        says = ", ".join(f"{one.witness} {one.says}" for one in self.observations)
        row = (
            self.host,
            self.fault,
            self.driver,
            self.verdict,
            says,
            "" if self.held is None else f"{self.held:.1f} s",
            {True: "yes", False: "NO", None: ""}[self.recovered],
            "; ".join(
                filter(None, (self._why(), self.flaw, self.found or " ".join(self.reasons)))
            ),
        )
        good = self.verdict == WOULD or (self.verdict == "injected" and self.recovered)
        well = good and self.closed and not self.flaw
        return Output(document, COLUMNS, row, OK if well else PROBLEM)


def _dry_run(fault: Fault) -> Outcome:
    reasons = tuple(fault.why_not())
    return Outcome(
        fault.host.name,
        fault.kind,
        fault.driver,
        "refused" if reasons else WOULD,
        fault.observations,
        reasons,
        found="" if reasons else "nothing speaks against it; nothing was touched",
    )


class Inject(JsonCommand, ShowOne):
    """Inject a fault into one host of the hosts file, hold it for a time, and recover the host.

    The first Ctrl-C ends the holding; the second ends this process, and the keeper recovers the
    host. Exit status 1 if the fault is refused, is not proved, or the host is not recovered.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options of this command."""
        parser = super().get_parser(prog_name)
        parser.add_argument("fault", metavar="FAULT", choices=sorted(KINDS), help=_kinds())
        parser.add_argument("host", metavar="HOST", help="its name in the hosts file")
        options.add_hosts(parser)
        options.add_state(parser)
        parser.add_argument(
            "--for",
            dest="duration",
            type=seconds,
            default=None,
            metavar="TIME",
            help="how long, like 90s or 5m (default: until Ctrl-C)",
        )
        for option, text in _options():
            if option.flag:
                parser.add_argument(
                    option.option, action="store_const", const="yes", default="", help=text
                )
            else:
                parser.add_argument(option.option, default="", metavar="WHAT", help=text)
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="check everything that can be checked, and touch nothing",
        )
        parser.add_argument(
            "--timeout",
            type=seconds,
            default=900.0,
            metavar="TIME",
            help="how long the host may take to be back (default: 15m)",
        )
        return parser

    def execute(self, parsed_args: argparse.Namespace) -> Output:
        """Inject, hold, recover."""
        inventory = load_inventory(parsed_args.hosts)
        host = inventory.host(parsed_args.host)
        run = Run(inventory, state=StateFolder(parsed_args.state))
        driver = ""
        try:
            fault = make_fault(
                parsed_args.fault,
                host,
                _texts(parsed_args),
                run=run,
                deadline=Deadline.after(parsed_args.timeout),
                on_event=_print_event,
                guard=Guard(),
            )
            driver = fault.driver
            if parsed_args.dry_run:
                return _dry_run(fault).output()
            return self._inject(fault, run, parsed_args).output()
        except errors.FaultRefused as exc:
            return Outcome(exc.host, exc.fault, driver, "refused", reasons=exc.reasons).output()

    def _inject(self, fault: Fault, run: Run, parsed_args: argparse.Namespace) -> Outcome:
        with Interrupts() as interrupted, run:
            fault.setUp()
            began = time.monotonic()
            interrupted.wait(parsed_args.duration)
            held = time.monotonic() - began
            found, recovered = "recovered, and seen to be", True
            try:
                fault.recover(Deadline.after(parsed_args.timeout))
                found = fault.not_closed or str(fault.recovered.get("found") or found)
                fault.cleanUp()
            except errors.ChaosError as exc:
                found, recovered = str(exc), False
        return Outcome(
            fault.host.name,
            fault.kind,
            fault.driver,
            fault.verdict,
            fault.observations,
            held=held,
            recovered=recovered,
            found=found,
            journal=str(run.journal.path),
            closed=not fault.not_closed,
            flaw=fault.flaw,
            error=fault.error,
        )


def _print_event(kind: str, data: dict[str, Any]) -> None:
    if kind == "fault.observation":
        return
    words = {
        "fault.injecting": f"{data.get('fault')} of {data.get('host')}",
        "fault.inject_failed": str(data.get("error", "")),
    }
    text = f"{kind.removeprefix('fault.')}: {words.get(kind, '')}".rstrip(": ")
    print(text, file=sys.stderr, flush=True)


class Interrupts:
    """The first interrupt ends a waiting, the second the process."""

    def __init__(self) -> None:
        self._interrupted = SignalEvent()

    def __enter__(self) -> "Interrupts":
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)

    def wait(self, hold: float | None) -> None:
        """Wait for an interrupt, so many seconds at the most."""
        self._interrupted.wait(hold)

    def _note(self, *_: object) -> None:
        if self._interrupted.is_set:
            print("ended; its keeper recovers the host", file=sys.stderr, flush=True)
            os._exit(130)
        self._interrupted.set()


def _kinds() -> str:
    return "; ".join(f"{name}: {kind.summary}" for name, kind in sorted(KINDS.items()))


def _options() -> list[tuple[Option, str]]:
    """Return every option of every fault once, with what it is for."""
    of: dict[str, list[str]] = {}
    every: dict[str, Option] = {}
    for name, kind in sorted(KINDS.items()):
        for option in kind.options:
            of.setdefault(option.name, []).append(name)
            every[option.name] = option
    found = []
    for name, option in every.items():
        default = f" (default: {option.default})" if option.default else ""
        found.append((option, f"of {', '.join(of[name])}: {option.values}{default}"))
    return found


def _texts(parsed_args: argparse.Namespace) -> dict[str, str]:
    """Return what was given for the options of faults; one that is not the fault's is refused."""
    given = {option.name: getattr(parsed_args, option.name) for option, _ in _options()}
    texts = {name: text for name, text in given.items() if text}
    own = {option.name: option for option in KINDS[parsed_args.fault].options}
    hold = parsed_args.duration
    if "recover_after" in own and "recover_after" not in texts and hold is not None:
        # The host must not recover by itself before the time that was asked for is over.
        usual = own["recover_after"].read(own["recover_after"].default)
        texts["recover_after"] = f"{max(usual, hold + TIMER_LATER):.0f}s"
    return texts
