# SPDX-License-Identifier: Apache-2.0
"""The hosts of the cloud in memory, and the insides of its servers: folders with a real shell.

What the suite runs on a host is answered as virsh, find and test would; what it runs in a server
is run for real. May not know: what is asked for.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from pathlib import Path

from chaos import errors
from chaos.held_host import HeldState
from chaos.inventory import CommandAccess, Host, Inventory, SshAccess
from chaos.transport.shell import CommandResult
from chaos.witnesses import Observation
from migration_tests.cloud.data import ServiceState
from migration_tests.guest.scripts import ROOT_SECTORS
from migration_tests.guest.shell import Finished, GuestCommandError, GuestUnreachableError
from migration_tests.record import words

INSTANCES = "/var/lib/nova/instances"


def host(name, disturb=True, bmc=True, **more):
    ssh = SshAccess(address="192.0.2.1", user="root", known_hosts_file=Path("known_hosts"))
    # A way that needs nothing to be installed here.
    access = CommandAccess(("true",), ("true",), ("true",))
    return Host(name=name, ssh=ssh, bmc=access if bmc else None, disturb=disturb, **more)


def service(name, state="up", status="enabled", forced_down=False):
    return ServiceState(name, name, state, status, forced_down, "now")


def inventory(*hosts):
    return Inventory(path=Path("hosts.yaml"), hosts=hosts)


class FakeHostShell:
    """A login on a host of the cloud."""

    cloud = None  # the test's

    def __init__(self, host):
        self.host = host

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        pass

    def run(self, argv, deadline):
        name = self.host.name
        with self.cloud.lock:
            if name in self.cloud.off:
                raise errors.ShellUnreachable(f"{name} does not answer")
            status, text = answer(self.cloud, name, tuple(argv))
        return CommandResult(tuple(argv), status, text, "")

    def check(self, argv, deadline):
        done = self.run(argv, deadline)
        if done.exit_status != 0:
            raise errors.ShellError(f"{argv} ended with status {done.exit_status}")
        return done


def answer(cloud, name, argv):
    """What a host says to a command: exit status and standard output."""
    for word, said in cloud.host_answers.items():
        if word in argv:
            return said
    if argv[0] == "test":
        return (0 if argv[-1] in paths(cloud, name) else 1), ""
    domains = cloud.domains[name]
    if argv[0] == "cat":
        text = f"{cloud.boot_ids[name]}\n"
    elif argv[0] == "ps":
        running = [one for one, state in domains.items() if state == words.DOMAIN_RUNS]
        text = "".join(f"/usr/bin/qemu-system-x86_64 -uuid {one}\n" for one in running)
    elif argv[0] == "find":
        text = "".join(f"{line}\n" for line in files(cloud, name))
    elif "domblklist" in argv:
        text = disks(cloud, argv[argv.index("domblklist") + 1])
    else:
        text = listed(domains)
    return 0, text


def listed(domains):
    """The four lists that virsh is asked for."""
    by_state = [
        domains,
        *(
            [one for one, state in domains.items() if state == wanted]
            for wanted in (words.DOMAIN_RUNS, "paused", "shut off")
        ),
    ]
    return "section\n".join("".join(f"{one}\n\n" for one in found) for found in by_state)


def paths(cloud, name):
    """The disk files that a host sees: its own, and those on shared storage."""
    found = {}
    for server in cloud.servers:
        kind = cloud.kind(server)
        here = server in cloud.domains[name]
        if (kind == "shared" or (kind == "ephemeral" and here)) and server not in cloud.lost_disks:
            found[f"{INSTANCES}/{server}/disk"] = "nfs4" if kind == "shared" else "ext4"
    return found


def files(cloud, name):
    """The disk files, and the folder of each domain."""
    for server in cloud.domains[name]:
        number = int(server[-4:], 16)
        yield f"d\text4\t{number}{abs(hash(name)) % 1000 + 1} 2.5\t{INSTANCES}/{server}"
    for path, system in paths(cloud, name).items():
        mark = 0 if system == "nfs4" else abs(hash(name)) % 1000 + 1
        number = int(path.split("/")[-2][-4:], 16)
        yield f"f\t{system}\t{number}{mark} 1.5\t{path}"


def disks(cloud, server):
    kind = cloud.kind(server)
    if kind == "volume":
        row = f" network   disk   vda   volumes/volume-{server}"
    else:
        row = f" file   disk   vda   {INSTANCES}/{server}/disk"
    return f" Type   Device   Target   Source\n{'-' * 40}\n{row}\n"


class FakeGuestShell:
    """A login in a server: runs scripts in the server's folder."""

    cloud = None  # the test's

    def __init__(self, address, login):
        self.address = address
        self.kept = ()
        self.broken = False

    @property
    def server(self):
        (found,) = [
            one["port_id"].removeprefix("port-")
            for one in self.cloud.floating.values()
            if one["floating_ip_address"] == self.address
        ]
        return found

    def connect(self, deadline, pause=1.0):
        state = self.cloud.servers[self.server]
        alive = state["status"] in ("ACTIVE", "MIGRATING", "RESCUE")
        alive = alive and self.server not in self.cloud.silent
        if not alive or self.cloud.host(self.server) in self.cloud.off | self.cloud.held:
            raise GuestUnreachableError(f"guest@{self.address} does not let us in")

    def _start(self, script, stdout):
        home = self.cloud.home(self.server)
        tools = self.cloud.folder / "bin"
        script = script.replace("/proc/sys/kernel/random/boot_id", str(home / ".boot_id"))
        script = script.replace("/proc/sys/vm/drop_caches", os.devnull)
        script = script.replace("/proc/self/mountinfo", str(home / ".mountinfo"))
        script = script.replace("/proc/partitions", str(home / ".partitions"))
        script = script.replace("/sys/dev/block", str(home / ".block"))
        environment = {**os.environ, "HOME": str(home), "PATH": f"{tools}:{os.environ['PATH']}"}
        return subprocess.Popen(
            ["sh", "-c", script],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.DEVNULL,
        )

    def open(self, script, deadline):
        ours, theirs = socket.socketpair()
        # Their end stays open here: a host that died closes no connection either.
        process = self._start(script, theirs)
        self.cloud.writers.setdefault(self.server, []).append(process)
        self.kept = (ours, theirs)
        return ours

    def run(self, script, deadline):
        if script == ROOT_SECTORS:
            return Finished(0, f"{self.cloud.disk_size(self.server) // 512}\n")
        process = self._start(script, subprocess.PIPE)
        output = process.communicate(timeout=deadline.remaining())[0]
        return Finished(process.returncode, output.decode())

    def check(self, script, deadline):
        done = self.run(script, deadline)
        if done.status:
            raise GuestCommandError(f"a script ended with status {done.status}")
        return done.output

    def close(self):
        for end in self.kept:
            end.close()


