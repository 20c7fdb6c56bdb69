# SPDX-License-Identifier: Apache-2.0
"""``migration-chaos hosts check``: can every host be logged in to, and every BMC be asked?

Changes nothing: logs in, reads the boot ID, reads the power status. Knows the hosts file and the
drivers; prints no secret.
"""

import argparse
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from cliff.lister import Lister

from chaos import errors
from chaos.cli import options
from chaos.deadline import Deadline
from chaos.inventory import Host, load_inventory
from chaos.power import bmc_power
from chaos.shell import HostShell
from chaos.witnesses.boot_id import read_boot_id

COLUMNS = ("host", "may be disturbed", "ssh", "bmc", "power", "boot id", "problem")


class HostsCheck(Lister):
    """Try every SSH login and every BMC of the hosts file; changes nothing."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options of this command."""
        parser = super().get_parser(prog_name)
        options.add_hosts(parser)
        options.add_json(parser)
        parser.add_argument(
            "--timeout",
            type=float,
            default=30.0,
            metavar="SECONDS",
            help="how long the whole check may take (default: 30)",
        )
        return parser

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Print the table; return 1 if anything in it is a problem."""
        self._problems = 0
        super().run(parsed_args)
        return 1 if self._problems else 0

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[tuple[str, ...], list[Any]]:
        """Look at all hosts at the same time."""
        inventory = load_inventory(parsed_args.hosts)
        deadline = Deadline.after(parsed_args.timeout)
        with ThreadPoolExecutor(max_workers=min(16, len(inventory.hosts))) as pool:
            rows = list(pool.map(lambda host: check(host, deadline), inventory))
        self._problems = sum(bool(row[-1]) for row in rows)
        return COLUMNS, rows


def check(host: Host, deadline: Deadline) -> tuple[str, ...]:
    """Look at one host.

    :return: one row of the table; its last column is empty if all is well
    """
    problems = []
    boot_id = ""
    try:
        with HostShell(host) as shell:
            boot_id = read_boot_id(shell, deadline)
    except errors.ChaosError as exc:
        problems.append(str(exc))
    power = bmc_power(host)
    status = "no bmc"
    if power is not None:
        try:
            status = power.status(deadline).value
        except errors.ChaosError as exc:
            status = "unknown"
            problems.append(str(exc))
    if boot_id and status == "off":
        problems.append("the BMC reads off while the host answers: check bmc.address")
    return (
        host.name,
        "yes" if host.disturb else "no",
        "ok" if boot_id else "FAILED",
        {"no bmc": "none", "unknown": "FAILED"}.get(status, "ok"),
        status,
        boot_id,
        "; ".join(problems),
    )
