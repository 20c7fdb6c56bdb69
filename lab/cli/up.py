# SPDX-License-Identifier: Apache-2.0
"""``migration-chaos lab up``."""

import argparse
import os
import sys

from cliff.command import Command

from lab.cli import add_name
from lab.cli.choosing import add_choices, choices
from lab.core.steps import Progress
from lab.lifecycle import patching
from lab.lifecycle.building import Lab


class Up(Command):
    """Make a real, small OpenStack on this machine, with compute hosts that can be killed."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options."""
        parser = super().get_parser(prog_name)
        add_name(parser)
        add_choices(parser)
        parser.add_argument(
            "--defect",
            action="append",
            default=[],
            metavar="FILE.py|NAME",
            help="break the cloud on purpose with this file, or with one of those that `lab defect"
            " list` shows (repeatable)",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Make it, and print each step."""
        lab = Lab(parsed_args.name)
        defects = patching.named(parsed_args.defect)
        chosen = choices(parsed_args)
        patching.check(chosen, defects)
        progress = Progress(lab.cache.folder / "durations.json")
        try:
            lab.make(chosen, progress, defects)
        except KeyboardInterrupt:
            progress.say("interrupted: `lab up` starts afresh, `lab down` removes what there is")
            sys.stdout.flush()
            # Not by way of the interpreter's end, which would wait for the steps' threads.
            os._exit(130)
        print(f"The lab is up. What the suite needs to know of it: {lab.product}")
        print("Run something in it:  migration-chaos lab exec -- CMD")
