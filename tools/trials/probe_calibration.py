# SPDX-License-Identifier: Apache-2.0
"""The gap probe against drops of known length: its error is within the bound it states itself.

The suite's own prober asks a host and a guest of the lab for echoes while links drop for 50, 200
and 1000 ms; first on the lab as it is, then with twice as many busy processes as processors.
"""

import contextlib
import dataclasses
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import guests
from counting import Count
from on_lab import COMMAND, Checks, OnLab, TrialError, prove_on_lab

HOST, ADDRESS = "compute1", "172.30.1.11"
# As the suite probes by default, and finer.
INTERVALS = (0.01, 0.005)
DROPS = {50: 6, 200: 6, 1000: 3}  # milliseconds: how often
# Each is longer by so much than the one before: drops of whole intervals begin and end in the
# same part of one, and two errors hide each other.
LONGER = 1.3
LATE = 0.2  # seconds; the prober's: what is shorter is a single probe that was lost or slow
REST = 0.6  # seconds between drops, for answers that are late


@dataclasses.dataclass(frozen=True)
class Drop:
    """A drop as the lab measured it: monotonic seconds, and milliseconds."""

    nominal: int
    begin: float
    end: float
    ms: float
    error_ms: float


def run() -> Count:
    """Make the lab and calibrate."""
    return prove_on_lab("calibration", prove, "--computes", "1")


def prove(lab: OnLab, checks: Checks) -> None:
    """Calibrate on the lab that is up."""
    guest = lab.ask(guests.boot, "calibration", HOST, "m.shared")
    # A guest on a compute host is reached through its tunnel to the controller.
    targets = {"host": (ADDRESS, "management"), "guest": (guest["address"], "tunnel")}
    for load in ("idle", "busy"):
        for name, (address, network) in targets.items():
            with busy() if load == "busy" else contextlib.nullcontext():
                found = measure(lab, address, network)
            judge(checks, f"{name}, {load}", *found)


@contextlib.contextmanager
def busy() -> Iterator[None]:
    """Keep all processors busy, twice over."""
    command = [sys.executable, "-c", "while True: pass"]
    loops = [subprocess.Popen(command) for _ in range(2 * (os.cpu_count() or 1))]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def measure(lab: OnLab, address: str, network: str) -> tuple[list[Drop], dict[str, Any]]:
    """Drop a link again and again under the prober; return the drops and its reports by name."""
    prober = subprocess.Popen(
        [
            *(COMMAND, "lab", "exec", "--name", lab.name, "--"),
            *(sys.executable, "-m", "migration_tests.observers.probe_process"),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    targets = [
        {"name": f"{interval * 1000:g} ms", "address": address, "interval": interval}
        for interval in INTERVALS
    ]
    assert prober.stdin
    try:
        prober.stdin.write(json.dumps({"targets": targets}) + "\n")
        prober.stdin.flush()
        time.sleep(REST)
        drops = [
            drop(lab, network, nominal, nominal + number * LONGER)
            for nominal, times in DROPS.items()
            for number in range(times)
        ]
        said, _ = prober.communicate(timeout=60)
    finally:
        prober.kill()
        prober.wait()
    reports = [json.loads(line) for line in said.splitlines()]
    if len(reports) != len(targets):
        raise TrialError("the prober ended without a report")
    return drops, {report["name"]: report for report in reports}


def drop(lab: OnLab, network: str, nominal: int, milliseconds: float) -> Drop:
    """Drop the host's link once.

    :param nominal: which kind of drop it is.
    """
    done = subprocess.run(
        [
            *(COMMAND, "lab", "fault", "drop", HOST, "--name", lab.name, "--network", network),
            *("--ms", str(milliseconds), "-f", "json"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise TrialError(f"lab fault drop: {done.stderr.strip()}")
    time.sleep(REST)
    found = json.loads(done.stdout)
    return Drop(nominal, found["begin"], found["end"], found["ms"], found["error ms"])


def judge(checks: Checks, where: str, drops: list[Drop], reports: dict[str, Any]) -> None:
    """Hold each report against the drops."""
    for name, report in reports.items():
        gaps = report["gaps"]
        used = []
        for nominal in DROPS:
            errors, beyond, missed = [], [], 0
            for one in (each for each in drops if each.nominal == nominal):
                gap = overlapping(gaps, one)
                if gap is None:
                    missed += 1
                    continue
                used.append(gap)
                error = (gap["t_end"] - gap["t_start"]) * 1000 - one.ms
                errors.append(error)
                if abs(error) > gap["error"] * 1000 + one.error_ms:
                    beyond.append(f"{error:+.1f} ms, stated {gap['error'] * 1000:.1f} ms")
            what = f"{where}, every {name}: {nominal} ms"
            checks.check(f"{what}: every drop is one gap", missed == 0, f"{missed} missed")
            if errors:
                three = (min(errors), statistics.median(errors), max(errors))
                checks.check(
                    f"{what}: error in ms (min, median, max) within its bound",
                    not beyond,
                    "; ".join([", ".join(f"{each:+.1f}" for each in three), *beyond]),
                )
        others = [gap for gap in gaps if gap not in used and gap["t_end"] - gap["t_start"] > LATE]
        what = f"{where}, every {name}: gaps besides the drops"
        if where.startswith("host"):
            checks.check(what, not others, len(others))
        else:
            # An emulated guest does pause by itself when others want the processors.
            print(f"       {what}: {len(others)}")


def overlapping(gaps: list[dict[str, float]], drop: Drop) -> dict[str, float] | None:
    """Return the longest gap that overlaps a drop."""
    found = [gap for gap in gaps if gap["t_start"] < drop.end and gap["t_end"] > drop.begin]
    return max(found, key=lambda gap: gap["t_end"] - gap["t_start"], default=None)
