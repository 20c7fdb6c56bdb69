# SPDX-License-Identifier: Apache-2.0
"""Fault: the host's kernel ends at once and the host restarts by itself, as after a panic.

Nothing is synced, nothing is stopped. It is asked for over SSH and needs no BMC where the hosts
file says that the host restarts by itself; if there is one, it switches on a host that does not
come back. It is proved by those who knew the system that ran, and by the absence of its guests.

A service can be held back across the boot, so that what was to happen to a dead host can happen
meanwhile: that is on the host's disk, and read back, before the host is crashed. Whether it still
holds afterwards is looked at once; whoever relies on it goes on looking.
"""

from typing import Any

from chaos import errors
from chaos.deadline import Deadline
from chaos.faults.host_crash import HostCrash
from chaos.held_host import HeldHost, HeldState
from chaos.inventory import Host
from chaos.power import why_no_crash
from chaos.power.ssh import SshPower
from chaos.services import Found, service_control, why_no_hold
from chaos.transport import HostShell
from chaos.witnesses.boot_id import BootIdWitness
from chaos.witnesses.guests import GuestsWitness
from chaos.witnesses.init_start import InitStartWitness

# What runs a service may still be starting when the login works again.
HELD_SECONDS = 60.0
LOOK_INTERVAL = 0.5


def why_not(host: Host, hold: str = "") -> str:
    """Return why a host cannot be crashed with a service held back; "" if it can. Asks nobody.

    :param hold: a name of :data:`chaos.services.NAMES`, or "" for none
    """
    return why_no_crash(host) or (why_no_hold(host, hold) if hold else "")


class Panic(HostCrash):
    """Crash one host, which restarts by itself; see :class:`chaos.faults.host_crash.HostCrash`.

    :param hold: name of a service that nothing starts until the host is recovered; "" for none

    :ivar flaw: what was found of that service if it is not held back after the boot
    """

    kind = "panic"
    recovery = "power_on"
    needed = frozenset({GuestsWitness.name})

    def __init__(self, host: Host, hold: str = "", **more: Any) -> None:
        # A server's firmware takes minutes; only then is there a new boot ID to be read.
        super().__init__(host, **{"witnesses": (), "confirm_within": 900.0, **more})
        self.how = ""
        self.hold = hold
        self._shell = self._closing(HostShell(host))
        self._power = SshPower(host)
        self._found: Found = {}
        self._service: dict[str, Any] = {}
        if hold:
            self._control = service_control(host, hold, self._shell)
            self.recovery = "release_service"
            self.ready = "held"

    @property
    def driver(self) -> str:
        """Name of the driver that crashes it."""
        return self._power.name

    def _why_not_power(self) -> str:
        return why_not(self.host, self.hold)

    def _prepare(self, deadline: Deadline) -> list[str]:
        try:
            method = self._power.method(deadline)
            reasons = self._prepare_hold(deadline) if self.hold else []
        except errors.ChaosError as exc:
            return [f"{exc}."]
        self.how = f"restart without sync over SSH, by {method.restart_name}"
        self._witnesses = self._witnesses or (
            BootIdWitness(self._shell, self.boot_id),
            InitStartWitness(self._shell),
            GuestsWitness(self._shell),
        )
        return reasons

    def _prepare_hold(self, deadline: Deadline) -> list[str]:
        """Return why the service cannot be held back; find out what is to be put back after it.

        :raises chaos.errors.ChaosError: likewise
        """
        state = self._control.state(deadline)
        if not state.pid:
            what = self._control.describe()
            return [
                f"The {self.hold} service of {self.host.name} does not run ({what}): start it, or "
                "say under services in the hosts file what it is called and what runs it."
            ]
        self._found = self._control.before_hold(deadline)
        self._service = {
            "service": self.hold,
            "pid": state.pid,
            "what": self._control.describe(),
            "unit": self._control.unit,
            "hold": self._found,
            "release_by_hand": self._control.release_by_hand(self._found),
        }
        return []

    def _journal_data(self) -> dict[str, Any]:
        crash = {"how": self.how, "boot_id": self.boot_id, "restarts": True}
        return crash | self._service

    def _make_ready(self, deadline: Deadline) -> None:
        self._control.hold(self._found, deadline)
        wrong = self._control.why_not_held(self._found, deadline)
        if wrong:
            raise errors.ServiceError(
                f"the {self.hold} service of {self.host.name} is not held back: {wrong}",
                remedy="see whether somebody puts such files back, or /etc is not kept",
            )

    def _inject(self, deadline: Deadline) -> None:
        self._power.restart(deadline)

    def _confirm(self) -> None:
        super()._confirm()
        if self.hold and self.verdict == "injected":
            self.flaw = self._why_not_down(self.deadline.within(HELD_SECONDS))
            held = {"service": self.hold, "held": not self.flaw, "detail": self.flaw}
            self._emit("fault.service_held", {**self._about(), **held})

    def held_host(self) -> HeldHost:
        """Return what can look, from now on, whether the host stays as it must; to be closed."""
        unit = str(self._service["unit"])
        return HeldHost(self.host, self.hold, self._found, unit)

    def _why_not_down(self, deadline: Deadline) -> str:
        """Return what is wrong with the host after the boot, "" if nothing is."""
        about = f"the {self.hold} service of {self.host.name}"
        state = HeldState()
        with self.held_host() as held:
            for _ in deadline.ticks(LOOK_INTERVAL):
                state = held.look(deadline)
                if state.wrong:
                    return f"{about} does not stay down: {state.wrong}"
                if not state.error:
                    return ""
        return f"whether {about} stays down is not known: {state.error}"

    def _about(self) -> dict[str, Any]:
        return {**super()._about(), "how": self.how}
