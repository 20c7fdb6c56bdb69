# SPDX-License-Identifier: Apache-2.0
"""``migration-chaos lab bench``."""

import argparse
import contextlib
import sys

from cliff.lister import Lister

from lab.core.cache import Cache
from lab.lifecycle import bench
from lab.lifecycle.building import Lab, LabError
from lab.model.choices import Choices

NAME = "bench"

Row = tuple[str, str, str, str, str, str]


class Bench(Lister):
    """Measure how long it takes to make and to reset a lab, and what an idle one takes.

    Makes a lab of its own, called bench, and removes it again. With everything cached first; the
    way from nothing, which downloads and builds all there is, only if asked for.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options."""
        parser = super().get_parser(prog_name)
        usual = Choices().hosts
        parser.add_argument(
            "--computes",
            dest="hosts",
            type=int,
            default=usual,
            help=f"compute hosts (default: {usual})",
        )
        parser.add_argument("--cold", action="store_true", help="also from nothing: a new cache")
        parser.add_argument("--no-warm", action="store_true", help="leave out all but --cold")
        parser.add_argument(
            "--repeat",
            type=int,
            default=1,
            help="how often a lab is made warm; the median counts (default: 1)",
        )
        parser.add_argument(
            "--idle",
            type=float,
            default=60,
            metavar="SECONDS",
            help="how long the idle lab is watched (default: 60)",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[tuple[str, ...], list[Row]]:
        """Measure; progress goes to standard error."""
        if parsed_args.repeat < 1 or parsed_args.idle <= 0:
            raise LabError("--repeat is 1 or more, --idle more than 0 seconds.")
        cache = Cache()
        if Lab(NAME, cache).state:
            raise LabError(
                f"There is a lab {NAME!r}, perhaps of a benchmark that was ended: "
                f"remove it with migration-chaos lab down --name {NAME}"
            )
        choices = Choices(hosts=parsed_args.hosts)
        with contextlib.redirect_stdout(sys.stderr):
            bench_of = bench.Bench(NAME, choices, cache)
            measures = bench.machine()
            if not parsed_args.no_warm:
                measures += bench_of.warm(parsed_args.repeat, parsed_args.idle)
            if parsed_args.cold:
                measures += bench_of.cold()
        return ("Measure", "Of", "Value", "Unit", "Aim", "Met"), [_row(each) for each in measures]


def _row(measure: bench.Measure) -> Row:
    return (
        measure.name,
        measure.of or "all",
        f"{measure.value:.{1 if measure.value >= 1 else 2}f}".removesuffix(".0"),
        measure.unit,
        "" if measure.aim is None else f"< {measure.aim:.0f}",
        "" if measure.met is None else ("yes" if measure.met else "no"),
    )
