# SPDX-License-Identifier: Apache-2.0
"""Probes servers at their addresses while a scenario runs, and records the gaps.

The probing itself is a process of its own (`probe_process`); this starts and ends it. May not
know: which gaps are too long.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from chaos.deadline import Deadline
from chaos.inventory.secret import environment
from migration_tests.record.events import Gap, HarnessError, ProbeReport
from migration_tests.record.history import Recorder

END_SECONDS = 60.0
SOURCE = "observers.probe"
BEGUN = b"{}\n"  # what the prober says when it begins


@dataclass(frozen=True)
class ProbeTarget:
    """A server to be probed.

    :ivar interval: seconds between two probes
    :ivar threshold: seconds; a longer gap counts as an outage
    """

    server: str
    address: str
    interval: float
    threshold: float


class Probe:
    """A running prober; `end` records one report for each server.

    :raises OSError: when no process can be started
    """

    def __init__(self, targets: Sequence[ProbeTarget], record: Recorder) -> None:
        self._targets = {target.server: target for target in targets}
        self._record = record
        # Its descriptors are its own: a pipe that another child inherits would never end.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "migration_tests.observers.probe_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
            bufsize=0,  # what `begun` does not read is left for the end
        )
        assert self._process.stdin is not None
        wanted = [
            {"name": one.server, "address": one.address, "interval": one.interval}
            for one in targets
        ]
        self._process.stdin.write(json.dumps({"targets": wanted}).encode() + b"\n")
        self._process.stdin.flush()

    def begun(self, deadline: Deadline) -> bool:
        """Wait until it probes; tell if it does. To be asked once.

        A server that has not been asked yet may be away unseen.
        """
        stdout = self._process.stdout
        assert stdout is not None
        ready, _, _ = select.select([stdout], [], [], deadline.remaining())
        return bool(ready) and stdout.readline() == BEGUN

    @property
    def running(self) -> bool:
        """Whether the prober is alive."""
        return self._process.poll() is None

    def end(self) -> None:
        """End the probing and record what it found; never raises."""
        try:
            output, said = self._process.communicate(timeout=END_SECONDS)
            reports = [json.loads(line) for line in output.splitlines() if line != BEGUN.strip()]
        except (subprocess.TimeoutExpired, OSError, ValueError) as error:
            self._process.kill()
            self._lost(f"{type(error).__name__}: {error}", tuple(self._targets))
            return
        for one in reports:
            self._record(_event(one, self._targets[one["name"]]))
        missing = tuple(set(self._targets) - {one["name"] for one in reports})
        if missing:
            last = said.decode(errors="replace").strip().splitlines()[-1:]
            status = self._process.returncode
            self._lost(f"the prober ended with status {status}: {''.join(last)}", missing)

    def _lost(self, error: str, servers: Sequence[str]) -> None:
        for server in servers:
            self._record(
                HarnessError(
                    where=SOURCE, error=error, lost=(ProbeReport.kind,), server=server
                )
            )


def _event(report: dict[str, object], target: ProbeTarget) -> ProbeReport:
    """Return the report of one target as an event; see ProbeReport for which gaps it lists."""
    gaps = report.pop("gaps")
    values = {key: report[key] for key in ("interval", "sent", "answered", "t_start", "t_end")}
    longest, error = float(str(report["longest"])), float(str(report["error"]))
    least = float(str(report["interval"])) + error
    assert isinstance(gaps, list)
    return ProbeReport(
        server=target.server,
        longest=longest,
        error=error,
        threshold=target.threshold,
        gaps=tuple(
            Gap(t_start=gap["t_start"], t_end=gap["t_end"], error=gap["error"])
            for gap in gaps
            if gap["t_end"] - gap["t_start"] > least
        ),
        **values,  # type: ignore[arg-type]
    )
