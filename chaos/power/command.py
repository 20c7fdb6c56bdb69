# SPDX-License-Identifier: Apache-2.0
"""Power by whatever commands the hosts file names: a hypervisor's tool, a cloud's own API.

The commands are run on the runner's machine, without a shell. Knows nothing of what they do.
"""

import shutil
import subprocess

from chaos import errors, foreign
from chaos.deadline import Deadline
from chaos.inventory import CommandAccess, secret
from chaos.power.protocol import PowerState, Timing, switch
from chaos.power.trying import try_on

CALL_SECONDS = 60.0

# Words that end what a status command prints, as virsh, ipmitool and others print them.
_STATES = {
    "on": PowerState.ON,
    "running": PowerState.ON,
    "off": PowerState.OFF,
    "stopped": PowerState.OFF,
    "shutoff": PowerState.OFF,
}


class CommandPower:
    """Power of one machine by commands.

    :param access: the commands
    """

    name = "command"

    def __init__(self, access: CommandAccess) -> None:
        self.access = access
        self.timing = Timing(
            power_wait=access.power_wait, power_timeout=access.power_timeout
        )

    def describe(self) -> str:
        """Say how this driver switches power."""
        return f"the command {self.access.power_off[0]}"

    def why_not(self) -> str:
        """Its commands have to be there."""
        access = self.access
        for argv in (access.power_off, access.power_on, access.power_status):
            if shutil.which(argv[0]) is None:
                return f"there is no command {argv[0]} on this machine; install it"
        return ""

    def prepare(self, deadline: Deadline) -> None:
        """What a command can do shows when it is run."""

    def prepare_on(self, deadline: Deadline) -> None:
        """The same: see :meth:`try_on`."""

    def try_on(self, deadline: Deadline) -> None:
        """Send "on" to a machine that is on, and see that it is taken."""

        def issue(until: Deadline) -> None:
            self._call(self.access.power_on, until)

        try_on(issue, self.status, deadline, by=self.describe())

    def on(self, deadline: Deadline) -> None:
        """Switch on and wait until the status reads on."""
        self._switch(self.access.power_on, PowerState.ON, deadline)

    def off(self, deadline: Deadline) -> None:
        """Switch off and wait until the status reads off."""
        self._switch(self.access.power_off, PowerState.OFF, deadline)

    def reset(self, deadline: Deadline) -> None:
        """Switch off, see it off, switch on, see it on."""
        self.off(deadline)
        self.on(deadline)

    def status(self, deadline: Deadline) -> PowerState:
        """Read the power status once.

        :raises chaos.errors.PowerError: if the command fails, or says neither
        """
        said = self._call(self.access.power_status, deadline)
        # "shut off" of virsh is two words.
        words = said.lower().replace("shut off", "shutoff").split()
        state = _STATES.get(words[-1].strip(".")) if words else None
        if state is None:
            raise errors.PowerError(
                f"the command {self.access.power_status[0]} printed {said.strip()[-100:]!r}",
                expected="a last word of " + ", ".join(sorted(_STATES)),
            )
        return state

    def _switch(self, argv: tuple[str, ...], wanted: PowerState, deadline: Deadline) -> None:
        def issue(until: Deadline) -> None:
            self._call(argv, until)

        switch(wanted, issue, self.status, self.timing, deadline, by=self.describe())

    def _call(self, argv: tuple[str, ...], deadline: Deadline) -> str:
        """Run a command and return what it printed.

        :raises chaos.errors.PowerError: if it fails or does not end in time
        """
        with foreign.raised_as(errors.PowerError, self.describe()):
            return self._run(argv, deadline)

    @staticmethod
    def _run(argv: tuple[str, ...], deadline: Deadline) -> str:
        try:
            done = subprocess.run(
                argv,
                check=False,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                env={**secret.environment(), "LC_ALL": "C"},
                timeout=max(0.1, deadline.within(CALL_SECONDS).remaining()),
            )
        except subprocess.TimeoutExpired:
            raise errors.PowerError(f"the command {argv[0]} did not end in time") from None
        except OSError as exc:
            raise errors.PowerError(f"{argv[0]} cannot be run: {exc.strerror}") from exc
        if done.returncode != 0:
            printed = done.stderr.strip() or done.stdout.strip()
            said = printed.decode(errors="replace").splitlines()
            raise errors.PowerRefused(
                f"the command {argv[0]} ended with status {done.returncode}"
                + (f": {said[-1][:200]}" if said else ""),
                remedy="run it by hand",
            )
        return done.stdout.decode(errors="replace")
