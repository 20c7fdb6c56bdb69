# SPDX-License-Identifier: Apache-2.0
"""``migration-chaos hosts check``: can every host be logged in to, and every BMC be asked?

Changes nothing: logs in, reads the boot ID, looks for the services, reads the power status, and if
that is wanted sends "on" to hosts that are on. Knows the hosts file and the table; prints no
secret.
"""

import argparse
from concurrent.futures import ThreadPoolExecutor

from cliff.lister import Lister

from chaos.cli import options
from chaos.cli.output import OK, PROBLEM, JsonCommand, Output
from chaos.deadline import Deadline
from chaos.host_check import WAYS, HostCheck, check_host
from chaos.inventory import load_inventory
from chaos.power import BMC
from chaos.services import NAMES

COLUMNS = (
    *("host", "may be disturbed", "ssh", "bmc", "power", "power off via", "crash"),
    *(f"{name} service" for name in NAMES),
    *("boot id", "problem"),
)


class HostsCheck(JsonCommand, Lister):
    """Try every SSH login, every BMC and every service of the hosts file; changes nothing."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options of this command."""
        parser = super().get_parser(prog_name)
        options.add_hosts(parser)
        parser.add_argument(
            "--timeout",
            type=float,
            default=30.0,
            metavar="SECONDS",
            help="how long the whole check may take (default: 30)",
        )
        parser.add_argument(
            "--try-power",
            action="store_true",
            help='send "on" to each host that may be disturbed and reads on, which changes '
            "nothing, and expect that its BMC takes it: one that may only be read is found so",
        )
        return parser

    def execute(self, parsed_args: argparse.Namespace) -> Output:
        """Look at all hosts at the same time."""
        inventory = load_inventory(parsed_args.hosts)
        deadline = Deadline.after(parsed_args.timeout)
        tried = parsed_args.try_power
        with ThreadPoolExecutor(max_workers=min(16, len(inventory.hosts))) as pool:
            found = list(
                pool.map(lambda host: check_host(host, deadline, try_power=tried), inventory)
            )
        well = not any(one.problems for one in found)
        document = {"hosts": [one.document() for one in found]}
        return Output(document, COLUMNS, [row(one) for one in found], OK if well else PROBLEM)


def row(found: HostCheck) -> tuple[str, ...]:
    """Return what was found of a host as a row of the table."""
    host = found.host
    ways = [way for way in WAYS if not found.power_off[way]]
    own = f"{BMC} ({host.bmc.driver})" if host.bmc else ""
    return (
        host.name,
        "yes" if host.disturb else "no",
        "ok" if found.ssh else "FAILED",
        "FAILED" if found.bmc == "failed" else found.bmc,
        found.power or "no bmc",
        ", ".join(own if way == BMC else way for way in ways) or "none",
        "no" if found.crash else "yes",
        *(found.services[name]["state"] for name in NAMES),
        found.boot_id,
        "; ".join(found.problems),
    )
