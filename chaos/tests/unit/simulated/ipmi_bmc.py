# SPDX-License-Identifier: Apache-2.0
"""A BMC over UDP, pyghmi's server side, whose machine is a real process it has born and kills.

Tells its port and then the process ID of every machine it starts. ``mode``:

honest      does what it says
liar        accepts "off", does nothing, and reads off until it is told "on"
deaf        accepts "off", does nothing, and reads on
forgetful   does not do the first two things it is told
slow        takes half a second to do a thing
no_on       accepts "on" and does nothing
observer    grants no user more than the privilege USER

A machine that is off has to be silent, but on the loopback a closed port is refused by a kernel
that is very much alive. So the listening socket stays open here, and while the machine is off its
queue is kept full: the kernel then drops all who want to connect.
"""

import os
import signal
import socket
import threading
import time

from pyghmi.ipmi import bmc
from pyghmi.ipmi.private import serversession

from chaos.tests.unit.simulated.fork_server import bear

SET_PRIVILEGE = 6, 0x3B


class Machine:
    """A process with a socket that outlives it."""

    def __init__(self, listener, config, tell):
        self.listener = listener
        self.config = config
        self.tell = tell
        self.process = None
        self.fillers = []
        self.lock = threading.Lock()

    def alive(self):
        return self.process is not None

    def on(self):
        with self.lock:
            if self.alive():
                return
            for filler in self.fillers:
                filler.close()
            self.fillers = []
            self.listener.listen(16)
            descriptors = [self.listener.fileno()]
            self.process = bear(self.config["nursery"], "ssh_server", self.config, descriptors)
            print(self.process.pid, file=self.tell, flush=True)
            # Dying by its own hand makes it silent as well.
            self.mourner = threading.Thread(target=self.mourn, daemon=True)
            self.mourner.start()

    def mourn(self):
        self.process.wait()
        with self.lock:
            self.process = None
            self.listener.listen(0)
            for _ in range(4):
                filler = socket.socket(self.listener.family)
                filler.setblocking(False)
                filler.connect_ex(self.listener.getsockname())
                self.fillers.append(filler)

    def off(self):
        process = self.process
        if process is not None:
            os.kill(process.pid, signal.SIGKILL)
            self.mourner.join()


class Bmc(bmc.Bmc):
    def __init__(self, user, password, machine, mode):
        super().__init__({user: password}, port=0, address="127.0.0.1")
        # pyghmi finds its sessions by this number; zero would lose them all.
        self.port = self.serversocket.getsockname()[1]
        self.machine = machine
        self.mode = mode
        self.told = 0
        self.pretended = None

    def ignores(self, word):
        self.told += 1
        if self.mode == "slow":
            time.sleep(0.5)
        if self.mode == "liar" and word == "off":
            self.pretended = "off"
            return True
        self.pretended = None
        if self.mode == "no_on" and word == "on":
            self.pretended = "on"
            return True
        if self.mode == "deaf":
            return word == "off"
        return self.mode == "forgetful" and self.told <= 2

    def power_off(self):
        if not self.ignores("off"):
            self.machine.off()

    def power_on(self):
        if not self.ignores("on"):
            self.machine.on()

    def get_power_state(self):
        return self.pretended or ("on" if self.machine.alive() else "off")


def grant_little(session, request, before=serversession.ServerSession.handle_client_request):
    """Refuse more than USER (2) as the specification has it: "exceeds user privilege limit"."""
    if (request["netfn"], request["command"]) == SET_PRIVILEGE and request["data"][0] > 2:
        session.send_ipmi_response(code=0x81)
    else:
        before(session, request)


def main(config, descriptors, tell):
    """Serve until killed.

    :param config: ``user``, ``password``, ``mode``, and what its machine needs
    :param descriptors: the listening socket of the machine
    """
    machine = Machine(socket.socket(fileno=descriptors[0]), config, tell)
    if config["mode"] == "observer":
        serversession.ServerSession.handle_client_request = grant_little
    server = Bmc(config["user"], config["password"], machine, config["mode"])
    print(server.port, file=tell, flush=True)
    machine.on()
    Bmc.listen()
