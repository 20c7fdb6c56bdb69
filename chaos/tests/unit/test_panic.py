# SPDX-License-Identifier: Apache-2.0
"""A host that dies by its own kernel and starts anew by itself, without a BMC."""

import fixtures
import testtools

from chaos.deadline import Deadline
from chaos.faults.panic import Panic
from chaos.tests.unit.host_fixture import GUARD, Machine


class PanicTest(testtools.TestCase):
    def test_the_host_runs_anew_without_anybody_switching_it_on(self):
        # The machine of the test is started anew within a second.
        self.useFixture(
            fixtures.MonkeyPatch("chaos.witnesses.init_start.TOLERANCE_SECONDS", 0.05)
        )
        machine = self.useFixture(Machine(protocol=""))
        before = machine.boot_id()
        fault = Panic(
            machine.host, run=machine.run(), deadline=Deadline.after(90), guard=GUARD,
            confirm_within=60.0,
        )  # fmt: skip
        with fault:
            self.assertEqual("injected", fault.verdict, fault.readings)
            says = {one.witness: one.says for one in fault.readings}
            self.assertEqual({"boot_id": "dead", "init_start": "dead"}, says)
        self.assertNotEqual(before, machine.boot_id())
        self.assertTrue(fault.seen["was_down"])
        self.assertIn("restart without sync over SSH", fault.how)
