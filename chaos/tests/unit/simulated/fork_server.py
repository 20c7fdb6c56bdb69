# SPDX-License-Identifier: Apache-2.0
"""A fork server: a process that has imported everything once and forks it when it is asked.

A Python that imports an SSH and an IPMI library takes half a second of processor time; the tests
start dozens of servers. One request per connection to an abstract Unix socket: JSON, and file
descriptors beside it. The connection stays with the new process: what it writes there goes to who
asked, and its end is the end of the process.
"""

import contextlib
import functools
import importlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import traceback

from chaos.tests.unit.simulated import die_with_parent

ROLES = ("ipmi_bmc", "redfish_bmc", "runner", "ssh_server")


class Process:
    """A process that a fork server has started.

    :ivar channel: what it says, as a file of text lines
    """

    def __init__(self, pid, connection):
        self.pid = pid
        self.channel = connection.makefile("r", encoding="utf-8")
        connection.close()

    def kill(self):
        """End it with SIGKILL and wait for its end."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self.rest = self.wait()

    def wait(self):
        """Return what else it says until its end."""
        with self.channel:
            return self.channel.read()


def start(server, role, config, descriptors=()):
    """Ask a fork server for a process.

    :param server: name of its socket
    :param config: given to the ``main`` of the role's module, with the server's name added
    :param descriptors: duplicated for it, in this order
    """
    connection = socket.socket(socket.AF_UNIX)
    connection.connect("\0" + server)
    request = json.dumps({"role": role, "config": {**config, "fork_server": server}}).encode()
    # A request must carry at least one descriptor for the system call that hands them over.
    given = list(descriptors) or [connection.fileno()]
    socket.send_fds(connection, [struct.pack("!I", len(request))], given)
    connection.sendall(request)
    (pid,) = struct.unpack("!I", connection.recv(4))
    return Process(pid, connection)


@functools.cache
def fork_server():
    """Return the name of this process's fork server; it ends with this process."""
    name = f"chaos-tests-{os.getpid()}-{os.urandom(8).hex()}"
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    process.stdout.readline()
    fork_server.process = process
    return name


def main():
    die_with_parent()
    here = "chaos.tests.unit.simulated"
    modules = {role: importlib.import_module(f"{here}.{role}") for role in ROLES}
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them here
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("\0" + sys.argv[1])
    listener.listen(64)
    print("ready", flush=True)
    while True:
        connection, _ = listener.accept()
        head, descriptors, _, _ = socket.recv_fds(connection, 4, 16)
        text = connection.makefile("rb").read(struct.unpack("!I", head)[0])
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            die_with_parent()
            listener.close()
            # By the new process itself: nothing that it says can come before.
            connection.sendall(struct.pack("!I", os.getpid()))
            request = json.loads(text)
            out = connection.makefile("w", encoding="utf-8", buffering=1)
            try:
                modules[request["role"]].main(request["config"], descriptors, out)
            except Exception:
                traceback.print_exc(file=out)
            finally:
                out.flush()
                sys.stderr.flush()
                os._exit(0)
        for descriptor in descriptors:
            os.close(descriptor)
        connection.close()


if __name__ == "__main__":
    main()
