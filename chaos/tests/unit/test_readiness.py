# SPDX-License-Identifier: Apache-2.0
"""Whether a host is ready again, over one login that outlives the host's restart."""

import sys
import unittest

import testtools

from chaos import errors
from chaos.deadline import Deadline
from chaos.power import bmc_power
from chaos.readiness import Readiness
from chaos.services import service_control
from chaos.tests.unit.host_fixture import IPMITOOL, NO_IPMITOOL, HostFixture


def soon():
    return Deadline.after(60)


@unittest.skipUnless(IPMITOOL, NO_IPMITOOL)
class ReadinessTest(testtools.TestCase):
    def readiness(self, machine, **more):
        made = Readiness(machine.host, **more)
        self.addCleanup(made.close)
        return made

    def test_a_host_is_ready_unreachable_and_ready_again(self):
        machine = self.useFixture(HostFixture())
        before = machine.boot_id()
        readiness = self.readiness(machine)
        state = readiness.look(soon())
        self.assertEqual((True, True, before), (state.ready, state.reachable, state.boot_id))
        power = bmc_power(machine.host)
        power.off(soon())
        state = readiness.look(Deadline.after(1))
        self.assertEqual((False, False, ""), (state.ready, state.reachable, state.boot_id))
        self.assertTrue(state.detail)
        power.on(soon())
        state = readiness.wait(soon(), interval=0.1)
        self.assertTrue(state.reachable)
        self.assertNotIn(state.boot_id, ("", before))

    def test_a_host_that_never_went_down_has_not_come_back(self):
        machine = self.useFixture(HostFixture())
        readiness = self.readiness(machine, rebooted_since=machine.boot_id())
        state = readiness.look(soon())
        self.assertEqual((False, True), (state.ready, state.reachable))
        lost = self.assertRaises(errors.NotReady, readiness.wait, Deadline.after(3), 0.1)
        self.assertIn("compute1 is not ready: the system that ran before runs still", str(lost))

    def test_a_service_that_has_to_run_is_waited_for(self):
        machine = self.useFixture(HostFixture())
        program = machine.folder / "served.py"
        program.write_text("import time\ntime.sleep(60)\n")
        argv = [sys.executable, str(program)]
        compute = {"name": " ".join(argv), "driver": "process", "start": argv}
        machine.write(services={"compute": compute})
        machine.reload()
        readiness = self.readiness(machine, services=["compute"])
        state = readiness.look(soon())
        self.assertEqual((False, {"compute": False}), (state.ready, dict(state.services)))
        self.assertIn("does not run", state.detail)
        control = service_control(machine.host, "compute", readiness.shell)
        self.addCleanup(control.stop, soon())
        control.start(soon())
        state = readiness.wait(soon(), interval=0.1)
        self.assertEqual((True, {"compute": True}), (state.ready, dict(state.services)))
