# SPDX-License-Identifier: Apache-2.0
"""A runner that injects a fault and is killed before it can recover the host."""

import logging
import os
import signal
from pathlib import Path

from chaos.deadline import Deadline
from chaos.faults.panic import Panic
from chaos.faults.power_off import PowerOff
from chaos.inventory import load_inventory
from chaos.journal import state
from chaos.journal.state import StateFolder
from chaos.power import bmc_power
from chaos.run import Run
from chaos.tests.unit.host_fixture import GUARD
from chaos.witnesses import init_start, ssh_banner, tcp
from chaos.witnesses.bmc import BmcWitness


def main(config, descriptors, out):
    """Power off the host of a folder, or crash it, and die at the event ``die_at``.

    :param config: ``hold``: the service that is held back while the host is crashed
    :param out: gets all that the runner logs and observes
    """
    logging.basicConfig(level=logging.DEBUG, stream=out)
    ssh_banner.LOOK_SECONDS = tcp.LOOK_SECONDS = 0.3
    folder = Path(config["folder"])
    state.TEMPORARY = ()
    inventory = load_inventory(folder / "hosts.yaml")
    host = inventory.host("compute1")
    run = Run(
        inventory,
        state=StateFolder(folder / "state"),
        name="run",
        keeper=config.get("keeper", False),
        lease_seconds=config.get("lease_seconds", 60.0),
    )
    run.begin()
    def on_event(kind, data):
        print(kind, data, file=out, flush=True)
        if kind == config["die_at"]:
            os.kill(os.getpid(), getattr(signal, config.get("die_of", "SIGKILL")))

    common = {"run": run, "deadline": Deadline.after(60), "on_event": on_event, "guard": GUARD}
    if "hold" in config:
        init_start.TOLERANCE_SECONDS = 0.05
        Panic(host, hold=config["hold"], **common).setUp()
    else:
        witnesses = (
            BmcWitness(bmc_power(host)),
            ssh_banner.SshBannerWitness(host.ssh),
            tcp.TcpWitness("127.0.0.1", host.ssh.port),
        )
        PowerOff(host, via="bmc", witnesses=witnesses, **common).setUp()
    print("nobody killed the runner", file=out, flush=True)
