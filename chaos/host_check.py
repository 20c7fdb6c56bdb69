# SPDX-License-Identifier: Apache-2.0
"""What is found of one host by looking at it: its login, its BMC, its services.

Changes nothing. What one part of it cannot find out is a problem of that part: the rest is looked
at all the same, whatever kind of error it was. Knows one host and its drivers; prints nothing.
"""

import functools
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from chaos import errors, foreign
from chaos.deadline import Deadline
from chaos.faults import panic
from chaos.inventory import Host
from chaos.power import BMC, SSH, bmc_power, why_not
from chaos.services import NAMES, service_control
from chaos.transport import HostShell, acts_as_root, read_boot_id
from chaos.transport.identity import not_root

WAYS = (BMC, SSH)
# Which service a crashed host must not start again before it is recovered.
HELD = "compute"

NOT_KNOWN = "That is not known: looking for it failed."


def _unknown_services() -> dict[str, dict[str, Any]]:
    return {name: {"what": "", "state": "unknown", "pid": 0} for name in NAMES}


@dataclass
class HostCheck:
    """What was found of one host; filled in as it is found.

    :ivar bmc: ``none``, ``ok`` or ``failed``
    :ivar power_tried: ``ok`` or ``failed`` if the harmless "on" was sent to the host, else ""
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
    power_tried: str = ""
    power_off: dict[str, str] = field(default_factory=lambda: dict.fromkeys(WAYS, NOT_KNOWN))
    crash: str = NOT_KNOWN
    services: dict[str, dict[str, Any]] = field(default_factory=_unknown_services)
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
            "power_tried": self.power_tried,
            "power_off": self.power_off,
            "restarts_by_itself": self.host.restarts_by_itself,
            "crash": self.crash,
            "services": self.services,
            "problems": self.problems,
        }


def check_host(host: Host, deadline: Deadline, *, try_power: bool = False) -> HostCheck:
    """Look at one host, its BMC at the same time as its login. Never raises.

    :param try_power: send "on" to a host that may be disturbed and reads on, and see that this is
        taken and changes nothing
    """
    found = HostCheck(host)
    if host.bmc is not None:
        found.bmc, found.power = "failed", "unknown"
    found.problems += _of(host, lambda: _ways(found))
    with ThreadPoolExecutor(max_workers=1) as pool:
        asked = pool.submit(_of, host, lambda: _power(found, deadline))
        found.problems += _of(host, lambda: _login(found, deadline))
        found.problems += asked.result()
    if try_power and host.disturb and found.bmc == "ok":
        found.problems += _of(host, lambda: _try_power(found, deadline))
    if host.bmc is not None and found.power_off[BMC] not in {"", NOT_KNOWN}:
        found.problems.append(found.power_off[BMC])
    if found.ssh and found.power == "off":
        found.problems.append("the BMC reads off while the host answers: check bmc.address")
    return found


def _of(host: Host, part: Callable[[], Iterable[str]]) -> list[str]:
    """Return what is wrong by one part of the check, and what ended that part, if anything did."""
    problems: list[str] = []
    try:
        # A thread of the check's own: nobody asks it to end.
        with foreign.raised_as(errors.Unexpected, host.name, ends_too=True):
            # What was found before the error stays.
            problems.extend(part())
    except errors.ChaosError as exc:
        problems.append(str(exc))
    return problems


def _ways(found: HostCheck) -> Iterator[str]:
    """Find out what is possible as far as that is known without asking anybody."""
    for way in WAYS:
        found.power_off[way] = why_not(found.host, way)
    found.crash = panic.why_not(found.host, HELD)
    yield from ()


def _power(found: HostCheck, deadline: Deadline) -> Iterator[str]:
    """Ask the BMC; yields what is wrong."""
    power = bmc_power(found.host)
    if power is None:
        return
    try:
        found.power = power.status(deadline).value
    except errors.ChaosError as exc:
        # What is known without asking is said anyway, and explains this.
        if not power.why_not():
            yield str(exc)
        return
    found.bmc = "ok"
    try:
        power.prepare(deadline)
    except errors.ChaosError as exc:
        yield str(exc)


def _try_power(found: HostCheck, deadline: Deadline) -> Iterator[str]:
    """Send "on" to a host that is on; yields what is wrong."""
    power = bmc_power(found.host)
    if power is None or found.power != "on":
        return
    found.power_tried = "failed"
    try:
        power.try_on(deadline)
        if found.ssh:
            with HostShell(found.host) as shell:
                now = read_boot_id(shell, deadline)
            if now != found.boot_id:
                yield 'the host has been restarted by "on", which must change nothing'
                return
    except errors.ChaosError as exc:
        yield str(exc)
        return
    found.power_tried = "ok"


def _login(found: HostCheck, deadline: Deadline) -> Iterator[str]:
    """Log in and look around; yields what is wrong."""
    host = found.host
    with HostShell(host) as shell:
        for name in NAMES:
            found.services[name]["what"] = service_control(host, name, shell).describe()
        try:
            found.boot_id = read_boot_id(shell, deadline)
            found.ssh = True
            if not acts_as_root(shell, deadline):
                yield f"{not_root(host)} Faults over SSH are refused until then."
        except errors.ChaosError as exc:
            yield str(exc)
            return
        for name in NAMES:
            # One service that cannot be looked at hides no other.
            yield from _of(host, functools.partial(_service, found, name, shell, deadline))


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
