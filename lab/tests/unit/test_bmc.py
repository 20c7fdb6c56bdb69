# SPDX-License-Identifier: Apache-2.0
"""The lab's BMC, spoken to over IPMI by the clients people use, and by some that nobody should."""

import json
import random
import socket
import subprocess
import sys
import time
import unittest
from pathlib import Path

import fixtures
import testtools

from lab.bmc import config
from lab.tests.unit.bmc_process import IPMITOOL, PASSWORD, SLOW_ON, USER, Bmc, runs

PYGHMI = """
import sys
from pyghmi.ipmi.command import Command
bmc = Command("127.0.0.1", sys.argv[1], sys.argv[2], port=int(sys.argv[3]))
print(bmc.get_power()["powerstate"], bmc.set_power("off", wait=10)["powerstate"])
"""


@unittest.skipUnless(IPMITOOL, "the program ipmitool is not installed here")
class BmcTest(testtools.TestCase):
    def becomes(self, bmc, word):
        end = time.monotonic() + 20
        while time.monotonic() < end:
            if bmc.power("status")[1] == f"Chassis Power is {word}":
                return
        self.fail(f"the host never read {word}")

    def test_power_goes_off_and_on_and_round(self):
        bmc = self.useFixture(Bmc())
        first = bmc.pid()
        self.assertEqual((0, "Chassis Power is on"), bmc.power("status"))
        self.assertEqual((0, "Chassis Power Control: Down/Off"), bmc.power("off"))
        self.becomes(bmc, "off")
        self.assertFalse(runs(first))
        status, said = bmc.power("reset")
        self.assertNotEqual(0, status)
        self.assertIn("not supported in present state", said)
        bmc.power("on")
        self.becomes(bmc, "on")
        second = bmc.pid()
        bmc.power("on")
        bmc.power("reset")
        while not bmc.alive() or bmc.pid() == second:
            self.assertIsNone(bmc.process.poll())
            time.sleep(0.02)
        self.assertEqual(2, len((bmc.folder / "log").read_text().splitlines()))

    def test_it_answers_while_a_power_command_runs(self):
        bmc = self.useFixture(Bmc(power_on=SLOW_ON))
        bmc.power("off")
        self.becomes(bmc, "off")
        started = time.monotonic()
        self.assertEqual(0, bmc.power("on")[0])
        self.assertEqual((0, "Chassis Power is off"), bmc.power("status"))
        self.assertLess(time.monotonic() - started, 3)
        self.becomes(bmc, "on")

    def test_garbage_and_half_sessions_do_not_disturb_it(self):
        bmc = self.useFixture(Bmc())
        chance = random.Random(20261)
        headers = [b"", b"\x06\x00\xff\x07", b"\x06\x00\xff\x07\x06\x10" + bytes(8)]
        headers += [b"\x06\x00\xff\x07\x06" + bytes([kind]) for kind in (0, 0xC0, 0x12, 0x14, 1)]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for number in range(600):
                junk = chance.randbytes(chance.randrange(0, 120))
                stranger.sendto(headers[number % len(headers)] + junk, ("127.0.0.1", bmc.port))
        self.assertEqual((0, "Chassis Power is on"), bmc.power("status"))

    def test_many_at_once_are_all_served(self):
        bmc = self.useFixture(Bmc())
        many = [bmc.start("chassis", "power", "status") for _ in range(8)]
        said = [bmc.answer(one)[1] for one in many]
        self.assertEqual(["Chassis Power is on"] * 8, said)

    def test_who_may_not_is_told_at_once(self):
        bmc = self.useFixture(Bmc())
        started = time.monotonic()
        self.assertNotEqual(0, bmc.power("off", password="wrong")[0])
        self.assertNotEqual(0, bmc.power("off", more=("-C", "17"))[0])
        _, said = bmc.power("off", more=("-C", "3", "-L", "USER"))
        self.assertIn("Insufficient privilege level", said)
        # ipmitool gives up on a silent BMC after five seconds, each time.
        self.assertLess(time.monotonic() - started, 12)
        self.assertTrue(bmc.alive())

    def test_without_a_suite_named_ipmitool_finds_the_one_there_is(self):
        bmc = self.useFixture(Bmc())
        self.assertEqual((0, "Chassis Power is on"), bmc.power("status", more=()))

    def test_pyghmis_own_client_falls_back_to_the_suite_there_is(self):
        bmc = self.useFixture(Bmc())
        argv = [sys.executable, "-c", PYGHMI, USER, PASSWORD, str(bmc.port)]
        done = subprocess.run(argv, check=False, capture_output=True, text=True, timeout=60)
        self.assertEqual("on off", done.stdout.strip(), done.stderr)

    def test_a_switch_that_does_not_work_is_not_hidden(self):
        bmc = self.useFixture(Bmc(power_off="echo stuck >&2; exit 1", status="exit 1"))
        self.assertEqual(0, bmc.power("off")[0])
        self.assertNotEqual(0, bmc.power("status")[0])
        while "stuck" not in (bmc.folder / "stderr").read_text():
            self.assertIsNone(bmc.process.poll())
            time.sleep(0.02)

    def test_it_ends_when_told_and_takes_no_secret_with_it(self):
        bmc = Bmc()
        with bmc:
            bmc.power("off", password="wrong")
            logged = (bmc.folder / "stderr").read_text()
            command_line = Path(f"/proc/{bmc.process.pid}/cmdline").read_text()
        self.assertEqual(0, bmc.status)
        self.assertNotIn(PASSWORD, logged + command_line)


class ConfigTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = Path(self.useFixture(fixtures.TempDir()).path)
        self.data = {
            "address": "172.30.4.11",
            "credentials_file": "credentials",
            "power_on": ["on"],
            "power_off": ["off"],
            "status": ["status"],
        }
        self.credentials({"user": USER, "password": PASSWORD})

    def credentials(self, data, mode=0o600):
        (self.folder / "credentials").write_text(json.dumps(data))
        (self.folder / "credentials").chmod(mode)

    def load(self, **changes):
        path = self.folder / "config"
        path.write_text(json.dumps({**self.data, **changes}))
        return config.load(path)

    def refused(self, **changes):
        return str(self.assertRaises(config.BmcConfigError, self.load, **changes))

    def test_a_good_one_is_read_and_does_not_show_its_password(self):
        good = self.load()
        self.assertEqual((623, ("on",), PASSWORD), (good.port, good.power_on, good.password))
        self.assertNotIn(PASSWORD, repr(good))

    def test_bad_ones_are_refused_with_the_reason(self):
        self.assertIn("unknown: colour", self.refused(colour="red"))
        self.assertIn("list of words", self.refused(power_on="on"))
        self.assertIn("power_off is empty", self.refused(power_off=[]))
        self.assertIn("port", self.refused(port=70000))
        self.credentials({"user": USER, "password": PASSWORD}, 0o644)
        self.assertIn("chmod 600", self.refused())

    def test_redfish_needs_a_certificate_and_a_key_that_only_the_owner_reads(self):
        redfish = {"port": 443, "certificate_file": "certificate"}
        self.assertIn("must have: certificate_file, key_file, port", self.refused(redfish=redfish))
        redfish["key_file"] = "key"
        self.assertIn("there is no file", self.refused(redfish=redfish))
        for name in ("certificate", "key"):
            (self.folder / name).touch(0o644)
        self.assertIn("chmod 600", self.refused(redfish=redfish))
        (self.folder / "key").chmod(0o600)
        self.assertEqual(443, self.load(redfish=redfish).redfish.port)

    def test_credentials_that_ipmi_would_cut_off_are_refused(self):
        self.credentials({"user": USER, "password": PASSWORD + "4"})
        self.assertIn("1 to 20 bytes", self.refused())
        self.credentials({"user": "a" * 17, "password": PASSWORD})
        self.assertIn("1 to 16 bytes", self.refused())

    def test_credentials_that_are_no_json_are_not_quoted(self):
        (self.folder / "credentials").write_text(PASSWORD)
        self.assertNotIn(PASSWORD, self.refused())
