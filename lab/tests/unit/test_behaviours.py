# SPDX-License-Identifier: Apache-2.0
"""A BMC that is slow, lies, ignores, refuses or is away: decided in one place, seen over both."""

import os
import signal
import socket
import subprocess
import sys
import time
import unittest
from pathlib import Path

import sushy
import testtools

from lab.bmc import settings
from lab.bmc.behaviours import ALL, Asked, Behaviour, BehaviourError, InForce, Refusal
from lab.tests.unit.bmc_process import GUID, IPMITOOL, PASSWORD, USER, Bmc, BmcTestCase

IPMI_ON, IPMI_OFF = "Chassis Power is on", "Chassis Power is off"


class BehaviourTest(testtools.TestCase):
    def test_an_honest_one_tells_the_truth_and_does_as_it_is_told(self):
        honest = InForce()
        self.assertEqual([True, False, None], [honest.reported(on) for on in (True, False, None)])
        self.assertEqual([None] * 3, [honest.refusal(asked) for asked in Asked])
        self.assertTrue(honest.carries_out())
        self.assertEqual((0, ""), (honest.delay, honest.unreachable))
        self.assertEqual("honest", str(honest.behaviour))

    def test_one_that_says_off_says_it_of_everything(self):
        wrong = InForce(Behaviour(says="off"))
        self.assertEqual([False] * 3, [wrong.reported(on) for on in (True, False, None)])

    def test_so_many_commands_are_ignored_and_no_more(self):
        ignoring = InForce(Behaviour(ignores=2))
        self.assertEqual([False, False, True, True], [ignoring.carries_out() for _ in range(4)])
        never = InForce(Behaviour(ignores=ALL))
        self.assertEqual([False] * 9, [never.carries_out() for _ in range(9)])

    def test_each_kind_of_refusal_refuses_its_own(self):
        def refused(kind):
            behaviour = InForce(Behaviour(refuses=kind))
            return [behaviour.refusal(asked) for asked in Asked]

        self.assertEqual([Refusal.LOGIN, None, None], refused("login"))
        self.assertEqual([None, None, Refusal.PRIVILEGE], refused("privilege"))
        self.assertEqual([None, Refusal.BUSY, Refusal.BUSY], refused("busy"))

    def test_what_no_bmc_can_do_is_refused(self):
        for wrong in (
            {"slow": -1}, {"slow": 1e6}, {"slow": float("nan")}, {"says": "maybe"},
            {"ignores": -2}, {"refuses": "x"}, {"unreachable": "x"},
        ):  # fmt: skip
            self.assertRaises(BehaviourError, lambda wrong=wrong: Behaviour(**wrong))

    def test_it_is_said_in_words(self):
        said = str(
            Behaviour(slow=2.5, says="off", ignores=3, refuses="busy", unreachable="closed")
        )
        self.assertEqual(
            "ports closed, slow by 2.5 s, refuses: busy, says off, ignores the next 3 commands",
            said,
        )
        self.assertEqual("ignores the next command", str(Behaviour(ignores=1)))
        self.assertEqual("ignores all commands", str(Behaviour(ignores=ALL)))


