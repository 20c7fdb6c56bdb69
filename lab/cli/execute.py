# SPDX-License-Identifier: Apache-2.0
"""``migration-chaos lab exec``."""

import argparse
import os

from cliff.command import Command

from lab.cli import add_name
from lab.core.engine import RUNNER
from lab.lifecycle import building
from lab.outputs import products


class Execute(Command):
    """Run a command where the tests run (the lab's network), or on a host of the lab.

    Without a host the command runs in this machine's file system with only the lab's networks,
    and finds the lab's clouds.yaml.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options."""
        parser = super().get_parser(prog_name)
        add_name(parser)
        parser.add_argument(
            "words",
            nargs=argparse.REMAINDER,
            metavar="[HOST] -- CMD",
            help="the host's name (control, compute1, ...; none: the runner's side), the command",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Become the command."""
        lab = building.Lab(parsed_args.name)
        engine = lab.engine()
        words = list(parsed_args.words)
        host = RUNNER
        if words[1:2] == ["--"] and words[0] != RUNNER:
            host = engine.plan.host(words.pop(0)).name
        elif words and words[0] in (RUNNER, *(each.name for each in engine.plan.hosts)):
            host = words.pop(0)
        if words and words[0] == "--":
            words.pop(0)
        if not words:
            raise building.LabError("Say what to run: migration-chaos lab exec [HOST] -- CMD")
        if host != RUNNER and not engine.running(host):
            raise building.LabError(f"{host} is powered off.")
        command = engine.command(host, words)
        environment = dict(os.environ)
        if host == RUNNER:
            environment |= runner_environment(lab)
        os.execvpe(command[0], command, environment)


def runner_environment(lab: building.Lab) -> dict[str, str]:
    """Return what a command on the runner's side finds in its environment."""
    return {
        "OS_CLIENT_CONFIG_FILE": str(lab.product / "clouds.yaml"),
        "OS_CLOUD": products.CLOUD,
        # Journals of what is done to its hosts are of no use without them.
        "MIGRATION_CHAOS_STATE": str(lab.journals),
        "TEMPEST_CONFIG_DIR": str(lab.product),
        "TEMPEST_CONFIG": "tempest.conf",
        "PATH": os.pathsep.join([str(lab.folder / "tools"), os.environ.get("PATH", "")]),
    }
