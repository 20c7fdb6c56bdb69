# SPDX-License-Identifier: Apache-2.0
"""A host in a network namespace of its own; the test is in another, and virtual links join them.

There is one pair of veth devices for SSH and one for storage. Commands over SSH run in the host's
namespace for real. Needs root; nothing of it is in the network of the machine that the test runs
on.
"""

import contextlib
import ctypes
import os
import shutil
import subprocess
import unittest

import fixtures

from chaos.deadline import Deadline
from chaos.tests.unit.host_fixture import HostFixture
from chaos.tests.unit.simulated.fork_server import fork_server, start

TOOLS = ("nft", "ip", "tc", "ping", "unshare", "nsenter", "setsid", "setpriv", "pgrep")
CLONE_NEWNET = 0x40000000
# No systemd of the machine that the test runs on is found there: its timers would act elsewhere.
HOLD = "mount -t tmpfs none /run && echo ready && exec sleep infinity"
INTO = ("nsenter", "--net", "--mount", "--target")
OWN = "/proc/thread-self/ns/net"

# Name of the host's end, its address, and the test's.
LINKS = {
    "management": ("mgmt0", "10.77.1.2", "10.77.1.1"),
    "storage": ("stor0", "10.77.2.2", "10.77.2.1"),
}

_LIBC = ctypes.CDLL(None, use_errno=True)


def why_not():
    """Why there can be no such host here; "" if there can."""
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        return f"not installed here: {', '.join(missing)}"
    if os.geteuid():
        return "networks of their own need root"
    words = ["unshare", "--net", "--mount", "true"]
    done = subprocess.run(words, check=False, capture_output=True)
    return "" if done.returncode == 0 else "this root may not make networks"


skip_without_namespaces = unittest.skipIf(why_not(), why_not())


def call(*words):
    subprocess.run(words, check=True, capture_output=True)


def answers(address, within=()):
    """Whether somebody answers a ping, sent in a namespace (a command in front)."""
    words = [*within, "ping", "-n", "-q", "-c", "1", "-W", "0.5", address]
    return subprocess.run(words, check=False, capture_output=True).returncode == 0


@contextlib.contextmanager
def inside(path):
    """This thread in another network."""
    back = os.open(OWN, os.O_RDONLY)
    enter(path)
    try:
        yield
    finally:
        _setns(back)
        os.close(back)


def enter(path):
    fd = os.open(path, os.O_RDONLY)
    _setns(fd)
    os.close(fd)


def _setns(fd):
    if _LIBC.setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


class NetworkHostFixture(HostFixture):
    """A host without a BMC, in a network of its own; the test is near it until its end."""

    def __init__(self):
        super().__init__(driver="", address=LINKS["management"][1])

    def _setUp(self):
        self.useFixture(fixtures.MonkeyPatch("chaos.recovery.timed.LOOK_INTERVAL", 0.2))
        super()._setUp()

    def _namespace(self):
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "--mount", "sh", "-c", HOLD],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        process.stdout.readline()
        return process.pid

    def _listen(self):
        fork_server()  # found by an abstract name, which belongs to one network
        self.far, self.near = self._namespace(), self._namespace()
        self.there, here = [*INTO, str(self.far), "--"], [*INTO, str(self.near), "--"]
        call(*here, "ip", "link", "set", "lo", "up")
        call(*self.there, "ip", "link", "set", "lo", "up")
        for name, far, near in LINKS.values():
            pair = ["type", "veth", "peer", "name", name, "netns", str(self.far)]
            call(*here, "ip", "link", "add", f"near-{name}", *pair)
            for within, device, address in ((here, f"near-{name}", near), (self.there, name, far)):
                call(*within, "ip", "address", "add", f"{address}/24", "dev", device)
                call(*within, "ip", "link", "set", device, "up")
        with inside(f"/proc/{self.far}/ns/net"):
            return super()._listen()

    def _start(self):
        config = {**self._config(), "within": [*self.there, *self.before_commands()]}
        self.bmc = start(fork_server(), "ssh_server", config, [self.listener.fileno()])
        self.addCleanup(self._end)
        back = os.open(OWN, os.O_RDONLY)
        self.addCleanup(os.close, back)
        self.addCleanup(_setns, back)
        enter(f"/proc/{self.near}/ns/net")
        for _, far, _ in LINKS.values():
            for _ in Deadline.after(10).ticks(0.05):
                if answers(far):
                    break

    def before_commands(self):
        """A command in front of every command of the host."""
        return []

    def write(self, **changes):
        networks = {name: device for name, (device, _, _) in LINKS.items()}
        return super().write(**{"networks": networks, **changes})

    def execute(self, *words):
        """Run a command in the host's network, past its SSH, and return what it prints."""
        done = subprocess.run([*self.there, *words], check=True, capture_output=True, text=True)
        return done.stdout

    def timers(self):
        """The host's own timers that wait; other tests' hosts have theirs."""
        pattern = "[m]igration-chaos-recover-"
        done = subprocess.run(["pgrep", "--full", pattern], check=False, capture_output=True)
        network = os.stat(f"/proc/{self.far}/ns/net").st_ino
        return [pid for pid in done.stdout.decode().split() if _network_of(pid) == network]


def _network_of(pid):
    with contextlib.suppress(OSError):
        return os.stat(f"/proc/{pid}/ns/net").st_ino
    return None
