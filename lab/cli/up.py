# SPDX-License-Identifier: Apache-2.0
"""``migration-chaos lab up``."""

import argparse
import os
import sys
from pathlib import Path

from cliff.command import Command

from lab import remedies
from lab.cli import add_name
from lab.core.steps import Progress
from lab.lifecycle import patching
from lab.lifecycle.building import Lab
from lab.loading.patch import read_defects
from lab.model.choices import BACKENDS, DRIVERS, SHARED, Choices, extras, releases


class Up(Command):
    """Make a real, small OpenStack on this machine, with compute hosts that can be killed."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options."""
        parser = super().get_parser(prog_name)
        add_name(parser)
        _add_choices(parser)
        parser.add_argument(
            "--defect",
            action="append",
            default=[],
            type=Path,
            metavar="FILE.py",
            help="break the cloud on purpose with this file (repeatable; see lab/defects)",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Make it, and print each step."""
        lab = Lab(parsed_args.name)
        defects = read_defects(parsed_args.defect)
        choices = _choices(parsed_args)
        patching.check(choices, defects)
        progress = Progress(lab.cache.folder / "durations.json")
        try:
            lab.make(choices, progress, defects)
        except KeyboardInterrupt:
            progress.say("interrupted: `lab up` starts afresh, `lab down` removes what there is")
            sys.stdout.flush()
            # Not by way of the interpreter's end, which would wait for the steps' threads.
            os._exit(130)
        print(f"The lab is up. What the suite needs to know of it: {lab.product}")
        print("Run something in it:  migration-chaos lab exec -- CMD")


def _add_choices(parser: argparse.ArgumentParser) -> None:
    usual = Choices()
    parser.add_argument(
        "--hosts",
        type=int,
        default=usual.hosts,
        metavar="N",
        help=f"compute hosts (default: {usual.hosts})",
    )
    parser.add_argument(
        "--release",
        default=usual.release,
        choices=releases(),
        help=f"of OpenStack (default: {usual.release})",
    )
    parser.add_argument(
        "--shared",
        default=usual.shared,
        choices=SHARED,
        help="where instances on shared storage live: on Ceph, or in a folder that the hosts"
        f" share (default: {usual.shared})",
    )
    parser.add_argument(
        "--driver",
        default=usual.driver,
        choices=DRIVERS,
        help=f"Nova's compute driver; fake has no guests at all (default: {usual.driver})",
    )
    parser.add_argument(
        "--backend",
        action="append",
        choices=BACKENDS,
        help="of Cinder; repeatable, the first is the default one"
        f" (default: {' '.join(usual.backends)})",
    )
    parser.add_argument(
        "--with",
        action="append",
        dest="extras",
        default=[],
        choices=extras(),
        help="a service beyond those every lab has (repeatable)",
    )
    parser.add_argument(
        "--without-remedy",
        action="append",
        default=[],
        metavar="NAME",
        help="leave out what makes up for a bug of the published services (repeatable; see"
        " `lab remedy list` for their names)",
    )


def _choices(parsed: argparse.Namespace) -> Choices:
    return Choices(
        hosts=parsed.hosts,
        release=parsed.release,
        shared=parsed.shared,
        driver=parsed.driver,
        backends=tuple(parsed.backend or Choices().backends),
        extras=tuple(parsed.extras),
        without=remedies.named(parsed.without_remedy),
    )
