# SPDX-License-Identifier: Apache-2.0
"""The first process in the lab's namespaces: makes networks and disks, keeps BMCs running.

Runs in the lab's own root file system with nothing but the standard library, and reads what to do
from ``engine.json`` in the lab's folder. Never starts a host by itself: that is the BMCs' work.
"""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

from lab.core import disk

SELF = Path("/lab/self")
RESTART_AFTER = 1.0


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)


def make_networks(bridges: dict[str, list[str]]) -> None:
    """Make each bridge and give it its addresses (``a.b.c.d/len``)."""
    _run("ip", "link", "set", "lo", "up")
    for name, addresses in bridges.items():
        # Without a fixed address a bridge takes over the lowest of its ports' and changes it
        # when a host dies: neighbours then speak to nobody until their ARP entries expire.
        octet = sum(name.encode()) % 256
        mac = f"52:54:00:1a:ff:{octet:02x}"
        _run("ip", "link", "add", name, "address", mac, "type", "bridge", "forward_delay", "0")
        for address in addresses:
            _run("ip", "address", "add", address, "dev", name)
        _run("ip", "link", "set", name, "up")
        _offload_off(name)


def _offload_off(interface: str) -> None:
    """Make the kernel fill in checksums: a userspace switch at the other end checks them."""
    subprocess.run(["ethtool", "-K", interface, "tx", "off"], check=False, capture_output=True)


class Supervisor:
    """Keeps the BMC processes running, and reaps every process that lost its parent."""

    def __init__(self, commands: list[list[str]]):
        self._commands = commands
        self._running: dict[int, list[str]] = {}
        self._stopping = False

    def run(self) -> None:
        """Start them, and return at SIGTERM."""
        signal.signal(signal.SIGTERM, self._stop)
        for command in self._commands:
            self._start(command)
        while not self._stopping:
            try:
                pid, _status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                pid = 0
            if pid in self._running:
                command = self._running.pop(pid)
                time.sleep(RESTART_AFTER)
                self._start(command)
            elif not pid:
                time.sleep(0.2)

    def _start(self, command: list[str]) -> None:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
        self._running[child.pid] = command

    def _stop(self, *_args: object) -> None:
        self._stopping = True


def main() -> None:
    """Do it all; ``outer.ready`` in the lab's folder appears when hosts can be started."""
    engine = json.loads((SELF / "engine.json").read_text())
    make_networks(engine["bridges"])
    for host, mebibytes in engine["disks"].items():
        disk.create(host, mebibytes)
        disk.attach(host)
    for name, mebibytes in engine["shared"].items():
        disk.create(name, mebibytes)
        disk.share(name, disk.SHARED / name)
    (SELF / "outer.ready").touch()
    Supervisor(engine["beside"]).run()


if __name__ == "__main__":
    main()
