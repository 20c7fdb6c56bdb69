# SPDX-License-Identifier: Apache-2.0
"""``migration-chaos lab soak``."""

import argparse
import json
import os
import subprocess
import sys

from cliff.command import Command

from lab.cli import add_name
from lab.cli.execute import runner_environment
from lab.core.engine import RUNNER
from lab.core.sandbox import ENDS_WITH_US
from lab.core.steps import Progress
from lab.lifecycle import leftovers
from lab.lifecycle.building import Lab, LabError
from lab.model.plan import Plan


class Soak(Command):
    """Move servers live and cut hosts' power over and over, and see that nothing wears out.

    Servers of each kind of storage (volume, shared, ephemeral) are moved live between two hosts,
    all at once; in between, their hosts lose power while the guests write, and the servers are
    evacuated. After each step every guest must answer over SSH and have every record it
    acknowledged, its port be ACTIVE and bound right, its allocation and attachments be right, and
    every host have exactly what its servers need. The lab is reset before and after.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options."""
        parser = super().get_parser(prog_name)
        add_name(parser)
        for name, default, what in (
            ("live", 50, "live migrations of each kind of server"),
            ("evacuations", 20, "evacuations of each kind"),
            ("servers", 4, "servers of each kind, moved together"),
        ):
            parser.add_argument(
                f"--{name}",
                type=int,
                default=default,
                metavar="N",
                help=f"{what} (default: {default})",
            )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Soak; the status is 0 if all stayed well."""
        if parsed_args.servers < 1 or min(parsed_args.live, parsed_args.evacuations) < 0:
            raise LabError("--servers is 1 or more, --live and --evacuations are 0 or more.")
        lab = Lab(parsed_args.name)
        if not lab.up:
            raise LabError(f"The lab {lab.name!r} is not up: migration-chaos lab up")
        engine = lab.engine()
        wanted = {
            "lab": lab.name,
            "homes": homes(engine.plan),
            "live": parsed_args.live,
            "evacuations": parsed_args.evacuations,
            "servers": parsed_args.servers,
        }
        durations = lab.cache.folder / "durations.json"
        lab.reset(Progress(durations))
        try:
            done = subprocess.run(
                [*ENDS_WITH_US, *engine.command(RUNNER, [sys.executable, "-m", "lab.soak"])],
                input=json.dumps(wanted),
                text=True,
                env={**os.environ, **runner_environment(lab)},
                check=False,
                # An interrupt of the terminal's is for this process, which ends that one.
                start_new_session=True,
            )
        except KeyboardInterrupt:
            print("interrupted: `lab reset` removes its servers and lets its hosts run again")
            return 130
        reset = lab.reset(Progress(durations))
        left = [*reset.left, *leftovers.find(engine, remove=False)]
        if "leaked allocations" in reset.removed:
            left.append(f"{reset.removed['leaked allocations']} allocations without a server")
        if left:
            print("\n".join(["Left behind by servers that were deleted:", *left]))
        return 1 if done.returncode or left else 0


def homes(plan: Plan) -> dict[str, tuple[str, str]]:
    """Return two hosts for each kind of server: where it begins, and where it goes.

    :raises LabError: the lab has not two hosts of each kind.
    """
    found = {}
    for kind in ("shared", "ephemeral"):
        names = [host.name for host in plan.computes if host.kind == kind]
        if len(names) < 2:
            raise LabError(
                f"The soak needs two hosts with {kind} storage; the lab {plan.name!r} has "
                f"{len(names)}: make it with --hosts 4"
            )
        found[kind] = (names[0], names[1])
    # A volume is wherever its server is: these go with the hosts that have the others' too.
    return {"volume": found["shared"], **found}
