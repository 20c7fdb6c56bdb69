# SPDX-License-Identifier: Apache-2.0
"""Kills the runner at every phase of every fault, and counts how often the host comes back.

``python -m chaos.tests.killmatrix --hosts hosts.yaml --host compute1``, run where the host's
network is (in the lab: ``migration-chaos lab exec -- ...``). It really harms the host, again and
again. After each kill nothing is done but wait: then the host has to be up, its services have to
run, and the journal has to be closed. Prints ``restored n/n``, and how long that took beside a
bare power cycle.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from chaos import errors, faults, registry
from chaos.deadline import Deadline
from chaos.inventory import load_inventory
from chaos.journal import Journal
from chaos.power import PowerState, bmc_power
from chaos.run import Run
from chaos.services import NAMES, service_control
from chaos.shell import HostShell
from chaos.state import StateFolder
from chaos.witnesses.boot_id import read_boot_id
from chaos.witnesses.process import read_stat

PHASES = (
    "fault.reading",
    "fault.journalled",
    "fault.injecting",
    "fault.injected",
    "fault.recovering",
    "fault.recovered",
)
# A kill at random falls somewhere in the life of a fault.
RANDOM_SECONDS = 12.0
RESTORE_SECONDS = 300.0


def runner(options):
    """Be the one that is killed."""
    inventory = load_inventory(options.hosts)

    def observe(kind, data):
        if kind == options.die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    with Run(inventory, state=StateFolder(options.state), name=options.run) as run:
        fault = faults.make(
            options.fault, inventory.host(options.host), options.option, run=run,
            deadline=Deadline.after(120), observe=observe,
        )  # fmt: skip
        with fault:
            time.sleep(2)


def well(host, deadline):
    """Return what is wrong with the host; nothing if it is as before."""
    try:
        power = bmc_power(host)
        if power is not None and power.status(deadline) is not PowerState.ON:
            return "its power is not on"
        with HostShell(host) as shell:
            read_boot_id(shell, deadline)
            for name in NAMES:
                pid = service_control(host, name, shell).pid(deadline)
                stat = read_stat(shell, pid, deadline) if pid else None
                if stat is None or stat.state in "TtZX":
                    return f"its {name} service does not run"
    except errors.ChaosError as exc:
        return exc.found
    return ""


def wait_until_well(host, journal, seconds):
    """Wait; return how long it took, and what is wrong at the end."""
    began = time.monotonic()
    wrong = ""
    for _ in Deadline.after(seconds).ticks(0.25):
        wrong = "the journal is open" if Journal(journal).open_entries() else ""
        wrong = wrong or well(host, Deadline.after(20))
        if not wrong:
            break
    return time.monotonic() - began, wrong


class Matrix:
    """All kills of one host.

    :param options: of the command line
    """

    def __init__(self, options):
        self.options = options
        self.state = StateFolder(options.state)
        self.host = load_inventory(options.hosts).host(options.host)
        self.restored = self.all = 0
        self.slowest = 0.0

    def kill(self, fault, option="", phase="", delay=0.0):
        """Let one runner begin, and die."""
        name = f"kill-{os.getpid()}-{self.all}"
        words = ["--run", name, "--fault", fault, "--option", option, "--die-at", phase]
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "chaos.tests.killmatrix", "--hosts", self.options.hosts),
                *("--host", self.options.host, "--state", str(self.state.path), *words),
            ],
            stderr=subprocess.PIPE,
            text=True,
        )
        if not phase:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(delay)
            process.kill()
        said = process.communicate()[1]
        path = self.state.journal(name)
        took, wrong = wait_until_well(self.host, path, RESTORE_SECONDS)
        self.all += 1
        if phase and process.returncode != -signal.SIGKILL:
            wrong = wrong or f"the runner was not killed: {said[-300:]}"
        self.restored += not wrong
        self.slowest = max(self.slowest, took)
        at = phase.removeprefix("fault.") or f"{delay:.1f} s"
        print(f"{fault:15} {option:8} {at:12} {took:6.1f} s  {wrong or 'restored'}", flush=True)

    def run(self):
        """Do all of it; return 0 if every host came back."""
        for fault, kind in faults.KINDS.items():
            values = {"via": ("ssh", ""), "service": NAMES}.get(kind.option, ("",))
            for value in values:
                for phase in PHASES:
                    self.kill(fault, value, phase)
        chance = random.Random(self.options.seed)
        for _ in range(self.options.random):
            fault = chance.choice(sorted(faults.KINDS))
            self.kill(fault, delay=chance.uniform(0.0, RANDOM_SECONDS))
        bare = self.bare()
        print(f"bare power cycle until all services run: {bare:.1f} s")
        print(f"slowest restore: {self.slowest:.1f} s, {self.slowest / bare:.2f} of that")
        print(json.dumps(self.keeper_at_rest()))
        print(f"restored {self.restored}/{self.all} (seed {self.options.seed})")
        return 0 if self.restored == self.all else 1

    def bare(self):
        """Seconds from power on to all services, with nothing of ours between."""
        power = bmc_power(self.host)
        power.off(Deadline.after(60))
        began = time.monotonic()
        power.on(Deadline.after(60))
        for _ in Deadline.after(RESTORE_SECONDS).ticks(0.25):
            if not well(self.host, Deadline.after(20)):
                break
        return time.monotonic() - began

    def keeper_at_rest(self):
        """What a keeper costs while it waits: memory in MiB, processor in per cent of one core."""
        with Run(load_inventory(self.options.hosts), state=self.state) as run:
            run.require_keeper()
            pid = int(registry.keeper_path(run.journal.path).read_text())
            before = _ticks(pid)
            time.sleep(30)
            spent = (_ticks(pid) - before) / os.sysconf("SC_CLK_TCK") / 30 * 100
            smaps = Path(f"/proc/{pid}/smaps_rollup").read_text()
            pss = next(line for line in smaps.splitlines() if line.startswith("Pss:"))
            memory = int(pss.split()[1]) / 1024
        return {"keeper_mib": round(memory, 1), "keeper_cpu_percent": round(spent, 2)}


def _ticks(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", required=True, help="the hosts file")
    parser.add_argument("--host", required=True, help="the host to be harmed")
    parser.add_argument("--state", help="folder of the journals")
    parser.add_argument("--random", type=int, default=10, metavar="N", help="kills at random")
    parser.add_argument("--seed", type=int, default=1, help="of what is random")
    for hidden in ("--run", "--fault", "--option", "--die-at"):
        parser.add_argument(hidden, default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        return runner(options)
    return Matrix(options).run()


if __name__ == "__main__":
    sys.exit(main())