class FakePowerOff:
    """A power cut of a host of the cloud, with two witnesses."""

    kind = "power_off"
    driver = "command"
    cloud = None  # the test's
    verdict = "injected"
    refused = ""
    raises = None
    made = None  # the last one

    def __init__(self, host, via, *, guard, **_):
        self.host, self.via, self.guard = host, via, guard
        self.t_injected = None
        self.recovered = {}
        self.observations = ()
        type(self).made = self

    def setUp(self):
        reasons = [text for rule in self.guard.further if (text := rule(self.host))]
        if self.refused or reasons:
            raise errors.FaultRefused(self.kind, self.host.name, [self.refused, *reasons])
        self.t_injected = time.monotonic()
        self._happens()
        if self.raises:
            raise self.raises
        self.observations = self._observed()

    def _happens(self):
        self.cloud.cut_off(self.host.name)

    def _observed(self):
        return tuple(
            Observation(name, "dead", "", time.monotonic(), in_effect=True)
            for name in ("ssh_banner", "icmp")
        )

    def recover(self, deadline):
        if not self.cloud.behaviour.boots_again:
            raise errors.NotRecovered("the host does not answer")
        self.cloud.bring_back(self.host.name)
        self.recovered = {"boot_id": self.cloud.boot_ids[self.host.name]}


class FakeHeldHost:
    """Looks at a crashed host of the cloud.

    :param fault: whose crash it was
    """

    def __init__(self, fault):
        self._fault = fault

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def look(self, deadline):
        fault = self._fault
        if fault.silent:
            return HeldState(error="it does not answer")
        if fault.host.name not in fault.cloud.held:
            return HeldState(not_held="the file that held it is gone", pid=7)
        return HeldState(guests=fault.guests)


class FakePanic(FakePowerOff):
    """A crash of a host of the cloud, which boots again with its nova-compute held back.

    :cvar loses: the hold is lost at the boot
    :cvar guests: so many run after it
    :cvar silent: the host cannot be asked once it is proved
    """

    kind = "panic"
    driver = "ssh"
    loses = False
    guests = 0
    silent = False

    def __init__(self, host, hold, *, guard, **_):
        super().__init__(host, "ssh", guard=guard)
        self.hold = hold
        self.flaw = ""

    def held_host(self):
        return FakeHeldHost(self)

    def _happens(self):
        self.cloud.crash(self.host.name)
        if self.loses:
            self.cloud.held.discard(self.host.name)
            self.flaw = "the compute service does not stay down: the file that held it is gone"

    def _observed(self):
        names = (("boot_id", "dead"), ("init_start", "dead"), ("guests", "absent"))
        return tuple(
            Observation(name, says, "", time.monotonic(), in_effect=True) for name, says in names
        )
