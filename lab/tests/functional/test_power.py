# SPDX-License-Identifier: Apache-2.0
"""Hosts of the lab switched by their BMCs, over IPMI and Redfish, honest and not.

Needs root, the lab's root file system (built, if it is not there) and sushy; runs hosts without
any of OpenStack on them. ``python -m unittest lab.tests.functional.test_power``
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from lab import rootfs
from lab.bmc import settings
from lab.bmc.behaviours import ALL, Behaviour
from lab.core import tools
from lab.core.cache import Cache
from lab.core.engine import RUNNER, CommandError
from lab.hosts.engine import LabEngine
from lab.model.choices import Choices
from lab.model.plan import BMC_USER, make_plan
from lab.outputs import products
from lab.services import base, sshd

NAME = "power-test"
UNITS = ("lab-sshd.service",)
SECONDS = 60

# Reads words from its input and answers each with a line; sushy takes a second to load.
CLIENT = """
import sys, sushy
url, name, user, password_file, authority = sys.argv[1:]
password = open(password_file).read().strip()
while word := sys.stdin.readline().strip():
    try:
        auth = sushy.auth.BasicAuth(user, password)
        client = sushy.Sushy(url, verify=authority, auth=auth, server_side_retries=0)
        system = client.get_system(f"/redfish/v1/Systems/{name}")
        if word == "status":
            print(system.power_state.value, system.uuid, flush=True)
        else:
            print(system.reset_system(sushy.ResetType(word)), flush=True)
    except sushy.exceptions.SushyError as error:
        print(type(error).__name__, getattr(error, "status_code", ""), flush=True)
