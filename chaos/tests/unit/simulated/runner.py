# SPDX-License-Identifier: Apache-2.0
"""A runner that injects a fault and is killed before it can undo it."""

import logging
import os
import signal
from pathlib import Path

from chaos.deadline import Deadline
from chaos.faults.power_off import PowerOff
from chaos.inventory import load_inventory
from chaos.journal import state
from chaos.journal.state import StateFolder
from chaos.power import bmc_power
from chaos.run import Run
from chaos.tests.unit.host_fixture import GUARD
from chaos.witnesses import ssh_banner, tcp
from chaos.witnesses.bmc import BmcWitness


def main(config, descriptors, tell):
    """Kill the host of a folder, and die at the event ``die_at``.

    :param tell: gets all that the runner logs and observes
    """
    logging.basicConfig(level=logging.DEBUG, stream=tell)
    ssh_banner.LOOK_SECONDS = tcp.LOOK_SECONDS = 0.3
    folder = Path(config["folder"])
    state.TEMPORARY = ()
    inventory = load_inventory(folder / "hosts.yaml")
    host = inventory.host("compute1")
    run = Run(
        inventory,
        state=StateFolder(folder / "state"),
        name="run",
        kept=config.get("kept", False),
        lease_seconds=config.get("lease_seconds", 60.0),
    )
    run.begin()
    look = (
        BmcWitness(bmc_power(host)),
        ssh_banner.SshBannerWitness(host.ssh),
        tcp.TcpWitness("127.0.0.1", host.ssh.port),
    )

    def observe(kind, data):
        print(kind, data, file=tell, flush=True)
        if kind == config["die_at"]:
            os.kill(os.getpid(), getattr(signal, config.get("die_of", "SIGKILL")))

    fault = PowerOff(
        host,
        via="ipmi",
        run=run,
        deadline=Deadline.after(30),
        observe=observe,
        guard=GUARD,
        look=look,
    )
    fault.setUp()
    print("nobody killed the runner", file=tell, flush=True)
