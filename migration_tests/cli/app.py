# SPDX-License-Identifier: Apache-2.0
"""The console command migration-chaos.

Its subcommands come from the entry points in "migration_chaos.cli", so that no package imports
another's commands; one that cannot be loaded does not harm the others. May not know: any
subcommand.
"""

from __future__ import annotations

import importlib.metadata
import logging
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from cliff.app import App
from cliff.commandmanager import CommandManager

DISTRIBUTION = "migration-chaos-tempest-plugin"
COMMANDS = "migration_chaos.cli"


class CommandLoadError(Exception):
    """A subcommand is known, but what it is made of cannot be imported."""


class Commands(CommandManager):
    """Finds subcommands; says which one cannot be loaded and for want of what."""

    def load_commands(self, namespace: str) -> None:
        """Note the commands of a namespace without importing any of them.

        cliff's own way imports all and forgets those that cannot be imported.
        """
        self.group_list.append(namespace)
        for entry in entries(namespace):
            self.commands[entry.name.replace("_", " ")] = entry

    def find_command(self, argv: list[str]) -> Any:
        """Return the command for the words of `argv`.

        :raises CommandLoadError: when it is known but cannot be imported.
        :raises ValueError: when there is no such command.
        """
        try:
            return super().find_command(argv)
        except ImportError as error:
            words = " ".join(word for word in argv if not word.startswith("-"))
            raise CommandLoadError(
                f"'migration-chaos {words}' cannot be loaded: {error}. The other commands work;"
                f" to mend this one, install {DISTRIBUTION} with all its requirements"
            ) from error


def entries(namespace: str) -> Iterable[importlib.metadata.EntryPoint]:
    """Return the entry points of a namespace, as installed."""
    return importlib.metadata.entry_points(group=namespace)


class MigrationChaos(App):
    """The application."""

    def __init__(self) -> None:
        super().__init__(
            description="Puts a cloud's promises about host failure and server moves on trial.",
            version=version(),
            command_manager=Commands(COMMANDS),
            deferred_help=True,
        )

    def interact(self) -> None:
        """Show the help where no command is named; cliff would open a prompt of its own."""
        self.run_subcommand(["help"])

    def configure_logging(self) -> None:
        """Log as cliff does, but let libraries speak only where details are asked for."""
        super().configure_logging()
        if self.options.verbose_level < 2:
            for library in ("paramiko", "stevedore", "keystoneauth"):
                logging.getLogger(library).setLevel(logging.WARNING)

    def run_subcommand(self, argv: list[str]) -> int:
        """Run a subcommand; return its exit status."""
        try:
            return int(super().run_subcommand(argv) or 0)
        except CommandLoadError as error:
            print(error, file=self.stderr)
            if self.options.debug:
                raise
            return 1


def version() -> str:
    """Return the version of the suite, as installed."""
    try:
        return importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of the console script; returns the exit status."""
    return int(MigrationChaos().run(sys.argv[1:] if argv is None else list(argv)) or 0)


if __name__ == "__main__":
    sys.exit(main())
