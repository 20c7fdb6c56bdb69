# SPDX-License-Identifier: Apache-2.0
"""What being restored costs: a bare power cycle to compare with, and a keeper that waits.

Switches the host off and on by its BMC, without a fault or a journal.
"""

import os
import time
from pathlib import Path

from chaos.deadline import Deadline
from chaos.journal import registry
from chaos.power import bmc_power
from chaos.run import Run
from chaos.tests.killmatrix.health import wait_until_well

SWITCH_SECONDS = 60
REST_SECONDS = 30


def bare_cycle(host):
    """Seconds from power on to all services, with nothing of ours between."""
    power = bmc_power(host)
    power.off(Deadline.after(SWITCH_SECONDS))
    began = time.monotonic()
    power.on(Deadline.after(SWITCH_SECONDS))
    wait_until_well(host)
    return time.monotonic() - began


def keeper_at_rest(inventory, state):
    """What a keeper costs while it waits: memory in MiB, processor in per cent of one core."""
    with Run(inventory, state=state) as run:
        run.require_keeper()
        pid = int(registry.keeper_path(run.journal.path).read_text())
        before = _ticks(pid)
        time.sleep(REST_SECONDS)
        spent = (_ticks(pid) - before) / os.sysconf("SC_CLK_TCK") / REST_SECONDS * 100
        smaps = Path(f"/proc/{pid}/smaps_rollup").read_text()
        pss = next(line for line in smaps.splitlines() if line.startswith("Pss:"))
        memory = int(pss.split()[1]) / 1024
    return {"keeper_mib": round(memory, 1), "keeper_cpu_percent": round(spent, 2)}


def _ticks(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
