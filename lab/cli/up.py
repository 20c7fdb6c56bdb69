# SPDX-License-Identifier: Apache-2.0
"""``migration-chaos lab up``."""

import argparse
import os
import sys
from pathlib import Path

from cliff.command import Command

from lab.breaking import read_defect
from lab.building import Lab
from lab.cli import add_name
from lab.core.steps import Progress


class Up(Command):
    """Make a real, small OpenStack on this machine, with compute hosts that can be killed."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options."""
        parser = super().get_parser(prog_name)
        add_name(parser)
        parser.add_argument(
            "--hosts", type=int, default=4, metavar="N", help="compute hosts (default: 4)"
        )
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
        """Make it, telling each step."""
        lab = Lab(parsed_args.name)
        defects = [read_defect(path) for path in parsed_args.defect]
        progress = Progress(lab.cache.folder / "durations.json")
        try:
            lab.make(parsed_args.hosts, progress, defects)
        except KeyboardInterrupt:
            progress.say("interrupted: `lab up` starts afresh, `lab down` removes what there is")
            sys.stdout.flush()
            # Not by way of the interpreter's end, which would wait for the steps' threads.
            os._exit(130)
        print(f"The lab is up. What the suite needs to know of it: {lab.product}")
        print("Run something in it:  migration-chaos lab exec -- CMD")
