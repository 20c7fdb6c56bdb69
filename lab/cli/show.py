# SPDX-License-Identifier: Apache-2.0
"""``migration-chaos lab show``."""

import argparse
from typing import Any

from cliff.show import ShowOne

from lab.cli import Listed, add_name
from lab.lifecycle.building import Lab, LabError


class Show(ShowOne):
    """Show a lab as a whole: where what the suite needs of it is, what was chosen, its hosts.

    What its hosts and services are doing is shown by ``lab status``.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options."""
        parser = super().get_parser(prog_name)
        add_name(parser)
        return parser

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[tuple[str, ...], tuple[Any, ...]]:
        """Return what is known of it."""
        lab = Lab(parsed_args.name)
        state = lab.state
        if state is None:
            raise LabError(f"There is no lab {lab.name!r}; make it with: migration-chaos lab up")
        hosts = [
            {
                "name": host.name,
                "role": host.role,
                "kind": host.kind,
                "zone": host.zone,
                "address": host.mgmt,
                "bmc": host.bmc,
            }
            for host in lab.plan(state.choices).hosts
        ]
        shown = {
            "name": lab.name,
            "up": lab.up,
            "choices": str(state.choices),
            "defects": Listed(state.defects),
            "product": str(lab.product),
            "journals": str(lab.journals),
            "secrets": str(lab.secrets),
            "hosts": Listed(hosts, "name"),
        }
        return tuple(shown), tuple(shown.values())
