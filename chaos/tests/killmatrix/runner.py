# SPDX-License-Identifier: Apache-2.0
"""The runner that is killed: injects one fault, holds it for a while, recovers the host.

Knows the library as any caller of it does.
"""

import json
import os
import signal
import time

from chaos import faults
from chaos.deadline import Deadline
from chaos.inventory import load_inventory
from chaos.journal.state import StateFolder
from chaos.run import Run

HOLD_SECONDS = 2.0


def main(options):
    """Be the one that is killed."""
    inventory = load_inventory(options.hosts)

    def observe(kind, data):
        if kind == options.die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    with Run(inventory, state=StateFolder(options.state), name=options.run) as run:
        fault = faults.make_fault(
            options.fault, inventory.host(options.host), json.loads(options.words), run=run,
            deadline=Deadline.after(120), on_event=observe,
        )  # fmt: skip
        with fault:
            time.sleep(HOLD_SECONDS)
