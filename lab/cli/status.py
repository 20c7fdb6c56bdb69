# SPDX-License-Identifier: Apache-2.0
"""``migration-chaos lab status``."""

import argparse
import dataclasses

from cliff.lister import Lister

from lab.bmc import settings
from lab.cli import add_name
from lab.core import looking
from lab.faults import all as faults
from lab.lifecycle import patching
from lab.lifecycle.building import Lab, LabError
from lab.loading.patch import DEFECT


class Status(Lister):
    """Show the lab: choices, hosts and services, what is wrong on purpose, and remedies."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options."""
        parser = super().get_parser(prog_name)
        add_name(parser)
        return parser

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        """Return the table."""
        lab = Lab(parsed_args.name)
        engine = lab.engine()
        if not engine.outer.alive:
            raise LabError(
                f"The lab {lab.name!r} has ended (was the machine restarted?): "
                "migration-chaos lab up makes it anew."
            )
        state = lab.state
        rows: list[tuple[str, ...]] = []
        if state:
            chosen = dataclasses.asdict(state.choices).items()
            rows += [("(choice)", name, "", _said(value), "", "") for name, value in chosen]
        for host in looking.look(engine):
            planned = engine.plan.host(host.name)
            address = f"{planned.mgmt} bmc {planned.bmc}" if planned.bmc else planned.mgmt
            power = "on" if host.power else "off"
            rows.append(("(host)", host.name, power, "", address, _mib(host.memory)))
            bmc = settings.current(engine.bmc_config(host.name)) if planned.bmc else None
            if bmc and not bmc.honest:
                rows.append(("(bmc)", host.name, "", str(bmc), "", ""))
            rows += [
                (unit.name, host.name, power, unit.state, "", _mib(unit.memory))
                for unit in host.units
            ]
        rows += [
            ("(fault)", fault.host, "", f"{fault.kind} {fault.what}", "", "")
            for fault in faults.found(engine)
        ]
        meant = state.defects if state else ()
        for place in patching.look(lab):
            name, kind = place.patch.name, place.patch.kind
            # Of the defects the lab brings only those that are, or should be, loaded.
            if kind != DEFECT or place.state != "off" or name in meant:
                power = "on" if place.power else "off"
                rows.append((f"({kind}) {name}", place.host, power, place.state, "", ""))
        return ("Service", "Host", "Power", "State", "Address", "MiB"), rows


def _said(value: object) -> str:
    return " ".join(map(str, value)) or "-" if isinstance(value, tuple) else str(value)


def _mib(size: int) -> str:
    return f"{size / (1 << 20):.0f}" if size else ""
