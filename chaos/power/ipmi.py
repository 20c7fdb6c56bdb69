# SPDX-License-Identifier: Apache-2.0
"""Power over IPMI 2.0 (RMCP+), by the program ``ipmitool``.

Why ipmitool and not pyghmi's client, which would save a package and a process: ipmitool is what
fence_ipmilan and Ironic use against real firmware, carries twenty years of work-arounds for it,
and lets the cipher suite, the privilege and the pace be chosen; one call is one process that
cannot leave a thread, a socket or a session table behind, and that can be ended when it hangs.
pyghmi's client shares sockets and an I/O thread among all sessions of a process, is not to be
used from several threads, and fails without a message against servers that answer its first
proposal with another suite. What speaks for pyghmi, that no password travels to another program,
is met by handing it over through a pipe that only the child inherits: it stands in no argument
list, no environment and no file.

Knows nothing of faults; a BMC is an address, a user and a place of a password to it.
"""

import os
import shutil
import subprocess

from chaos import errors, foreign
from chaos.deadline import Deadline
from chaos.inventory import BmcAccess
from chaos.inventory.data import IPMI_PASSWORD_BYTES
from chaos.power.ipmitool_messages import explain, is_busy, is_refusal
from chaos.power.protocol import PowerState, Timing, switch
from chaos.power.trying import try_on

# One call: session set-up takes four round trips; ipmitool retransmits by itself every -N seconds
# and gives up after -R of them.
CALL_SECONDS = 10.0
# A BMC that has no time for a reading is asked again after so long.
BUSY_SECONDS = 1.0
RETRANSMIT_SECONDS = 1
RETRANSMISSIONS = 4

# Whoever has this one may only read.
_TOO_LITTLE = "USER"

_STATES = {
    "chassis power is on": PowerState.ON,
    "chassis power is off": PowerState.OFF,
}


