# SPDX-License-Identifier: Apache-2.0
"""A host as one process: serves SSH on an inherited socket until somebody kills it.

Commands run for real in a shell, but for the few that ask who the host is or end it.
"""

import contextlib
import logging
import os
import shlex
import signal
import socket
import subprocess
import threading
import uuid
from pathlib import Path

import paramiko

from chaos.tests.unit.simulated.fork_server import start
from chaos.witnesses.guests import COUNT

POWER_OFF = "poweroff --force --force --no-sync"
RESTART = "reboot --force --force --no-sync"


class Login(paramiko.ServerInterface):
    def __init__(self, authorized, config, listener):
        self.authorized = authorized
        self.config = config
        self.listener = listener
        self.facts = {
            "cat /proc/sys/kernel/random/boot_id": str(uuid.uuid4()),
            "cat /etc/machine-id": config["machine_id"],
            "id -u": config["uid"],
            "poweroff --no-sync --help": "poweroff [OPTIONS...]",
            # Its first process is this one.
            "cat /proc/1/stat /proc/stat": "".join(
                Path(name).read_text() for name in ("/proc/self/stat", "/proc/stat")
            ),
        }
        if not config.get("within"):
            # Guests of the machine that the test runs on are not its own.
            self.facts[shlex.join(COUNT)] = "0"

    def check_auth_publickey(self, username, key):
        fits = username == "root" and key.get_base64() == self.authorized
        return paramiko.AUTH_SUCCESSFUL if fits else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username):
        return "publickey"

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel, command):
        threading.Thread(
            target=self.execute, args=(channel, command.decode()), daemon=True
        ).start()
        return True

    def execute(self, channel, command):
        with contextlib.suppress(OSError, EOFError):
            if command == "cat":
                while part := channel.recv(4096):
                    channel.sendall(part)
                channel.send_exit_status(0)
                channel.shutdown_write()
                channel.close()
                return
            if command.startswith("stream "):
                self.stream(channel, shlex.split(command)[1])
                return
            # Until its end has come: the client sends it after it has heard that we accept.
            given = channel.makefile("rb").read()
            if command == POWER_OFF:
                os.kill(os.getpid(), signal.SIGKILL)
            if command == RESTART:
                if self.config.get("boot"):
                    subprocess.run(self.config["boot"], check=True, capture_output=True)
                # The next one inherits the socket; who knocks meanwhile waits in its queue.
                descriptors = [self.listener.fileno()]
                start(self.config["fork_server"], "ssh_server", self.config, descriptors)
                os.kill(os.getpid(), signal.SIGKILL)
            if command in self.facts:
                channel.sendall(self.facts[command].encode() + b"\n")
                status = 0
            else:
                done = subprocess.run(
                    [*self.config.get("within", ()), "sh", "-c", command],
                    check=False, input=given, capture_output=True,
                )  # fmt: skip
                channel.sendall(done.stdout)
                channel.sendall_stderr(done.stderr)
                status = done.returncode
            if status < 0:  # a signal: no exit status, as in OpenSSH
                channel.close()
                return
            channel.send_exit_status(status)
            channel.shutdown_write()
            channel.close()


    def stream(self, channel, script):
        """Run a script and send what it prints as it comes; take no input."""
        run = subprocess.Popen(["sh", "-c", script], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
        try:
            while part := run.stdout.read1(4096):
                channel.sendall(part)
        finally:
            run.kill()
            run.wait()


def main(config, descriptors, out):
    """Serve until killed.

    :param config: ``host_key``, ``authorized`` (files), ``machine_id``, ``uid``; ``within``: a
        command in front of every command that runs for real; ``boot``: what a restart does there
    :param descriptors: the listening socket
    """
    # Witnesses that only want the greeting are no error worth a page of text.
    logging.getLogger("paramiko").addHandler(logging.NullHandler())
    with open(config["authorized"], encoding="ascii") as lines:
        authorized = lines.read().split()[1]
    host_key = paramiko.ECDSAKey.from_private_key_file(config["host_key"])
    listener = socket.socket(fileno=descriptors[0])
    login = Login(authorized, config, listener)
    kept = []  # a transport that is not referred to would be collected
    while True:
        connection, _ = listener.accept()
        transport = paramiko.Transport(connection)
        transport.add_server_key(host_key)
        with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
            transport.start_server(threading.Event(), login)
            kept.append(transport)