@unittest.skipUnless(IPMITOOL, "the program ipmitool is not installed here")
class MisbehaviourTest(BmcTestCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.be)

    def be(self, **behaviour):
        settings.apply(self.bmc.config, Behaviour(**behaviour))

    def system(self):
        client = sushy.Sushy(
            self.bmc.url,
            verify=self.bmc.authority,
            auth=sushy.auth.BasicAuth(USER, PASSWORD),
            server_side_retries=0,
        )
        return client.get_system(f"/redfish/v1/Systems/{GUID}")

    def read(self):
        """Return the power state by IPMI and by Redfish."""
        return self.bmc.power("status")[1], self.system().power_state.value

    def wait_until_on(self):
        end = time.monotonic() + 20
        while not self.bmc.alive():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.02)

    def test_slow_is_every_answer_late_and_none_wrong(self):
        self.be(slow=0.5)
        started = time.monotonic()
        # As an operator who knows it: wait ten seconds for each answer.
        self.assertEqual(
            (0, IPMI_ON), self.bmc.power("status", more=("-C", "3", "-N", "10"))
        )
        # A session is opened in four questions, each answered late.
        self.assertGreater(time.monotonic() - started, 5 * 0.5)
        started = time.monotonic()
        self.assertEqual("On", self.system().power_state.value)
        self.assertGreater(time.monotonic() - started, 2 * 0.5)

    def test_one_that_says_off_of_a_host_that_runs(self):
        self.be(says="off")
        self.assertEqual((IPMI_OFF, "Off"), self.read())
        self.assertTrue(self.bmc.alive())

    def test_one_that_says_on_of_a_host_that_is_off(self):
        self.be(says="on")
        self.bmc.power("off")
        while self.bmc.alive():
            time.sleep(0.02)
        self.assertEqual((IPMI_ON, "On"), self.read())
        self.bmc.power("on")
        self.wait_until_on()

    def test_ignored_commands_are_counted_over_both_protocols(self):
        self.be(ignores=2)
        self.assertEqual(0, self.bmc.power("off")[0])
        self.assertEqual(1, settings.current(self.bmc.config).ignores)
        self.system().reset_system(sushy.ResetType.FORCE_OFF)
        self.assertEqual((IPMI_ON, "On"), self.read())
        self.assertTrue(settings.current(self.bmc.config).honest)
        self.bmc.power("off")
        while self.bmc.alive():
            time.sleep(0.02)
        self.bmc.power("on")
        self.wait_until_on()

    def test_one_without_privilege_reads_and_does_not_switch(self):
        self.be(refuses="privilege")
        status, said = self.bmc.power("off")
        self.assertNotEqual(0, status)
        self.assertIn("Insufficient privilege level", said)
        error = self.assertRaises(
            sushy.exceptions.AccessError, self.system().reset_system, sushy.ResetType.FORCE_OFF
        )
        self.assertEqual(403, error.status_code)
        self.assertIn("InsufficientPrivilege", str(error.body))
        self.assertEqual((IPMI_ON, "On"), self.read())

    def test_a_busy_one_does_nothing_at_all(self):
        self.be(refuses="busy")
        status, said = self.bmc.power("status")
        self.assertNotEqual(0, status)
        self.assertIn("Node busy", said)
        error = self.assertRaises(sushy.exceptions.ServerSideError, self.system)
        self.assertEqual(503, error.status_code)

    def test_one_that_lets_nobody_in(self):
        self.be(refuses="login")
        status, said = self.bmc.power("status", more=("-C", "3", "-v"))
        self.assertNotEqual(0, status)
        self.assertIn("unauthorized name", said)
        error = self.assertRaises(sushy.exceptions.AccessError, self.system)
        self.assertEqual(401, error.status_code)

    def ask_plainly(self):
        """Return what a plain attempt at each of the two ports ends with, in words."""
        found = []
        for kind, port in (
            (socket.SOCK_DGRAM, self.bmc.port),
            (socket.SOCK_STREAM, int(self.bmc.url.rpartition(":")[2])),
        ):
            with socket.socket(socket.AF_INET, kind) as client:
                client.settimeout(1.5)
                try:
                    client.connect(("127.0.0.1", port))
                    if kind == socket.SOCK_DGRAM:
                        # Get Channel Authentication Capabilities, outside of a session.
                        client.send(bytes.fromhex("0600ff07000000000000000000092018c88100388e04b5"))
                        client.recv(100)
                    found.append("answered")
                except OSError as error:
                    found.append(type(error).__name__)
        return found

    def test_unreachable_is_silence_or_a_closed_port(self):
        self.assertEqual(["answered"] * 2, self.ask_plainly())
        self.be(unreachable="silent")
        self.assertEqual(["TimeoutError"] * 2, self.ask_plainly())
        self.be(unreachable="closed")
        self.assertEqual(["ConnectionRefusedError"] * 2, self.ask_plainly())
        self.be(unreachable="silent")
        self.assertEqual(["TimeoutError"] * 2, self.ask_plainly())
        self.be()
        self.assertEqual((IPMI_ON, "On"), self.read())

    def test_what_it_was_told_outlives_its_process(self):
        bmc = self.useFixture(Bmc())
        settings.apply(bmc.config, Behaviour(ignores=2))
        bmc.power("off")
        bmc.process.kill()
        bmc.process.wait()
        bmc.process.stdout.close()
        bmc.start_process()
        self.assertEqual(1, settings.current(bmc.config).ignores)
        bmc.power("off")
        self.assertEqual(IPMI_ON, bmc.power("status")[1])
        bmc.power("off")
        while bmc.alive():
            time.sleep(0.02)

    def test_a_bmc_that_does_not_run_is_not_said_to_obey(self):
        bmc = Bmc()
        with bmc:
            bmc.process.kill()
            error = self.assertRaises(
                settings.SettingError, settings.apply, bmc.config, Behaviour(slow=1), 0.3
            )
        self.assertIn("not taken its setting up", str(error))


@unittest.skipUnless(IPMITOOL, "the program ipmitool is not installed here")
class ProcessesTest(testtools.TestCase):
    def test_bmcs_of_one_parent_live_and_misbehave_alone(self):
        first, second = self.useFixture(Bmc()), self.useFixture(Bmc())
        for bmc in (first, second):
            bmc.process.terminate()
            bmc.process.wait(5)
        command = [sys.executable, "-m", "lab.bmc"]
        for bmc in (first, second):
            text = bmc.config.read_text()
            bmc.config.write_text(text.replace('"port": 0', f'"port": {bmc.port}'))
            command += ["--config", str(bmc.config)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as parent:
            parent.stdout.readline()
            parent.stdout.readline()
            settings.apply(first.config, Behaviour(says="off"))
            settings.apply(second.config, Behaviour(unreachable="silent"))
            self.assertEqual(IPMI_OFF, first.power("status")[1])
            settings.apply(second.config, Behaviour())
            self.assertEqual(IPMI_ON, second.power("status")[1])
            children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
            os.kill(int(children[0]), signal.SIGKILL)
            self.assertEqual(IPMI_ON, second.power("status")[1])
            parent.stdout.readline()
            self.assertEqual(IPMI_OFF, first.power("status")[1])
            parent.terminate()
            self.assertEqual(0, parent.wait(5))
        self.assertNotEqual(0, first.power("status")[0])