"""


@unittest.skipUnless(os.geteuid() == 0, "needs root")
class PowerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cache = Cache()
        root = rootfs.build(cache, Choices().lock_text, print)
        cls.folder = Path(tempfile.mkdtemp(prefix="power-test-", dir=cache.folder))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        plan = make_plan(NAME, Choices(hosts=2), cls.folder / "secrets")
        cls.engine = LabEngine(plan, cls.folder)
        cls.addClassCleanup(cls.engine.stop)
        cls.engine.make(root)
        tools.write(root, cls.folder / "tools")
        cls.product = cls.folder / "product"
        products.write_access(plan, cls.product)
        cls.clients = {}
        for host in plan.computes:
            cls.engine.prepare(host.name, [part.render(plan, host) for part in (base, sshd)])
            cls.engine.power_on(host.name)
            cls.clients[host.name] = cls.client(host)
        for host in plan.computes:
            cls.engine.wait_for_units(host.name, UNITS, SECONDS)

    @classmethod
    def client(cls, host):
        """Start a Redfish client that knows of the host what the products say."""
        argv = [sys.executable, "-c", CLIENT, f"https://{host.bmc}", host.name, BMC_USER]
        argv += [str(cls.product / f"bmc-{host.name}.password")]
        argv += [str(cls.product / products.BMC_AUTHORITY)]
        client = subprocess.Popen(
            cls.engine.command(RUNNER, argv),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        for end in (client.wait, client.stdout.close, client.kill, client.stdin.close):
            cls.addClassCleanup(end)
        return client

    def setUp(self):
        for host in self.clients:
            self.addCleanup(self.be, host)

    def be(self, host, **behaviour):
        settings.apply(self.engine.bmc_config(host), Behaviour(**behaviour))

    def redfish(self, host, word):
        client = self.clients[host]
        client.stdin.write(f"{word}\n")
        client.stdin.flush()
        return client.stdout.readline().strip()

    def ipmi(self, host, *words, more=()):
        command = [
            *(str(self.folder / "tools" / "ipmitool"), "-I", "lanplus", "-C", "3", *more),
            *("-H", self.engine.plan.host(host).bmc, "-U", BMC_USER),
            *("-f", str(self.product / f"bmc-{host}.password"), "chassis", "power", *words),
        ]
        return self.engine.execute(RUNNER, command).strip()

    def read(self, host):
        """Return the host's power state as IPMI, Redfish and the engine have it."""
        answer = self.redfish(host, "status").partition(" ")[0]
        return "is on" in self.ipmi(host, "status"), answer == "On", self.engine.running(host)

    def wait_until(self, what, look):
        end = time.monotonic() + SECONDS
        while not look():
            self.assertLess(time.monotonic(), end, f"not within {SECONDS} s: {what}")
            time.sleep(0.02)

    def wait_until_on(self, host, on):
        self.wait_until(f"{host} on: {on}", lambda: self.engine.running(host) == on)
        if on:
            self.engine.wait_for_units(host, UNITS, SECONDS)

    def test_redfish_switches_off_what_ipmi_switches_on_and_only_that(self):
        self.assertEqual((True,) * 3, self.read("compute1"))
        started = time.monotonic()
        self.assertEqual("None", self.redfish("compute1", "ForceOff"))
        accepted = time.monotonic()
        self.wait_until("compute1 is dead", lambda: not self.engine.running("compute1"))
        dead = time.monotonic()
        print(f"Redfish off: accepted {accepted - started:.2f} s, dead {dead - started:.2f} s")
        self.assertEqual((False,) * 3, self.read("compute1"))
        self.assertEqual((True,) * 3, self.read("compute2"))
        self.ipmi("compute1", "on")
        self.wait_until_on("compute1", True)
        self.ipmi("compute1", "off")
        self.wait_until_on("compute1", False)
        self.redfish("compute1", "On")
        self.wait_until_on("compute1", True)

    def test_each_system_has_the_uuid_of_its_host(self):
        for host in self.engine.plan.computes:
            answer = self.redfish(host.name, "status").split()[-1]
            self.assertEqual(self.engine.plan.system_uuid(host), answer)

    def boot_id(self, host):
        command = ["cat", "/proc/sys/kernel/random/boot_id"]
        try:
            return self.engine.execute(host, command).strip()
        except CommandError:
            return ""

    def test_an_orderly_restart_and_an_orderly_shutdown_end_services_in_order(self):
        before = self.boot_id("compute2")
        self.assertEqual("None", self.redfish("compute2", "GracefulRestart"))
        self.wait_until("another boot", lambda: self.boot_id("compute2") not in ("", before))
        self.engine.wait_for_units("compute2", UNITS, SECONDS)
        self.assertEqual("None", self.redfish("compute2", "GracefulShutdown"))
        self.wait_until_on("compute2", False)
        self.redfish("compute2", "On")
        self.wait_until_on("compute2", True)
        journal = ["journalctl", "-b", "-1", "-n", "200", "--no-pager"]
        self.assertIn("Journal stopped", self.engine.execute("compute2", journal))

    def test_it_lies_about_a_host_that_runs_and_about_a_dead_one(self):
        self.be("compute1", says="off")
        self.assertEqual((False, False, True), self.read("compute1"))
        self.be("compute1", says="on")
        self.redfish("compute1", "ForceOff")
        self.wait_until_on("compute1", False)
        self.assertEqual((True, True, False), self.read("compute1"))
        self.ipmi("compute1", "on")
        self.wait_until_on("compute1", True)

    def test_it_accepts_and_does_nothing_until_told_often_enough(self):
        self.be("compute1", ignores=2)
        self.assertIn("Down/Off", self.ipmi("compute1", "off"))
        self.assertEqual("None", self.redfish("compute1", "ForceOff"))
        self.assertEqual((True,) * 3, self.read("compute1"))
        self.ipmi("compute1", "off")
        self.wait_until_on("compute1", False)
        self.be("compute1", ignores=ALL)
        self.ipmi("compute1", "on")
        self.assertEqual((False,) * 3, self.read("compute1"))
        self.be("compute1")
        self.ipmi("compute1", "on")
        self.wait_until_on("compute1", True)

    def test_it_refuses(self):
        for refuses, by_ipmi, by_redfish in (
            ("privilege", "Insufficient privilege", "AccessError 403"),
            ("busy", "Node busy", "ServerSideError 503"),
            ("login", "unauthorized name", "AccessError 401"),
        ):
            self.be("compute1", refuses=refuses)
            with self.assertRaisesRegex(CommandError, by_ipmi):
                self.ipmi("compute1", "off", more=["-v"])
            self.assertEqual(by_redfish, self.redfish("compute1", "ForceOff"))
        self.assertTrue(self.engine.running("compute1"))

    def test_it_is_late(self):
        self.be("compute1", slow=0.3)
        started = time.monotonic()
        self.assertEqual((True,) * 3, self.read("compute1"))
        # Five packets of IPMI at the least, and two requests.
        self.assertGreater(time.monotonic() - started, 7 * 0.3)

    def test_it_cannot_be_reached_and_its_neighbour_can(self):
        address = self.engine.plan.host("compute1").bmc
        for unreachable, what in (("silent", "timeout"), ("closed", "refused")):
            self.be("compute1", unreachable=unreachable)
            answer = self.engine.execute(RUNNER, [sys.executable, "-c", PLAIN, address])
            self.assertEqual([what, what], json.loads(answer))
        self.assertEqual((True,) * 3, self.read("compute2"))
        self.be("compute1")
        self.assertEqual((True,) * 3, self.read("compute1"))


PLAIN = """
import json, socket, sys
found = []
for kind, port in ((socket.SOCK_DGRAM, 623), (socket.SOCK_STREAM, 443)):
    with socket.socket(socket.AF_INET, kind) as client:
        client.settimeout(0.5)
        try:
            client.connect((sys.argv[1], port))
            client.send(bytes.fromhex("0600ff07000000000000000000092018c88100388e04b5"))
            client.recv(100)
            found.append("answered")
        except TimeoutError:
            found.append("timeout")
        except ConnectionRefusedError:
            found.append("refused")
print(json.dumps(found))
"""
