# SPDX-License-Identifier: Apache-2.0
"""A BMC over UDP, pyghmi's server side, whose host is a real process that it starts and kills.

Prints its port and then the process ID of every host it starts. ``mode``:

honest      does what it says
liar        accepts "off", does nothing, and reads off until it is asked for "on"
deaf        accepts "off", does nothing, and reads on
forgetful   does not do the first two things it is asked for
slow        takes half a second to do a thing
no_on       accepts "on" and does nothing
busy        says "node busy" to the first two readings; always_busy to all
not_now     refuses "off" in its present state (completion code 0xD5)
reader      lets read and not switch (completion code 0xD4), whatever the session's privilege
already     refuses "on" to a host that is on (completion code 0xD5)
restarts    restarts a host that is on when it is asked for "on"
observer    grants no user more than the privilege USER

A host that is off has to be silent, but on the loopback a closed port is refused by a kernel
that is very much alive. So the listening socket stays open here, and while the host is off its
queue is kept full: the kernel then drops all who want to connect.
"""

import os
import signal
import socket
import threading
import time

from pyghmi.ipmi import bmc
from pyghmi.ipmi.private import serversession

from chaos.tests.unit.simulated.fork_server import start

SET_PRIVILEGE = 6, 0x3B


class HostProcess:
    """A process with a socket that outlives it."""

    def __init__(self, listener, config, out):
        self.listener = listener
        self.config = config
        self.out = out
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
            server = self.config["fork_server"]
            self.process = start(server, "ssh_server", self.config, descriptors)
            print(self.process.pid, file=self.out, flush=True)
            # Its own power-off makes it silent as well.
            self.reaper = threading.Thread(target=self.reap, daemon=True)
            self.reaper.start()

    def reap(self):
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
            self.reaper.join()


class Bmc(bmc.Bmc):
    def __init__(self, user, password, host, mode):
        super().__init__({user: password}, port=0, address="127.0.0.1")
        # pyghmi finds its sessions by this number; zero would lose them all.
        self.port = self.serversocket.getsockname()[1]
        self.host = host
        self.mode = mode
        self.asked = 0
        self.read = 0
        self.pretended = None

    def ignores(self, word):
        self.asked += 1
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
        return self.mode == "forgetful" and self.asked <= 2

    def power_off(self):
        if self.mode == "not_now":
            return 0xD5
        if self.mode == "reader":
            return 0xD4
        if not self.ignores("off"):
            self.host.off()
        return 0

    def power_on(self):
        if self.mode == "reader":
            return 0xD4
        if self.mode == "already" and self.host.alive():
            return 0xD5
        if self.mode == "restarts":
            self.host.off()
        if not self.ignores("on"):
            self.host.on()
        return 0

    def get_chassis_status(self, session):
        self.read += 1
        if self.mode == "always_busy" or (self.mode == "busy" and self.read <= 2):
            session.send_ipmi_response(code=0xC0)
        else:
            super().get_chassis_status(session)

    def get_power_state(self):
        return self.pretended or ("on" if self.host.alive() else "off")


def grant_little(session, request, before=serversession.ServerSession.handle_client_request):
    """Refuse more than USER (2) as the specification has it: "exceeds user privilege limit"."""
    if (request["netfn"], request["command"]) == SET_PRIVILEGE and request["data"][0] > 2:
        session.send_ipmi_response(code=0x81)
    else:
        before(session, request)


def main(config, descriptors, out):
    """Serve until killed.

    :param config: ``user``, ``password``, ``mode``, and what its host needs
    :param descriptors: the listening socket of the host
    """
    host = HostProcess(socket.socket(fileno=descriptors[0]), config, out)
    if config["mode"] == "observer":
        serversession.ServerSession.handle_client_request = grant_little
    server = Bmc(config["user"], config["password"], host, config["mode"])
    print(server.port, file=out, flush=True)
    host.on()
    Bmc.listen()
