# SPDX-License-Identifier: Apache-2.0
"""A hard reset is proved by those who knew the old system, a heartbeat among them."""

import os
import signal
import unittest

import testtools

from chaos.deadline import Deadline
from chaos.faults.hard_reset import HardReset
from chaos.tests.unit.host_fixture import GUARD, IPMITOOL, NO_IPMITOOL, HostFixture
from chaos.witnesses.heartbeat import HeartbeatWitness


def soon():
    return Deadline.after(60)


@unittest.skipUnless(IPMITOOL, NO_IPMITOOL)
class HardResetTest(testtools.TestCase):
    def test_the_host_runs_anew_and_two_who_knew_it_say_so(self):
        machine = self.useFixture(HostFixture())
        before = machine.boot_id()
        fault = HardReset(
            machine.host, run=machine.run(), deadline=soon(), guard=GUARD, confirm_within=30.0
        )
        with fault:
            self.assertEqual("injected", fault.verdict, fault.observations)
            says = {one.witness: one.says for one in fault.observations}
            self.assertEqual({"boot_id": "dead", "heartbeat": "dead"}, says)
            self.assertNotEqual(before, machine.boot_id())
        self.assertTrue(fault.recovered["was_down"])

    def test_a_bmc_that_does_nothing_is_found_out(self):
        machine = self.useFixture(HostFixture("deaf"))
        fault = HardReset(
            machine.host, run=machine.run(), deadline=soon(), guard=GUARD, confirm_within=1.0
        )
        with fault:
            self.assertEqual("unknown", fault.verdict)
            says = {one.witness: one.says for one in fault.observations}
            self.assertEqual({"boot_id": "alive", "heartbeat": "alive"}, says)

    def test_a_heartbeat_is_that_of_the_first_system_only(self):
        machine = self.useFixture(HostFixture())
        witness = HeartbeatWitness(machine.host)
        self.addCleanup(witness.close)
        self.assertEqual("alive", witness.observe(soon()).says)
        self.assertEqual("alive", witness.observe(soon()).says)
        os.kill(machine.pids[0], signal.SIGKILL)
        self.assertEqual("dead", witness.observe(soon()).says)
        self.assertEqual("dead", witness.observe(soon()).says)
