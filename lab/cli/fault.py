# SPDX-License-Identifier: Apache-2.0
"""``migration-chaos lab fault cut|drop|fill|lose|clear``: faults of the lab's cables and disks."""

import argparse
import datetime

from cliff.command import Command
from cliff.lister import Lister
from cliff.show import ShowOne

from lab.cli import add_name
from lab.core.engine import RUNNER
from lab.faults import all as faults
from lab.faults import cut, drop, full, losing
from lab.faults.fault import Fault, FaultError
from lab.hosts.engine import LabEngine
from lab.lifecycle.building import Lab, LabError
from lab.model.networks import INTERFACES
from lab.model.plan import Host

COLUMNS = ("Fault", "Host", "What")


def _rows(found: list[Fault]) -> list[tuple[str, str, str]]:
    return [(fault.kind, fault.host, fault.what) for fault in found]


def _alive(name: str) -> LabEngine:
    engine = Lab(name).engine()
    if not engine.outer.alive:
        raise LabError(f"The lab {name!r} has ended: migration-chaos lab up makes it anew.")
    return engine


def _host(parser: argparse.ArgumentParser) -> None:
    add_name(parser)
    parser.add_argument("host", metavar="HOST", help="the host's name: compute1, control, ...")


def _found(parsed: argparse.Namespace) -> tuple[LabEngine, Host]:
    engine = _alive(parsed.name)
    return engine, engine.plan.host(parsed.host)


def _networks(text: str) -> list[str]:
    return [word for word in text.split(",") if word]


class Cut(Lister):
    """Cut a host's cables: nothing passes, in either direction, until the fault is cleared.

    Networks that are not named are not disturbed. A cut cable stays cut when the host is switched
    off and on.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options."""
        parser = super().get_parser(prog_name)
        _host(parser)
        parser.add_argument(
            "--network",
            type=_networks,
            default=[],
            metavar="NAME[,NAME]",
            help=f"which: {', '.join(INTERFACES)} (default: all that the host has)",
        )
        parser.add_argument(
            "--from",
            dest="other",
            metavar="OTHER",
            help=f"only what is between the host and this one ({RUNNER}: where the tests run)",
        )
        return parser

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[tuple[str, ...], list[tuple[str, str, str]]]:
        """Cut, and return what is cut."""
        engine, host = _found(parsed_args)
        return COLUMNS, _rows(cut.cut(engine, host, parsed_args.network, parsed_args.other))


class Drop(ShowOne):
    """Drop everything on one link of a host for an exact time, and measure how long it was.

    Returns when the link is whole again. Times are those of this machine's monotonic clock, in
    seconds, by which a measured gap can be compared; ``begin wall`` is the same moment by the wall
    clock. ``seen ms`` is what frames said that went over the link every millisecond.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options."""
        parser = super().get_parser(prog_name)
        _host(parser)
        parser.add_argument(
            "--network", required=True, metavar="NAME", help=f"of: {', '.join(INTERFACES)}"
        )
        parser.add_argument(
            "--ms", type=float, required=True, metavar="K", help="for so many milliseconds"
        )
        parser.add_argument(
            "--after", type=float, default=0.0, metavar="S", help="begin S seconds from now"
        )
        return parser

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[tuple[str, ...], tuple[object, ...]]:
        """Drop, and return what was dropped."""
        engine, host = _found(parsed_args)
        seconds, after = parsed_args.ms / 1000, parsed_args.after
        dropped = drop.drop(engine, host, parsed_args.network, seconds, after)
        wall = datetime.datetime.fromtimestamp(dropped.begin_wall, datetime.UTC)
        shown = {
            "host": host.name,
            "network": parsed_args.network,
            "begin wall": wall.isoformat(timespec="milliseconds"),
            "begin": round(dropped.begin, 6),
            "end": round(dropped.end, 6),
            "ms": round(dropped.length * 1000, 3),
            "error ms": round(dropped.error * 1000, 3),
            "seen ms": round((dropped.seen or 0.0) * 1000, 3),
            "frames lost": f"{dropped.lost} of {dropped.sent}",
        }
        return tuple(shown), tuple(shown.values())


class Fill(Lister):
    """Fill a host's disk up, with something that the host can neither see nor delete."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options."""
        parser = super().get_parser(prog_name)
        _host(parser)
        parser.add_argument(
            "--leave", type=int, default=0, metavar="MIB", help="leave so much free (default: 0)"
        )
        return parser

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[tuple[str, ...], list[tuple[str, str, str]]]:
        """Fill it."""
        engine, host = _found(parsed_args)
        return COLUMNS, _rows([full.fill(engine, host, parsed_args.leave)])


class Lose(Lister):
    """Let guests' disks lose, when their host loses its power, what they had acknowledged.

    It holds for guests that are started on the host, or moved to it, afterwards.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options."""
        parser = super().get_parser(prog_name)
        _host(parser)
        return parser

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[tuple[str, ...], list[tuple[str, str, str]]]:
        """Switch it on."""
        engine, host = _found(parsed_args)
        return COLUMNS, _rows([losing.lose(engine, host)])


class Clear(Command):
    """Undo faults: all that concern a host, or all there are."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options."""
        parser = super().get_parser(prog_name)
        add_name(parser)
        parser.add_argument("host", nargs="?", metavar="HOST", help="only this host's")
        parser.add_argument("--all", action="store_true", help="those of all hosts")
        parser.add_argument(
            "--only",
            choices=tuple(faults.KINDS),
            action="append",
            help="only faults of this kind (repeatable)",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Clear, and say what was cleared."""
        if parsed_args.all == bool(parsed_args.host):
            raise FaultError("Say what to clear: a host's name, or --all.")
        engine = _alive(parsed_args.name)
        host = engine.plan.host(parsed_args.host).name if parsed_args.host else None
        cleared = faults.clear(engine, host, parsed_args.only or tuple(faults.KINDS))
        for fault in cleared:
            print(f"cleared: {fault.kind} {fault.host} {fault.what}")
        if not cleared:
            print("There was nothing to clear.")
