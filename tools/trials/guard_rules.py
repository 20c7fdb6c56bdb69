# SPDX-License-Identifier: Apache-2.0
"""Others' servers, controllers, no other host: the cloud's rules keep a fault from a host."""

import sys

from counting import TOP, Count
from on_lab import Checks, OnLab, prove_on_lab

WORKER = str(TOP / "tools" / "workers" / "guard_rules.py")


def run() -> Count:
    """Make a lab with two hosts, run the worker in it, count what held."""
    return prove_on_lab("guard-rules", prove, "--computes", "2")


def prove(lab: OnLab, checks: Checks) -> None:
    """Take over what the worker found."""
    done = lab.exec("--", sys.executable, WORKER)
    for line in done.stdout.splitlines():
        verdict, _, what = line.partition(" ")
        if verdict in ("ok", "FAILED"):
            checks.check(what, verdict == "ok")
    checks.check("the worker ends well", done.returncode == 0, done.stderr[-1500:])
