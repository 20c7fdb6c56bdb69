# SPDX-License-Identifier: Apache-2.0
"""Recovery from the end of a host's system: switch on through the BMC, and see the host come back.

Works from a journal entry alone, so that any process can do it. Idempotent: a host that is up
already is only looked at. Knows the BMC and SSH of one host.
"""

import shlex
from typing import Any

from chaos import errors, foreign
from chaos.deadline import Deadline
from chaos.inventory import Host
from chaos.journal import Entry
from chaos.power import PowerControl, bmc_power
from chaos.recovery.protocol import OnEvent
from chaos.transport import HostShell
from chaos.witnesses import observe
from chaos.witnesses.boot_id import BootIdWitness

# A server's firmware takes minutes before its SSH answers; a BMC that accepted "on" and did
# nothing is asked again after so long. To one that is on, "on" does nothing.
REISSUE_SECONDS = 60.0
LOOK_INTERVAL = 0.5
# A host that never went down is looked at twice, so far apart, before it is believed.
RECHECK_SECONDS = 2.0


def recover(entry: Entry, host: Host, deadline: Deadline, on_event: OnEvent) -> dict[str, Any]:
    """Switch the host on and return when a new system answers over SSH.

    :return: what was seen: ``boot_id`` now, and ``was_down``, False if the system that was to be
        killed is still the one that runs
    :raises chaos.errors.NotRecovered: if no such system answers in time
    """
    power = bmc_power(host)
    if power is None and not entry.data.get("restarts"):
        raise errors.NotRecovered(
            f"{host.name} cannot be switched on: it has no bmc in the hosts file",
            remedy="switch it on by hand and recover again",
        )
    before = str(entry.data.get("boot_id", ""))
    problem = ""
    with HostShell(host) as shell:
        witness = BootIdWitness(shell, before)
        while True:
            if power is not None:
                # One that restarts by itself is on already, and may need it all the same.
                problem = _switch_on(power, deadline, on_event) or problem
            back = _wait_for_boot(witness, deadline, on_event)
            if back is not None:
                return back
            if deadline.expired:
                break
    raise errors.NotRecovered(
        f"{host.name} did not come back" + (f"; {problem}" if problem else ""),
        expected=f"a login over SSH as {shlex.quote(host.ssh.user)} with a boot ID other than "
        f"{before or '(unknown)'}",
        remedy="look at its console, switch it on by hand, recover again"
        if power is not None
        else "it was to restart by itself and nothing here can switch it on: look at its console, "
        "or at the machine that it runs on, start it by hand, recover again",
    )


def _switch_on(power: PowerControl, deadline: Deadline, on_event: OnEvent) -> str:
    """Issue "on" and return what went wrong, if anything did; the boot ID has the last word."""
    try:
        with foreign.raised_as(errors.PowerError, power.describe()):
            power.on(deadline)
    except errors.ChaosError as exc:
        on_event("fault.power_on", {"accepted": False, "error": exc.found})
        return exc.found
    on_event("fault.power_on", {"accepted": True})
    return ""


def _wait_for_boot(
    witness: BootIdWitness, deadline: Deadline, on_event: OnEvent
) -> dict[str, Any] | None:
    """Look for a system that answers, for a while; None if there is none."""
    same = 0
    for _ in deadline.within(REISSUE_SECONDS).ticks(LOOK_INTERVAL):
        seen = observe(witness, deadline)
        if seen.says == "unknown":
            same = 0
            continue
        on_event("fault.observation", {**vars(seen), "phase": "recover"})
        if seen.says == "dead":
            return {"boot_id": witness.seen, "was_down": True}
        same += 1
        if same > 1:
            return {"boot_id": witness.seen, "was_down": False}
        deadline.pause(RECHECK_SECONDS)
    return None
