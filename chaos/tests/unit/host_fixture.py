# SPDX-License-Identifier: Apache-2.0
"""A fixture that makes a host to kill: process, SSH, BMC, keys and its hosts file."""

import contextlib
import datetime
import ipaddress
import os
import shutil
import signal
import socket
import uuid
from pathlib import Path

import fixtures
import paramiko
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from chaos.deadline import Deadline
from chaos.guard import Guard
from chaos.inventory import load_inventory
from chaos.journal.state import StateFolder
from chaos.power import bmc_power
from chaos.run import Run
from chaos.tests.unit.simulated.fork_server import fork_server, start
from chaos.transport import HostShell, Identity, read_boot_id
from chaos.witnesses import icmp, ssh_banner, tcp
from chaos.witnesses.bmc import BmcWitness
from chaos.witnesses.ssh_banner import SshBannerWitness
from chaos.witnesses.tcp import TcpWitness

IPMITOOL = shutil.which("ipmitool")
NO_IPMITOOL = "the program ipmitool is not installed here"

# No host is like this one: the runner is never on the host that is killed.
GUARD = Guard(runner=Identity("00000000-0000-4000-8000-000000000000", "0" * 32))


def certificate(folder):
    """Write a certificate for the loopback address, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bmc")])
    now = datetime.datetime.now(datetime.UTC)
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(alternative, critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "bmc.crt", folder / "bmc.key"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return tuple(map(str, paths))


class HostFixture(fixtures.Fixture):
    """A host that is on, and its inventory.

    :param mode: how its BMC behaves, see simulated.ipmi_bmc
    :param name: its name in the hosts file
    :param driver: of its BMC: ``ipmi``, ``redfish`` or ``command``; "" for a host without one
    :param address: where its SSH server listens
    """

    def __init__(
        self, mode="honest", name="compute1", uid="0", driver="ipmi", address="127.0.0.1"
    ):
        self.address = address
        self.mode = mode
        self.driver = driver
        self.name = name
        self.uid = uid
        # As long as IPMI allows, and nothing a shell would leave alone.
        self.password = "p'$w \"" + uuid.uuid4().hex[:14]
        self.machine_id = uuid.uuid4().hex
        self.pids = []

    def _setUp(self):
        self.folder = Path(self.useFixture(fixtures.TempDir()).path)
        # Hosts on the loopback answer in no time: silence need not be waited for as long.
        for module in (ssh_banner, tcp, icmp):
            self.useFixture(fixtures.MonkeyPatch(f"{module.__name__}.LOOK_SECONDS", 0.3))
        self.useFixture(fixtures.MonkeyPatch("chaos.recovery.power_on.LOOK_INTERVAL", 0.1))
        self.useFixture(fixtures.MonkeyPatch("chaos.recovery.power_on.RECHECK_SECONDS", 0.2))
        # The tests' own folder is a temporary one.
        self.useFixture(fixtures.MonkeyPatch("chaos.journal.state.TEMPORARY", ()))
        self.listener = self._listen()
        self.addCleanup(self.listener.close)
        self.listener.listen(16)
        self.port = self.listener.getsockname()[1]
        host_key = self._key("host_key")
        self._key("id_ecdsa")
        (self.folder / "known_hosts").write_text(
            f"[{self.address}]:{self.port} {host_key.get_name()} {host_key.get_base64()}\n"
        )
        self._start()
        self.write()
        self.reload()
        self.wait_for_ssh()

    def _key(self, name):
        key = paramiko.ECDSAKey.generate()
        key.write_private_key_file(str(self.folder / name))
        (self.folder / f"{name}.pub").write_text(f"{key.get_name()} {key.get_base64()}\n")
        return key

    def _listen(self):
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        listener = socket.socket(family)
        listener.bind((self.address, 0))
        return listener

    def _config(self):
        return {
            "host_key": str(self.folder / "host_key"),
            "authorized": str(self.folder / "id_ecdsa.pub"),
            "machine_id": self.machine_id,
            "uid": self.uid,
            "user": "admin",
            "password": self.password,
            "mode": self.mode,
        }

    def _start(self):
        config = self._config()
        if not self.driver:
            self.bmc = start(fork_server(), "ssh_server", config, [self.listener.fileno()])
            self.addCleanup(self._end)
            return
        role = "ipmi_bmc"
        if self.driver == "redfish":
            role = "redfish_bmc"
            config |= dict(zip(("certificate", "key"), certificate(self.folder), strict=True))
        self.bmc = start(fork_server(), role, config, [self.listener.fileno()])
        self.addCleanup(self._end)
        first = self.bmc.channel.readline()
        if not first.strip().isdigit():
            raise AssertionError(f"the BMC did not start: {first}{self.bmc.channel.read()}")
        self.bmc_port = int(first)
        self.pids.append(int(self.bmc.channel.readline()))

    def _end(self):
        self.bmc.kill()
        others = [int(word) for word in self.bmc.rest.split() if word.isdigit()]
        for pid in (*self.pids, *others):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _bmc_access(self):
        # Only who never does it has to be given up on soon.
        patience = 1 if self.mode in {"deaf", "liar", "no_on"} else 30
        if self.driver == "command":
            words = self.ipmitool()
            argv = {f"power_{word}": [*words, word] for word in ("on", "off", "status")}
            return {"driver": "command", "power_timeout": patience, **argv}
        access = {
            "driver": self.driver,
            "address": "127.0.0.1",
            "port": self.bmc_port,
            "user": "admin",
            "password": {"file": "bmc.password"},
            "power_timeout": patience,
        }
        return access | ({"cipher_suite": 3} if self.driver == "ipmi" else {"ca_file": "bmc.crt"})

    def ipmitool(self):
        """The command that asks its BMC about power, but for the last word."""
        return [
            *(IPMITOOL, "-I", "lanplus", "-C", "3", "-H", "127.0.0.1", "-U", "admin"),
            *("-p", str(self.bmc_port), "-f", str(self.folder / "bmc.password")),
            *("chassis", "power"),
        ]

    def write(self, **changes):
        """Write the hosts file; ``bmc=None`` leaves the BMC out."""
        (self.folder / "bmc.password").write_text(self.password + "\n")
        (self.folder / "bmc.password").chmod(0o600)
        entry = {
            "name": self.name,
            "disturb": True,
            "ssh": {
                "address": self.address,
                "port": self.port,
                "user": "root",
                "key_file": "id_ecdsa",
                "known_hosts_file": "known_hosts",
            },
        }
        if self.driver:
            entry["bmc"] = self._bmc_access()
        # It runs none, and somebody would know how to start them.
        entry["services"] = {
            name: {"name": f"{self.folder}/{name}", "driver": "process", "start": ["true"]}
            for name in ("compute", "libvirt")
        }
        for key, value in changes.items():
            if value is None:
                del entry[key]
            elif isinstance(value, dict):
                entry[key] = {**entry.get(key, {}), **value}
                for word in [name for name, one in value.items() if one is None]:
                    del entry[key][word]
            else:
                entry[key] = value
        (self.folder / "hosts.yaml").write_text(yaml.safe_dump({"version": 1, "hosts": [entry]}))
        return load_inventory(self.folder / "hosts.yaml").host(self.name)

    def reload(self):
        """Read the hosts file."""
        self.inventory = load_inventory(self.folder / "hosts.yaml")
        self.host = self.inventory.host(self.name)

    def run(self, keeper=False, **more):
        """A run that has begun; it ends with the test."""
        made = Run(self.inventory, state=self.state(), keeper=keeper, **more)
        made.begin()
        self.addCleanup(made.end)
        return made

    def state(self):
        """The folder of all runs that disturb this host."""
        return StateFolder(self.folder / "state")

    def wait_for_ssh(self):
        """Wait until the host greets."""
        witness = SshBannerWitness(self.host.ssh)
        for _ in Deadline.after(20).ticks(0.05):
            if witness.observe(Deadline.after(5)).says == "alive":
                return
        raise AssertionError("the host of the test did not start")

    def witnesses(self):
        """The witnesses that can see a host on the loopback die."""
        return (
            BmcWitness(bmc_power(self.host)),
            SshBannerWitness(self.host.ssh),
            TcpWitness(self.address, self.port),
        )

    def boot_id(self):
        """The boot ID of the system that runs now."""
        with HostShell(self.host) as shell:
            return read_boot_id(shell, Deadline.after(10))

    def first_is_dead(self):
        """Whether the process that the host was at first is gone.

        A process that is killed closes its connections a moment before it is dead.
        """
        return any(self._first_state() in "ZX" for _ in Deadline.after(1.0).ticks(0.02))

    def _first_state(self):
        try:
            stat = Path(f"/proc/{self.pids[0]}/stat").read_text()
        except FileNotFoundError:
            return "X"
        return stat.rpartition(")")[2].split()[0]