class IpmiPower:
    """Power of one machine through its BMC.

    :param bmc: where the BMC is and how to log in
    :param program: the ipmitool to run
    """

    name = "ipmi"

    def __init__(self, bmc: BmcAccess, program: str = "ipmitool") -> None:
        self.bmc = bmc
        self.program = program
        self._from_command: bytes | None = None
        self.timing = Timing(power_wait=bmc.power_wait, power_timeout=bmc.power_timeout)

    def describe(self) -> str:
        """Say how this driver switches power."""
        return f"chassis power control over IPMI at {self.bmc.address} port {self.bmc.port}"

    def why_not(self) -> str:
        """The program has to be there, and the privilege has to be enough."""
        if shutil.which(self.program) is None:
            return f"{self.program} is not installed; install the package ipmitool"
        if self.bmc.privilege == _TOO_LITTLE:
            return f"the privilege {_TOO_LITTLE} may not switch power; set privilege to OPERATOR"
        return ""

    def prepare(self, deadline: Deadline) -> None:
        """What a user may do shows when it is done."""

    def prepare_on(self, deadline: Deadline) -> None:
        """The same: see :meth:`try_on`."""

    def try_on(self, deadline: Deadline) -> None:
        """Send "on" to a machine that is on, and see that it is taken."""

        def issue(until: Deadline) -> None:
            self._call(["chassis", "power", "on"], until)

        try_on(issue, self.status, deadline, by=self.describe())

    def on(self, deadline: Deadline) -> None:
        """Switch on and wait until the status reads on."""
        self._switch("on", PowerState.ON, deadline)

    def off(self, deadline: Deadline) -> None:
        """Switch off hard and wait until the status reads off."""
        self._switch("off", PowerState.OFF, deadline)

    def reset(self, deadline: Deadline) -> None:
        """Switch off, see it off, switch on, see it on."""
        self.off(deadline)
        self.on(deadline)

    def status(self, deadline: Deadline) -> PowerState:
        """Read the power status once.

        :raises chaos.errors.PowerError: if the BMC does not say
        """
        for _ in deadline.within(CALL_SECONDS).ticks(BUSY_SECONDS):
            try:
                return self._read(deadline)
            except errors.PowerBusy as exc:
                busy = exc
        raise busy

    def _read(self, deadline: Deadline) -> PowerState:
        said = self._call(["chassis", "power", "status"], deadline)
        for line in said.splitlines():
            state = _STATES.get(line.strip().lower())
            if state is not None:
                return state
        raise errors.PowerError(
            f"{self.describe()}: the status was not understood: {said.strip()[:200]!r}",
            expected="'Chassis Power is on' or '... off'",
        )

    def _switch(self, word: str, wanted: PowerState, deadline: Deadline) -> None:
        def issue(until: Deadline) -> None:
            self._call(["chassis", "power", word], until)

        switch(wanted, issue, self.status, self.timing, deadline, by=self.describe())

    def _argv(self, password_fd: int, command: list[str]) -> list[str]:
        # -v: only so does it say why a session was not opened.
        argv = [self.program, "-v", "-I", "lanplus"]
        argv += ["-H", self.bmc.address, "-p", str(self.bmc.port)]
        argv += ["-U", self.bmc.user, "-L", self.bmc.privilege]
        if self.bmc.cipher_suite is not None:
            argv += ["-C", str(self.bmc.cipher_suite)]
        argv += ["-N", str(RETRANSMIT_SECONDS), "-R", str(RETRANSMISSIONS)]
        argv += ["-f", f"/proc/self/fd/{password_fd}"]
        return argv + command

    def _password(self, deadline: Deadline) -> bytes:
        if self._from_command is not None:
            return self._from_command
        password = self.bmc.password.reveal(deadline.remaining()).encode()
        if len(password) > IPMI_PASSWORD_BYTES:
            raise errors.SecretError(
                f"the password from {self.bmc.password.where} is longer than "
                f"{IPMI_PASSWORD_BYTES} bytes",
                expected=f"at most {IPMI_PASSWORD_BYTES} bytes, all that IPMI 2.0 knows",
            )
        if self.bmc.password.command is not None:
            # A password manager is asked once, not at every reading of the status.
            self._from_command = password
        return password

    def _call(self, command: list[str], deadline: Deadline) -> str:
        """Run ipmitool once and return what it printed.

        :raises chaos.errors.PowerError: if it fails or does not end in time
        """
        with foreign.raised_as(errors.PowerError, self.describe()):
            return self._run(command, deadline)

    def _run(self, command: list[str], deadline: Deadline) -> str:
        until = deadline.within(CALL_SECONDS)
        # The pipe holds far more than a password, so writing first cannot block.
        reader, writer = os.pipe()
        try:
            os.write(writer, self._password(until) + b"\n")
            os.close(writer)
            writer = -1
            done = subprocess.run(
                self._argv(reader, command),
                check=False,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                pass_fds=(reader,),
                env=_environment(),
                timeout=max(0.1, until.remaining()),
            )
        except subprocess.TimeoutExpired:
            raise errors.PowerError(
                f"{self.describe()}: no answer to {' '.join(command)!r}",
                remedy="check the address, and that UDP passes to it",
            ) from None
        except OSError as exc:
            raise errors.PowerError(
                f"{self.program} cannot be run: {exc.strerror}",
                remedy="install the package ipmitool",
            ) from exc
        finally:
            os.close(reader)
            if writer >= 0:
                os.close(writer)
        printed = done.stdout.decode(errors="replace")
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace")
            found, remedy = explain(said, self.bmc)
            raise _error_of(said)(
                f"{self.describe()}: {' '.join(command)!r} failed: {found}", remedy=remedy
            )
        return printed


def _error_of(said: str) -> type[errors.PowerError]:
    if is_busy(said):
        return errors.PowerBusy
    return errors.PowerRefused if is_refusal(said) else errors.PowerError


def _environment() -> dict[str, str]:
    """The child's environment: English answers, and no password variable of ours by accident."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "LC_ALL": "C"}
