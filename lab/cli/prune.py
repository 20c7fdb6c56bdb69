# SPDX-License-Identifier: Apache-2.0
"""``migration-chaos lab prune``."""

import argparse

from cliff.command import Command

from lab.core.cache import Cache
from lab.lifecycle import pruning


class Prune(Command):
    """Remove from the cache what no lab uses and this version of the lab would not use again."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--dry-run", action="store_true", help="remove nothing, only say what would go"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Remove it, and print each thing and the room."""
        freed = pruning.prune(
            Cache(), pruning.wanted(), print, dry_run=parsed_args.dry_run
        )
        will = "Pruning would free" if parsed_args.dry_run else "Freed"
        print(f"{will} {freed / (1 << 20):.0f} MiB.")
