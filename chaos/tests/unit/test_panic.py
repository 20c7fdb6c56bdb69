# SPDX-License-Identifier: Apache-2.0
"""A host that is crashed by its own kernel and restarts by itself, without a BMC."""

import fixtures
import testtools

from chaos.deadline import Deadline
from chaos.faults.panic import Panic
from chaos.tests.unit.host_fixture import GUARD, HostFixture


class PanicTest(testtools.TestCase):
    def test_the_host_runs_anew_without_anybody_switching_it_on(self):
        # The host of the test restarts within a second.
        self.useFixture(
            fixtures.MonkeyPatch("chaos.witnesses.init_start.TOLERANCE_SECONDS", 0.05)
        )
        machine = self.useFixture(HostFixture(driver=""))
        machine.write(restarts_by_itself=True)
        machine.reload()
        before = machine.boot_id()
        fault = Panic(
            machine.host, run=machine.run(), deadline=Deadline.after(90), guard=GUARD,
            confirm_within=60.0,
        )  # fmt: skip
        with fault:
            self.assertEqual("injected", fault.verdict, fault.observations)
            says = {one.witness: one.says for one in fault.observations}
            self.assertEqual(
                {"boot_id": "dead", "init_start": "dead", "guests": "absent"}, says
            )
        self.assertNotEqual(before, machine.boot_id())
        self.assertTrue(fault.recovered["was_down"])
        self.assertIn("restart without sync over SSH", fault.how)
