# SPDX-License-Identifier: Apache-2.0
"""``migration-chaos lab build``."""

import argparse
import sys
from pathlib import Path

from cliff.show import ShowOne

from lab.cli.choosing import add_built_choices
from lab.core import tools
from lab.core.cache import Cache
from lab.core.steps import Progress, run_steps
from lab.lifecycle import requirements
from lab.lifecycle.ingredients import ROOTFS, Ingredients
from lab.model.choices import Choices


class Build(ShowOne):
    """Build what labs are made from, unless it is there, and show where it is.

    ``lab up`` does so too. Progress goes to standard error.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options."""
        parser = super().get_parser(prog_name)
        add_built_choices(parser)
        parser.add_argument(
            "--only-rootfs", action="store_true", help="nothing but the root file system"
        )
        parser.add_argument(
            "--tools",
            type=Path,
            metavar="FOLDER",
            help="put commands of the root file system into this folder, for this machine to run:"
            f" {', '.join(tools.FOR_TESTS)}",
        )
        return parser

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Build, and return where each is."""
        cache = Cache()
        requirements.check_building(cache.folder)
        chosen = Choices(release=parsed_args.release, extras=tuple(parsed_args.extras))
        ingredients = Ingredients(chosen, cache)
        steps = [
            step
            for step in ingredients.steps()
            if step.name == ROOTFS or not parsed_args.only_rootfs
        ]
        progress = Progress(cache.folder / "durations.json", sys.stderr)
        run_steps(steps, progress, cache.check_room)
        if parsed_args.tools:
            tools.write(ingredients.rootfs, parsed_args.tools, tools.FOR_TESTS)
        paths = {
            "rootfs": ingredients.rootfs,
            "template": ingredients.template,
            "guest": ingredients.guest,
        }
        built = {name: str(path) for name, path in paths.items() if path.exists()}
        return tuple(built), tuple(built.values())
