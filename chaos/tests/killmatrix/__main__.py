# SPDX-License-Identifier: Apache-2.0
"""The command ``python -m chaos.tests.killmatrix``; see the package."""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys

from chaos import faults
from chaos.inventory import load_inventory
from chaos.journal.state import StateFolder
from chaos.tests import killmatrix
from chaos.tests.killmatrix import cases, cost, runner
from chaos.tests.killmatrix.health import wait_until_well
from chaos.tests.killmatrix.other_failures import OtherFailures


class Matrix:
    """All kills of one host.

    :param options: of the command line
    """

    def __init__(self, options):
        self.options = options
        self.state = StateFolder(options.state)
        self.inventory = load_inventory(options.hosts)
        self.host = self.inventory.host(options.host)
        self.restored = self.all = 0
        self.slowest = dict.fromkeys(sorted(faults.KINDS), 0.0)

    def kill(self, case):
        """Let one runner begin, and die."""
        name = f"kill-{os.getpid()}-{self.all}"
        words = ["--run", name, "--fault", case.fault]
        words += ["--words", json.dumps(case.words), "--die-at", case.phase]
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", killmatrix.__name__, "--hosts", self.options.hosts),
                *("--host", self.options.host, "--state", str(self.state.path), *words),
            ],
            stderr=subprocess.PIPE,
            text=True,
        )
        if not case.phase:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(case.delay)
            process.kill()
        said = process.communicate()[1]
        took, wrong = wait_until_well(self.host, self.state.journal(name))
        if case.phase and process.returncode != -signal.SIGKILL:
            wrong = wrong or f"the runner was not killed: {said[-300:]}"
        self.all += 1
        self.restored += not wrong
        self.slowest[case.fault] = max(self.slowest[case.fault], took)
        words = f"{case.what:28} {case.when:12} {took:6.1f} s"
        print(f"{words}  {wrong or 'restored'}", flush=True)

    def others(self):
        """Let all else happen; return how much of it ended well, and how much there was."""
        others = OtherFailures(self.inventory, self.host, self.state)
        good = 0
        for title, happen in others.all():
            wrong = happen()
            took, ill = wait_until_well(self.host, *(run.journal for run in others.open_runs()))
            wrong = wrong or ill
            good += not wrong
            print(f"{title:37} {took:6.1f} s  {wrong or 'restored'}", flush=True)
        return good, len(others.all())

    def run(self):
        """Do all of it; return 0 if every host came back."""
        chosen = self.options.faults or sorted(faults.KINDS)
        if not self.options.only_others:
            for case in cases.phases(chosen):
                self.kill(case)
            for case in cases.at_random(chosen, self.options.random, self.options.seed):
                self.kill(case)
        good, every = (0, 0) if self.options.faults else self.others()
        bare = cost.bare_cycle(self.host)
        print(f"bare power cycle until all services run: {bare:.1f} s")
        print("from the runner's death to the host restored, at most:")
        for fault, took in self.slowest.items():
            if took:
                print(f"  {fault:28} {took:6.1f} s, {took / bare:.2f} of that")
        print(json.dumps(cost.keeper_at_rest(self.inventory, self.state)))
        print(f"besides {good}/{every}")
        print(f"restored {self.restored}/{self.all} (seed {self.options.seed})")
        return 0 if (self.restored, good) == (self.all, every) else 1


def main():
    parser = argparse.ArgumentParser(prog=f"python -m {killmatrix.__name__}",
                                     description=killmatrix.__doc__)  # fmt: skip
    parser.add_argument("--hosts", required=True, help="the hosts file")
    parser.add_argument("--host", required=True, help="the host to be disturbed")
    parser.add_argument("--state", help="folder of the journals")
    parser.add_argument("--random", type=int, default=10, metavar="N", help="kills at random")
    parser.add_argument("--seed", type=int, default=1, help="of what is random")
    parser.add_argument(
        "--only-others", action="store_true", help="no kill of a run, only what else may happen"
    )
    parser.add_argument(
        "--faults", nargs="*", choices=sorted(faults.KINDS), metavar="FAULT",
        help="only kills of runs with these (default: all)",
    )  # fmt: skip
    for hidden in ("--run", "--fault", "--words", "--die-at"):
        parser.add_argument(hidden, default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        return runner.main(options)
    return Matrix(options).run()


if __name__ == "__main__":
    sys.exit(main())
