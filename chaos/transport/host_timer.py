# SPDX-License-Identifier: Apache-2.0
"""A timer on a host that recovers it from a fault, whatever becomes of those who are to do that.

It is armed before the injection and disarmed after the recovery. Where systemd runs, it is a
transient timer of it; elsewhere a process of its own, in a session of its own. Both have the
fault's name, so that an administrator can see what they are for.

Knows a shell on the host and what it is to run; nothing of the fault.
"""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from chaos import errors
from chaos.deadline import Deadline
from chaos.transport.shell import HostShell

SYSTEMD, PROCESS = "systemd", "process"

# What a timer of the host may be set to: shorter than that, it could be over before the fault is
# proved; longer than that, nobody would wait for it.
SHORTEST_SECONDS, LONGEST_SECONDS = 10.0, 3600.0

# So long after its time the timer has certainly run, and its commands have had the time to.
GRACE_SECONDS = 60.0

# Exit status of an injection that found the timer gone: nothing was done then.
NOT_ARMED = 75


def name_of(token: str) -> str:
    """Return how the timer of a fault is called on the host."""
    return f"migration-chaos-recover-{token}"


def why_not(seconds: float) -> list[str]:
    """Return why a timer may not be set to so many seconds; nothing if it may."""
    if SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        return []
    return [
        f"The host cannot be left to recover by itself after {seconds:g} s: choose "
        f"{SHORTEST_SECONDS:g} to {LONGEST_SECONDS:g} s (--recover-after)."
    ]


def as_script(commands: Sequence[Sequence[str]], word: str = ";") -> str:
    """Return commands as a text for a shell; by default each runs, whatever the others did."""
    return f" {word} ".join(shlex.join(command) for command in commands)


@dataclass(frozen=True)
class HostTimer:
    """One timer; frozen, as it stands in the journal.

    :ivar name: of its unit, or of its process
    :ivar driver: ``systemd`` or ``process``
    :ivar seconds: from its arming until its commands run
    """

    name: str
    driver: str
    seconds: float

    @property
    def done_mark(self) -> str:
        """The file on the host by which it says that its commands have run."""
        return f"/run/{self.name}.done"

    def describe(self) -> str:
        """Say what it is, for the record."""
        what = "timer of systemd" if self.driver == SYSTEMD else "process"
        return f"{what} {self.name}, after {self.seconds:g} s"

    def arm(
        self, shell: HostShell, commands: Sequence[Sequence[str]], deadline: Deadline
    ) -> None:
        """Set it, and see that it is set.

        :param commands: what recovers the host; each is run, whatever became of those before it
        :raises chaos.errors.TimerNotArmed: if it is not seen to wait; nothing may be injected then
        :raises chaos.errors.ShellError: if the host cannot be asked
        """
        script = as_script([*commands, ["touch", self.done_mark]])
        if self.driver == SYSTEMD:
            done = shell.run(self._systemd_run(script), deadline)
        else:
            waiting = f"sleep {self.seconds:g}; {script}"
            line = f"{shlex.join(['setsid', '--fork', 'sh', '-c', waiting, self.name])}"
            done = shell.run(["sh", "-c", f"{line} </dev/null >/dev/null 2>&1"], deadline)
        if done.exit_status or not self._seen(shell, deadline):
            said = (done.stderr or done.stdout).strip()[-300:] or "it does not show"
            raise errors.TimerNotArmed(
                f"the {self.describe()} could not be armed on {shell.host.name}: {said}",
                expected="a timer that is seen to wait before anything is injected",
            )

    def _systemd_run(self, script: str) -> list[str]:
        # systemd puts in the values of variables by itself.
        return [
            *("systemd-run", "--quiet", "--collect", f"--unit={self.name}"),
            *(f"--on-active={self.seconds:g}s", "--timer-property=AccuracySec=100ms"),
            "--description=Recovers the host from a fault of migration-chaos",
            *("/bin/sh", "-c", script.replace("$", "$$")),
        ]

    def _seen(self, shell: HostShell, deadline: Deadline) -> bool:
        return any(self.armed(shell, deadline) for _ in deadline.within(5.0).ticks(0.1))

    def test(self) -> list[str]:
        """Return the command that ends with status 0 while it waits."""
        if self.driver == SYSTEMD:
            return ["systemctl", "is-active", "--quiet", f"{self.name}.timer"]
        # The pattern does not match itself, nor the shell that carries it.
        return ["pgrep", "--full", f"[m]{self.name[1:]}"]

    def armed(self, shell: HostShell, deadline: Deadline) -> bool:
        """Tell whether it waits.

        :raises chaos.errors.ShellError: if the host cannot be asked
        """
        return shell.run(self.test(), deadline).exit_status == 0

    def disarm(self, shell: HostShell, deadline: Deadline) -> None:
        """Take it away, and see that it is gone; harmless if it is gone already.

        :raises chaos.errors.ShellError: if it still waits, or the host cannot be asked
        """
        if self.driver == SYSTEMD:
            shell.run(["systemctl", "stop", f"{self.name}.timer"], deadline)
        else:
            found = shell.run(self.test(), deadline).stdout.split()
            for pid in found:
                # It leads a group of its own: what it waits with goes too.
                shell.run(["kill", "-TERM", f"-{pid}"], deadline)
        for _ in deadline.within(5.0).ticks(0.1):
            if not self.armed(shell, deadline):
                shell.run(["rm", "-f", self.done_mark], deadline)
                return
        raise errors.ShellError(
            f"the {self.describe()} on {shell.host.name} cannot be disarmed",
            remedy="its commands have run already and do nothing the second time",
        )

    def fired(self, shell: HostShell, deadline: Deadline) -> bool:
        """Tell whether it has run; not known any more once it is disarmed."""
        return shell.run(["test", "-e", self.done_mark], deadline).exit_status == 0


def driver_of(shell: HostShell, deadline: Deadline) -> str:
    """Find out which kind of timer a host has; touches nothing.

    :raises chaos.errors.TimerNotArmed: if it has none
    :raises chaos.errors.ShellError: if it cannot be asked
    """
    systemd = "test -d /run/systemd/system && command -v systemd-run systemctl"
    if shell.run(["sh", "-c", systemd], deadline).exit_status == 0:
        return SYSTEMD
    if shell.run(["sh", "-c", "command -v setsid pgrep"], deadline).exit_status == 0:
        return PROCESS
    raise errors.TimerNotArmed(
        f"{shell.host.name} has nothing that could recover it by itself",
        expected="systemd, or the commands setsid and pgrep",
        remedy="install util-linux and procps there",
    )
