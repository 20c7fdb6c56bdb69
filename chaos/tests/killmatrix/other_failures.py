# SPDX-License-Identifier: Apache-2.0
"""What else may happen to a run, besides its death: to its keeper, by impatience, by another run.

Each as a way to let it happen, which returns what is wrong; afterwards the host has to be well and
the journal closed, as after a kill. The fault is one that a host gets over in seconds.
"""

import json
import os
import signal
import subprocess
import sys

from chaos import errors
from chaos.deadline import Deadline
from chaos.journal import registry
from chaos.run import Run
from chaos.tests.killmatrix.health import well
from chaos.tests.unit import cli_app

FAULT, SERVICE = "service_stop", "compute"
SECONDS = 60.0
# So long nobody may have brought the host back, where nobody is left to do it.
FORSAKEN_SECONDS = 5.0


class OtherFailures:
    """Runs with one host, and what happens to them.

    :param inventory: the hosts file's content
    :param host: that is disturbed
    :param state: the folder of all runs
    """

    def __init__(self, inventory, host, state):
        self._inventory = inventory
        self._host = host
        self._state = state

    def all(self):
        """Return a title and a function for each."""
        return (
            ("keeper killed, run lives", self.keeper_killed),
            ("keeper killed, then the run", self.both_killed),
            ("interrupted twice", self.interrupted_twice),
            ("a second run", self.second_run),
        )

    def keeper_killed(self):
        """The run recovers by itself what it has disturbed."""
        with InjectedRun(self) as injected:
            injected.kill_keeper()
            status = injected.interrupt()
        return "" if status == 0 else f"the run ended with status {status}"

    def both_killed(self):
        """Nobody is left: status says so, the next run refuses, recover repairs."""
        with InjectedRun(self) as injected:
            injected.kill_keeper()
            injected.process.kill()
            injected.process.wait()
        for _ in Deadline.after(FORSAKEN_SECONDS).ticks(0.5):
            if not well(self._host, Deadline.after(20)):
                return "the host came back though nobody was left"
        status, document = self.command("status")
        if status != 1 or document["faults"][0]["keeper_alive"]:
            return f"status says {document}"
        try:
            Run(self._inventory, state=self._state).begin()
            return "the next run began over an open journal"
        except errors.RunRefused as exc:
            if "migration-chaos recover" not in str(exc):
                return f"the next run was refused without advice: {exc}"
        status, document = self.command("recover")
        return "" if status == 0 else f"recover: {document}"

    def interrupted_twice(self):
        """The second interrupt ends the run at once; its keeper puts the host right."""
        with InjectedRun(self) as injected:
            # Both at once: the second finds the first noted and not served.
            injected.process.send_signal(signal.SIGSTOP)
            injected.process.send_signal(signal.SIGINT)
            injected.process.send_signal(signal.SIGTERM)
            injected.process.send_signal(signal.SIGCONT)
            status = injected.process.wait(SECONDS)
        return "" if status == 130 else f"the run ended with status {status}"

    def second_run(self):
        """The second is refused with the holder's name, and the first goes on."""
        with InjectedRun(self) as injected:
            status, document = self.command("inject", *self.words())
            holder = injected.run().holder
            status_of_first = injected.interrupt()
        error = document.get("error", {})
        if (status, error.get("kind")) != (2, "RunRefused") or str(holder) not in error["found"]:
            return f"the second run was not refused for {holder}: {document}"
        return "" if status_of_first == 0 else f"the first ended with status {status_of_first}"

    # --- how it is done ---------------------------------------------------------------------

    def words(self):
        """The fault in words of the command line."""
        hosts = str(self._inventory.path)
        return (FAULT, self._host.name, "--service", SERVICE, "--hosts", hosts)

    def argv(self, *words):
        """The command line of a command of the library."""
        return [
            *(sys.executable, "-m", cli_app.__name__, *words),
            *("--state", str(self._state.path), "--json"),
        ]

    def command(self, *words):
        """Run a command to its end; return its exit status and its document."""
        done = subprocess.run(
            self.argv(*words), capture_output=True, text=True, check=False, timeout=300
        )
        return done.returncode, json.loads(done.stdout)

    def open_runs(self):
        """The runs that have something open now."""
        return [run for run in registry.read_runs(self._state) if run.open]


class InjectedRun:
    """A run that has injected the fault and holds it, inside the ``with`` block."""

    def __init__(self, others):
        self._others = others
        self.process = subprocess.Popen(
            others.argv("inject", *others.words()),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self):
        for _ in Deadline.after(SECONDS).ticks(0.1):
            entries = [entry for run in self._others.open_runs() for entry in run.open]
            if any(entry.last == "injected" for entry in entries):
                return self
        self.__exit__()
        raise AssertionError(f"nothing was injected within {SECONDS:g} s")

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def run(self):
        """The run as its files say."""
        (found,) = self._others.open_runs()
        return found

    def kill_keeper(self):
        """Kill the keeper and see it dead."""
        journal = self.run().journal
        os.kill(int(registry.keeper_path(journal).read_text()), signal.SIGKILL)
        for _ in Deadline.after(SECONDS).ticks(0.05):
            if not registry.read_run(journal).keeper_alive:
                return

    def interrupt(self):
        """Interrupt it once, and return its exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(SECONDS)
