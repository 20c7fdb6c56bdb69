# SPDX-License-Identifier: Apache-2.0
"""``migration-chaos inject``: harm one host, hold it so, and put it right again.

The same contract as in a run of the suite: checked, written down, proved, undone, whatever becomes
of this process.
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

from chaos import errors, faults
from chaos.cli import options
from chaos.cli.output import NOT_WELL, WELL, TellingCommand, Told
from chaos.deadline import Deadline
from chaos.faults.contract import Fault
from chaos.guard import Guard
from chaos.inventory import load_inventory
from chaos.journal.state import StateFolder
from chaos.run import Run
from chaos.signal_event import Flag
from chaos.witnesses import WitnessReading

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}

# So long after the end of the holding the host undoes a fault by itself, if nobody has.
OWN_UNDO_LATER = 120.0

WOULD = "would be injected"
COLUMNS = ("host", "fault", "verdict", "witnesses", "held", "recovered", "found")


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

    :ivar verdict: ``injected``, ``unknown``, ``refused``, ``would be injected``
    :ivar held: seconds, or None if it was never injected
    :ivar recovered: None if there was nothing to undo
    :ivar noted: False if the journal could not be told that it is undone
    """

    host: str
    fault: str
    verdict: str
    readings: tuple[WitnessReading, ...] = ()
    reasons: tuple[str, ...] = ()
    held: float | None = None
    recovered: bool | None = None
    found: str = ""
    journal: str = ""
    noted: bool = True

    def told(self) -> Told:
        """Return it as a table and as a document."""
        document = {
            "host": self.host,
            "fault": self.fault,
            "verdict": self.verdict,
            "witnesses": [
                {"witness": one.witness, "says": one.says, "detail": one.detail}
                for one in self.readings
            ],
            "reasons": list(self.reasons),
            "held_seconds": self.held,
            "recovered": self.recovered,
            "found": self.found,
            "journal": self.journal,
        }
        said = ", ".join(f"{one.witness} {one.says}" for one in self.readings)
        row = (
            self.host,
            self.fault,
            self.verdict,
            said,
            "" if self.held is None else f"{self.held:.1f} s",
            {True: "yes", False: "NO", None: ""}[self.recovered],
            self.found or " ".join(self.reasons),
        )
        good = self.verdict == WOULD or (self.verdict == "injected" and self.recovered)
        good = good and self.noted
        return Told(document, COLUMNS, row, WELL if good else NOT_WELL)


def _would(fault: Fault) -> Told:
    reasons = tuple(fault.why_not())
    verdict = "refused" if reasons else WOULD
    found = "" if reasons else "nothing speaks against it; nothing was touched"
    return Outcome(
        fault.host.name, fault.kind, verdict, fault.readings, reasons, found=found
    ).told()


class Inject(TellingCommand, ShowOne):
    """Harm one host of the hosts file, hold it so for a time, and put it right again.

    The first Ctrl-C ends the holding; the second ends this process, and the keeper puts the host
    right. Exit status 1 if the fault is refused, is not proved, or is not undone.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options of this command."""
        parser = super().get_parser(prog_name)
        parser.add_argument("fault", metavar="FAULT", choices=sorted(faults.KINDS), help=_kinds())
        parser.add_argument("host", metavar="HOST", help="its name in the hosts file")
        options.add_hosts(parser)
        options.add_state(parser)
        parser.add_argument(
            "--for",
            dest="hold",
            type=seconds,
            default=None,
            metavar="TIME",
            help="how long, like 90s or 5m (default: until Ctrl-C)",
        )
        for option, text in _options():
            if option.flag:
                parser.add_argument(
                    f"--{option.word}", action="store_const", const="yes", default="", help=text
                )
            else:
                parser.add_argument(f"--{option.word}", default="", metavar="WHAT", help=text)
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
            help="how long the host may take to be well again (default: 15m)",
        )
        return parser

    def tell(self, parsed_args: argparse.Namespace) -> Told:
        """Inject, hold, recover."""
        inventory = load_inventory(parsed_args.hosts)
        host = inventory.host(parsed_args.host)
        run = Run(inventory, state=StateFolder(parsed_args.state))
        try:
            fault = faults.make(
                parsed_args.fault,
                host,
                _words(parsed_args),
                run=run,
                deadline=Deadline.after(parsed_args.timeout),
                observe=self._tell,
                guard=Guard(),
            )
            if parsed_args.dry_run:
                return _would(fault)
            return self._do(fault, run, parsed_args)
        except errors.FaultRefused as exc:
            return Outcome(exc.host, exc.fault, "refused", reasons=exc.reasons).told()

    def _do(self, fault: Fault, run: Run, parsed_args: argparse.Namespace) -> Told:
        with Interrupts() as interrupted, run:
            fault.setUp()
            began = time.monotonic()
            interrupted.wait(parsed_args.hold)
            held = time.monotonic() - began
            found, recovered = "undone, and seen to be", True
            try:
                fault.recover(Deadline.after(parsed_args.timeout))
                found = fault.not_noted or str(fault.seen.get("found") or found)
                fault.cleanUp()
            except errors.ChaosError as exc:
                found, recovered = str(exc), False
        return Outcome(
            fault.host.name,
            fault.kind,
            fault.verdict,
            readings=fault.readings,
            held=held,
            recovered=recovered,
            found=found,
            journal=str(run.journal.path),
            noted=not fault.not_noted,
        ).told()

    def _tell(self, kind: str, data: dict[str, Any]) -> None:
        if kind != "fault.reading":
            words = {"fault.injecting": f"{data.get('fault')} of {data.get('host')}"}
            print(f"{kind.removeprefix('fault.')}: {words.get(kind, '')}".rstrip(": "),
                  file=sys.stderr, flush=True)  # fmt: skip


class Interrupts:
    """The first interrupt ends a waiting, the second the process."""

    def __init__(self) -> None:
        self._flag = Flag()

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
        self._flag.wait(hold)

    def _note(self, *_: object) -> None:
        if self._flag.up:
            print("ended; its keeper puts the host right", file=sys.stderr, flush=True)
            os._exit(130)
        self._flag.put_up()


def _kinds() -> str:
    return "; ".join(f"{name}: {kind.summary}" for name, kind in sorted(faults.KINDS.items()))


def _options() -> list[tuple[faults.Option, str]]:
    """Return every option of every fault once, with what it is for."""
    of: dict[str, list[str]] = {}
    every: dict[str, faults.Option] = {}
    for name, kind in sorted(faults.KINDS.items()):
        for option in kind.options:
            of.setdefault(option.name, []).append(name)
            every[option.name] = option
    found = []
    for name, option in every.items():
        default = f" (default: {option.default})" if option.default else ""
        found.append((option, f"of {', '.join(of[name])}: {option.known}{default}"))
    return found


def _words(parsed_args: argparse.Namespace) -> dict[str, str]:
    """Return what was said for the fault's options; what is said and not known is refused."""
    said = {option.name: getattr(parsed_args, option.name) for option, _ in _options()}
    words = {name: word for name, word in said.items() if word}
    own = {option.name: option for option in faults.KINDS[parsed_args.fault].options}
    hold = parsed_args.hold
    if "undo_after" in own and "undo_after" not in words and hold is not None:
        # The host must not undo it before the time that was asked for is over.
        usual = own["undo_after"].read(own["undo_after"].default)
        words["undo_after"] = f"{max(usual, hold + OWN_UNDO_LATER):.0f}s"
    return words
