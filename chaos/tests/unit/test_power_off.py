# SPDX-License-Identifier: Apache-2.0
"""The power-off fault against real peers: it happens, it is proved, the host is recovered."""

import unittest

import testtools
from testtools import matchers

from chaos import errors
from chaos.deadline import Deadline
from chaos.faults.power_off import PowerOff
from chaos.guard import Guard
from chaos.journal.state import StateFolder
from chaos.run import Run
from chaos.tests.unit.host_fixture import GUARD, IPMITOOL, NO_IPMITOOL, HostFixture
from chaos.transport import Identity


@unittest.skipUnless(IPMITOOL, NO_IPMITOOL)
class PowerOffTest(testtools.TestCase):
    def fault(self, machine, via="ipmi", host=None, **more):
        self.run_of_it = more.pop("run", None) or machine.run()
        self.journal = self.run_of_it.journal
        self.events = []
        arguments = {
            "run": self.run_of_it,
            "deadline": Deadline.after(60),
            "on_event": lambda kind, data: self.events.append((kind, data)),
            "guard": GUARD,
            "witnesses": machine.witnesses(),
            # What will be proved may take its time; what will not is waited for in vain.
            "confirm_within": 1.0 if machine.mode in {"deaf", "liar"} else 30.0,
        }
        return PowerOff(host or machine.host, via=via, **{**arguments, **more})

    def kinds(self):
        return [kind for kind, _ in self.events if kind != "fault.observation"]

    def refusal(self, fault):
        refused = self.assertRaises(errors.FaultRefused, fault.setUp)
        self.assertEqual(["fault.refused"], self.kinds())
        self.assertEqual((), self.journal.open_entries())
        return str(refused)

    def dies_and_comes_back(self, machine, via):
        before = machine.boot_id()
        fault = self.fault(machine, via)
        with fault:
            self.assertEqual("injected", fault.verdict, fault.observations)
            self.assertEqual(before, fault.boot_id)
            self.assertTrue(machine.first_is_dead())
            says = {one.witness: one.says for one in fault.observations}
            # Over SSH, its server is no witness: what it says while it dies proves nothing.
            driven = {one.witness for one in fault.observations if one.driver}
            expected = {"bmc": "dead", "ssh_banner": "dead", "tcp": "dead"}
            if "ssh_banner" in driven:
                self.assertNotEqual("alive", says.pop("ssh_banner"))
                del expected["ssh_banner"]
            self.assertEqual(expected, says)
            (entry,) = self.journal.open_entries()
            words = (entry.fault, entry.host, entry.recovery, entry.last)
            self.assertEqual(("power_off", "compute1", "power_on", "injected"), words)
            text = fault.getDetails()["power_off-witnesses"].as_text()
            self.assertThat(text, matchers.Contains("tcp: dead"))
        self.assertEqual((), self.journal.open_entries())
        after = machine.boot_id()
        self.assertNotEqual(before, after)
        self.assertEqual(after, fault.boot_id_after)
        return fault

    def test_over_ipmi_the_host_dies_is_proved_dead_and_comes_back_with_a_new_boot_id(self):
        machine = self.useFixture(HostFixture())
        fault = self.dies_and_comes_back(machine, "ipmi")
        hanging = {one.witness for one in fault.observations if one.driver}
        self.assertEqual({"bmc"}, hanging)
        in_order = "journalled injecting injected recovering power_on recovered closed"
        self.assertEqual([f"fault.{word}" for word in in_order.split()], self.kinds())
        # Recovering what is recovered does nothing.
        fault.recover(Deadline.after(60))
        self.assertEqual("fault.closed", self.kinds()[-1])
        self.assertEqual(fault.boot_id_after, machine.boot_id())

    def test_over_ssh_the_host_kills_itself_and_its_bmc_brings_it_back(self):
        fault = self.dies_and_comes_back(self.useFixture(HostFixture()), "ssh")
        hanging = {one.witness for one in fault.observations if one.driver}
        self.assertEqual({"ssh_banner"}, hanging)
        self.assertIn("poweroff --force --force --no-sync", fault.how)

    def test_a_bmc_that_says_off_while_the_host_runs_gives_the_verdict_unknown(self):
        machine = self.useFixture(HostFixture("liar"))
        before = machine.boot_id()
        fault = self.fault(machine)
        with fault:
            self.assertEqual("unknown", fault.verdict)
            says = {one.witness: one.says for one in fault.observations}
            self.assertEqual({"bmc": "dead", "ssh_banner": "alive", "tcp": "alive"}, says)
            self.assertEqual(before, machine.boot_id())
            self.assertEqual("unknown", self.journal.open_entries()[0].last)
        self.assertEqual((), self.journal.open_entries())
        closed = dict(self.events)["fault.recovered"]
        self.assertFalse(closed["was_down"])

    def test_a_bmc_that_accepts_and_does_nothing_gives_the_verdict_unknown(self):
        fault = self.fault(self.useFixture(HostFixture("deaf")))
        with fault:
            self.assertEqual("unknown", fault.verdict)
        self.assertIn("fault.inject_failed", self.kinds())

    def test_a_bmc_that_does_not_switch_on_leaves_the_entry_open_and_says_so(self):
        machine = self.useFixture(HostFixture("no_on"))
        fault = self.fault(machine)
        fault.setUp()
        self.assertEqual("injected", fault.verdict)
        lost = self.assertRaises(errors.NotRecovered, fault.recover, Deadline.after(0.5))
        self.assertIn("did not come back", str(lost))
        self.assertEqual("fault.not_recovered", self.kinds()[-1])
        self.assertEqual("compute1", self.journal.open_entries()[0].host)
        fault._clear_cleanups()

    def test_an_observer_that_fails_does_not_keep_the_host_down(self):
        machine = self.useFixture(HostFixture())
        fault = self.fault(machine, on_event=lambda kind, data: 1 / 0)
        with fault:
            self.assertEqual("injected", fault.verdict)
        self.assertNotEqual(fault.boot_id, machine.boot_id())

    def test_refusals_name_their_rule_and_touch_nothing(self):
        machine = self.useFixture(HostFixture())
        before = machine.boot_id()

        run = machine.run()

        def why(via="ipmi", host=None, **more):
            return self.refusal(self.fault(machine, via, host, **{"run": run, **more}))

        self.assertIn("no bmc", why("ssh", machine.write(bmc=None)))
        self.assertIn("disturb: true", why(host=machine.write(disturb=False)))
        self.assertIn("is driven by ipmi, not by redfish", why("redfish"))
        here = Guard(runner=Identity(before))
        self.assertIn("the machine this runs on", why(guard=here))
        self.assertIn("Fewer than 2", why(witnesses=machine.witnesses()[:2]))
        own_rule = Guard(runner=GUARD.runner, further=(lambda host: "Controllers run there.",))
        self.assertIn("Controllers", why(guard=own_rule))
        nowhere = Run(machine.inventory, state=StateFolder("/proc/self/state"), keeper=False)
        self.assertIn("cannot be made", why(run=nowhere))
        (machine.folder / "bmc.password").write_text("wrong\n")
        self.assertIn("could not switch", why())
        self.assertEqual(before, machine.boot_id())

    def test_what_the_journal_has_open_counts_against_another_fault(self):
        machine = self.useFixture(HostFixture())
        fault = self.fault(machine)
        entry = self.journal.open_entry("power_off", "compute1", "power_on", {})
        same = self.assertRaises(errors.FaultRefused, fault.setUp)
        self.assertIn("open entry for compute1", str(same))
        self.journal.close_entry(entry)
        self.journal.open_entry("power_off", "compute9", "power_on", {})
        other = self.assertRaises(errors.FaultRefused, fault.setUp)
        self.assertIn("At most 1 host(s)", str(other))
        self.assertIn("compute9", str(other))

    def test_a_login_that_is_not_root_is_refused_over_ssh(self):
        machine = self.useFixture(HostFixture(uid="1000"))
        self.assertIn("sudo", self.refusal(self.fault(machine, "ssh")))
