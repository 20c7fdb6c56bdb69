# SPDX-License-Identifier: Apache-2.0
"""``migration-chaos hosts check``: can every host be logged in to, and every BMC be asked?

Changes nothing: logs in, reads the boot ID, looks for the services, reads the power status. Knows
the hosts file and the drivers; prints no secret.
"""

import argparse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from cliff.lister import Lister

from chaos import errors
from chaos.cli import options
from chaos.cli.output import OK, PROBLEM, JsonCommand, Output
from chaos.deadline import Deadline
from chaos.faults import panic
from chaos.inventory import Host, load_inventory
from chaos.power import BMC, SSH, bmc_power, why_not
from chaos.services import NAMES, service_control
from chaos.transport import HostShell, acts_as_root, read_boot_id
from chaos.transport.identity import not_root

WAYS = (BMC, SSH)
# Which service a crashed host must not start again before it is recovered.
HELD = "compute"
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
        return parser

    def execute(self, parsed_args: argparse.Namespace) -> Output:
        """Look at all hosts at the same time."""
        inventory = load_inventory(parsed_args.hosts)
        deadline = Deadline.after(parsed_args.timeout)
        with ThreadPoolExecutor(max_workers=min(16, len(inventory.hosts))) as pool:
            found = list(pool.map(lambda host: check(host, deadline), inventory))
        well = not any(one.problems for one in found)
        document = {"hosts": [one.document() for one in found]}
        return Output(document, COLUMNS, [one.row() for one in found], OK if well else PROBLEM)


@dataclass
class HostCheck:
    """What was found of one host; filled in as it is found.

    :ivar bmc: ``none``, ``ok`` or ``failed``
    :ivar power_off: for each way to switch the host off why that is not possible, or ""
    :ivar crash: why the host cannot be crashed with its compute service held back, or ""
    :ivar services: for each name what it is and whether it ``runs``, is ``stopped`` or ``absent``;
        ``unknown`` if that could not be asked
    """

    host: Host
    ssh: bool = False
    boot_id: str = ""
    bmc: str = "none"
    power: str = ""
    power_off: dict[str, str] = field(default_factory=dict)
    crash: str = ""
    services: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "host": self.host.name,
            "disturb": self.host.disturb,
            "ssh": "ok" if self.ssh else "failed",
            "boot_id": self.boot_id,
            "bmc": self.bmc,
            "driver": self.host.bmc.driver if self.host.bmc else "",
            "power": self.power,
            "power_off": self.power_off,
            "restarts_by_itself": self.host.restarts_by_itself,
            "crash": self.crash,
            "services": self.services,
            "problems": self.problems,
        }

    def row(self) -> tuple[str, ...]:
        """Return it as a row of the table."""
        ways = [way for way in WAYS if not self.power_off[way]]
        own = f"{BMC} ({self.host.bmc.driver})" if self.host.bmc else ""
        return (
            self.host.name,
            "yes" if self.host.disturb else "no",
            "ok" if self.ssh else "FAILED",
            "FAILED" if self.bmc == "failed" else self.bmc,
            self.power or "no bmc",
            ", ".join(own if way == BMC else way for way in ways) or "none",
            "no" if self.crash else "yes",
            *(self.services[name]["state"] for name in NAMES),
            self.boot_id,
            "; ".join(self.problems),
        )


def check(host: Host, deadline: Deadline) -> HostCheck:
    """Look at one host, its BMC at the same time as its login."""
    found = HostCheck(host, power_off={way: why_not(host, way) for way in WAYS})
    found.crash = panic.why_not(host, HELD)
    with ThreadPoolExecutor(max_workers=1) as pool:
        asked = pool.submit(_power, host, deadline)
        found.problems += _login(found, deadline)
        found.bmc, found.power, problems = asked.result()
    found.problems += problems
    if host.bmc is not None and found.power_off[BMC]:
        found.problems.append(found.power_off[BMC])
    if found.ssh and found.power == "off":
        found.problems.append("the BMC reads off while the host answers: check bmc.address")
    return found


def _power(host: Host, deadline: Deadline) -> tuple[str, str, list[str]]:
    """Return how asking the BMC went, what it reads, and what is wrong."""
    power = bmc_power(host)
    if power is None:
        return "none", "", []
    try:
        state = power.status(deadline).value
    except errors.ChaosError as exc:
        # What is known without asking is said anyway, and explains this.
        return "failed", "unknown", [] if power.why_not() else [str(exc)]
    try:
        power.prepare(deadline)
    except errors.ChaosError as exc:
        return "ok", state, [str(exc)]
    return "ok", state, []


def _login(found: HostCheck, deadline: Deadline) -> Iterator[str]:
    """Log in and look around; yields what is wrong."""
    host = found.host
    with HostShell(host) as shell:
        for name in NAMES:
            what = service_control(host, name, shell).describe()
            found.services[name] = {"what": what, "state": "unknown", "pid": 0}
        try:
            found.boot_id = read_boot_id(shell, deadline)
            found.ssh = True
            if not acts_as_root(shell, deadline):
                yield f"{not_root(host)} Faults over SSH are refused until then."
        except errors.ChaosError as exc:
            yield str(exc)
            return
        for name in NAMES:
            yield from _service(found, name, shell, deadline)


def _service(
    found: HostCheck, name: str, shell: HostShell, deadline: Deadline
) -> Iterator[str]:
    control = service_control(found.host, name, shell)
    about = found.services[name]
    try:
        state = control.state(deadline)
    except errors.ChaosError as exc:
        yield f"{name} service: {exc}"
        return
    about["what"] = control.describe()
    about["pid"] = state.pid
    about["state"] = "runs" if state.pid else "stopped" if state.known else "absent"
    if name == HELD and state.known and not found.crash:
        try:
            control.before_hold(deadline)
        except errors.ChaosError as exc:
            found.crash = f"{exc}."
    if not state.known:
        yield (
            f"there is no {control.describe()}: say under services what the {name} service is "
            "called and what runs it"
        )
