# SPDX-License-Identifier: Apache-2.0
"""``migration-chaos lab bmc``."""

import argparse

from cliff.command import Command

from lab.bmc import settings
from lab.bmc.behaviours import ALL, REFUSES, SAYS, UNREACHABLE, Behaviour, BehaviourError
from lab.cli import add_name
from lab.lifecycle.building import Lab, LabError


class Bmc(Command):
    """Make the BMC of a host misbehave, over IPMI and Redfish alike, until something else is set.

    What is set takes the place of what was set before, and is in force when the command returns.
    Without any of it, the command only says how the BMC behaves.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options."""
        parser = super().get_parser(prog_name)
        add_name(parser)
        parser.add_argument("host", metavar="HOST", help="whose BMC: compute1, compute2, ...")
        parser.add_argument("--honest", action="store_true", help="nothing is wrong with it")
        parser.add_argument(
            "--slow", type=float, metavar="SECONDS", help="every answer is late by so much"
        )
        parser.add_argument(
            "--says", choices=SAYS, help="it reports this power state whatever is true"
        )
        parser.add_argument(
            "--ignore",
            type=_count,
            metavar="N|all",
            help="so many power commands are accepted and nothing is done",
        )
        parser.add_argument(
            "--refuse",
            choices=REFUSES,
            help="privilege: power commands, for want of privilege; busy: everything; login: the "
            "right user and password",
        )
        parser.add_argument(
            "--unreachable",
            nargs="?",
            const="silent",
            choices=UNREACHABLE,
            help="no packet is answered (silent, if nothing is said), or nothing listens (closed)",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Set it, or say it."""
        lab = Lab(parsed_args.name)
        engine = lab.engine()
        config = engine.bmc_config(parsed_args.host)
        if not engine.outer.alive:
            raise LabError(
                f"The lab {lab.name!r} is not up; start it with: migration-chaos lab up"
            )
        chosen = {
            "slow": parsed_args.slow,
            "says": parsed_args.says,
            "ignores": parsed_args.ignore,
            "refuses": parsed_args.refuse,
            "unreachable": parsed_args.unreachable,
        }
        wanted = {name: value for name, value in chosen.items() if value is not None}
        if parsed_args.honest and wanted:
            raise BehaviourError("--honest goes with nothing else: it takes all the rest back.")
        if parsed_args.honest or wanted:
            settings.apply(config, Behaviour(**wanted))
        print(f"The BMC of {parsed_args.host}: {settings.current(config)}")


def _count(text: str) -> int:
    if text == "all":
        return ALL
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is neither a number nor all")
    return int(text)
