# SPDX-License-Identifier: Apache-2.0
"""Before anything is done to a host, its way back is known to work: it is asked for and tried."""

import json
import unittest

import fixtures
import testtools

from chaos import errors
from chaos.deadline import Deadline
from chaos.faults.hard_reset import HardReset
from chaos.faults.network_partition import NetworkPartition
from chaos.faults.panic import Panic
from chaos.faults.power_off import PowerOff
from chaos.inventory import CommandAccess
from chaos.power import PowerState, bmc_power
from chaos.power.command import CommandPower
from chaos.tests.unit import cli_app
from chaos.tests.unit.host_fixture import GUARD, IPMITOOL, NO_IPMITOOL, HostFixture


def soon():
    return Deadline.after(60)


class TryTest(testtools.TestCase):
    """What each BMC answers to "on" while its host is on, and whether that is enough."""

    def refusal(self, mode, driver="redfish"):
        machine = self.useFixture(HostFixture(mode, driver=driver))
        failed = self.assertRaises(
            errors.PowerUnsupported, bmc_power(machine.host).try_on, soon()
        )
        self.assertFalse(machine.first_is_dead())
        return failed

    def taken(self, mode, driver="redfish"):
        machine = self.useFixture(HostFixture(mode, driver=driver))
        before = machine.boot_id()
        bmc_power(machine.host).try_on(soon())
        self.assertEqual(before, machine.boot_id(), mode)

    def test_redfish_that_takes_it_or_says_that_it_is_on_already(self):
        for mode in ("honest", "force_on_offered", "on_already_409", "on_already_400"):
            self.taken(mode)

    def test_redfish_that_refuses_it_is_refused_in_its_own_words(self):
        self.useFixture(fixtures.MonkeyPatch("chaos.power.redfish.TASK_SECONDS", 1.0))
        for mode, words, remedy in (
            ("may_only_read", "Base.1.8.InsufficientPrivilege", "rights"),
            ("no_license", "needs a license", "Install the license"),
            ("other_conflict", "An update is already in progress", "own log"),
            ("task_goes_on", "after it was switched off", "list of tasks"),
            ("no_on_offered", "offers no On or ForceOn", ""),
            ("task_fails", "it ended in Exception", "list of tasks"),
        ):
            failed = self.refusal(mode)
            self.assertIn(words, failed.found, mode)
            self.assertIn(remedy, failed.remedy, mode)
        self.assertIn("ForceOff, GracefulShutdown, PushPowerButton",
                      self.refusal("no_on_offered").expected)

    @unittest.skipUnless(IPMITOOL, NO_IPMITOOL)
    def test_ipmi(self):
        for mode in ("honest", "already", "busy"):
            self.taken(mode, "ipmi")
        failed = self.refusal("reader", "ipmi")
        self.assertIn("may read but not switch power", failed.found)
        self.assertIn("0xD4", failed.found)
        self.assertIn("the right OPERATOR", failed.remedy)

    def test_commands(self):
        def power(on, status="on"):
            return CommandPower(
                CommandAccess(("sh", "-c", on), ("true",), ("echo", status))
            )

        power("true").try_on(soon())
        power("echo error: Domain is already active >&2; exit 1").try_on(soon())
        failed = self.assertRaises(
            errors.PowerUnsupported, power("echo access denied >&2; exit 1").try_on, soon()
        )
        self.assertIn("access denied", failed.found)

    def test_it_is_not_sent_to_a_host_that_is_off(self):
        machine = self.useFixture(HostFixture(driver="redfish"))
        power = bmc_power(machine.host)
        power.off(soon())
        failed = self.assertRaises(errors.PowerUnsupported, power.try_on, soon())
        self.assertIn("reads off", failed.found)
        self.assertIs(PowerState.OFF, power.status(soon()))


class RedirectTest(testtools.TestCase):
    def test_a_post_stays_a_post(self):
        for status in (301, 302, 307, 308):
            machine = self.useFixture(HostFixture(f"moved_{status}", driver="redfish"))
            bmc_power(machine.host).off(soon())
            self.assertTrue(machine.first_is_dead(), status)

    def test_what_would_be_no_post_any_more_or_leaves_the_bmc_is_refused(self):
        for mode, words in (
            ("see_other", "answers with HTTP 303 to POST"),
            ("moved_in_a_circle", "redirects again and again"),
            ("moved_away", "redirects to another place, https://127.0.0.2"),
            ("moved_to_http", "redirects to another place, http://127.0.0.1"),
        ):
            machine = self.useFixture(HostFixture(mode, driver="redfish"))
            failed = self.assertRaises(
                errors.PowerError, bmc_power(machine.host).try_on, soon()
            )
            self.assertIn(words, failed.found)
            self.assertFalse(machine.first_is_dead())


class FaultTest(testtools.TestCase):
    def fault(self, machine, kind=PowerOff, **more):
        run = getattr(machine, "one_run", None) or machine.run()
        machine.one_run = run
        return kind(
            machine.host, run=run, deadline=Deadline.after(60), guard=GUARD,
            **{"witnesses": machine.witnesses(), **more},
        )  # fmt: skip

    def refusal(self, machine, kind, **more):
        before = machine.boot_id()
        fault = self.fault(machine, kind, **more)
        refused = self.assertRaises(errors.FaultRefused, fault.setUp)
        self.assertEqual((), fault.run.journal.entries())
        self.assertEqual(before, machine.boot_id())
        return str(refused)

    def test_every_fault_of_power_is_refused_if_the_way_back_is_closed(self):
        machine = self.useFixture(HostFixture("may_only_read", driver="redfish"))
        machine.write(restarts_by_itself=True)
        machine.reload()
        for kind, more in (
            (PowerOff, {}),
            (PowerOff, {"via": "ssh"}),
            (HardReset, {"witnesses": ()}),
            (Panic, {"witnesses": ()}),
        ):
            words = self.refusal(machine, kind, **more)
            self.assertIn("could not switch compute1 on again", words, kind)
            self.assertIn("InsufficientPrivilege", words)

    def test_one_that_offers_no_on_is_refused_over_ssh_and_in_a_dry_run_too(self):
        machine = self.useFixture(HostFixture("no_on_offered", driver="redfish"))
        for via in ("bmc", "ssh"):
            self.assertIn("PushPowerButton", self.refusal(machine, PowerOff, via=via))
            reasons = " ".join(self.fault(machine, via=via).why_not())
            self.assertIn("offers no On or ForceOn", reasons)

    @unittest.skipUnless(IPMITOOL, NO_IPMITOOL)
    def test_a_user_who_may_only_read(self):
        machine = self.useFixture(HostFixture("reader"))
        self.assertIn("the right OPERATOR", self.refusal(machine, PowerOff))

    @unittest.skipUnless(IPMITOOL, NO_IPMITOOL)
    def test_a_dry_run_sends_nothing(self):
        machine = self.useFixture(HostFixture("reader"))
        self.assertEqual([], self.fault(machine).why_not())

    @unittest.skipUnless(IPMITOOL, NO_IPMITOOL)
    def test_a_bmc_that_restarts_a_host_that_is_on_is_refused(self):
        machine = self.useFixture(HostFixture("restarts"))
        fault = self.fault(machine)
        refused = self.assertRaises(errors.FaultRefused, fault.setUp)
        self.assertIn("has been restarted", str(refused))
        self.assertEqual((), fault.run.journal.entries())

    def test_a_last_resort_is_tried_as_well(self):
        machine = self.useFixture(HostFixture("may_only_read", driver="redfish"))
        fault = self.fault(
            machine, NetworkPartition, networks=("management",), power_cycle=True, witnesses=()
        )
        failed = self.assertRaises(errors.PowerUnsupported, fault._try_way_back, soon())
        self.assertIn("InsufficientPrivilege", str(failed))


@unittest.skipUnless(IPMITOOL, NO_IPMITOOL)
class HostsCheckTest(testtools.TestCase):
    def check(self, machine, *more):
        status, out, err = cli_app.run(machine.folder, "hosts", "check", "--json", *more)
        self.assertTrue(out, err)
        (row,) = json.loads(out)["hosts"]
        return status, row

    def test_one_without_on_is_refused_with_what_it_offers(self):
        machine = self.useFixture(HostFixture("no_on_offered", driver="redfish"))
        status, row = self.check(machine)
        self.assertEqual(1, status)
        self.assertIn("ForceOff, GracefulShutdown, PushPowerButton", row["problems"][0])

    def test_trying_finds_the_user_who_may_only_read_and_only_trying_does(self):
        machine = self.useFixture(HostFixture("reader"))
        before = machine.boot_id()
        status, row = self.check(machine)
        self.assertEqual((0, ""), (status, row["power_tried"]))
        status, row = self.check(machine, "--try-power")
        self.assertEqual((1, "failed"), (status, row["power_tried"]))
        self.assertIn("the right OPERATOR", row["problems"][0])
        self.assertEqual(before, machine.boot_id())

    def test_a_host_that_is_well_stays_as_it_is(self):
        machine = self.useFixture(HostFixture())
        before = machine.boot_id()
        status, row = self.check(machine, "--try-power")
        self.assertEqual((0, "ok", []), (status, row["power_tried"], row["problems"]))
        self.assertEqual(before, machine.boot_id())

    def test_a_bmc_that_restarts_a_host_that_is_on_is_found(self):
        machine = self.useFixture(HostFixture("restarts"))
        status, row = self.check(machine, "--try-power")
        self.assertEqual((1, "failed"), (status, row["power_tried"]))
        self.assertIn("restarted", row["problems"][0])

    def test_a_host_that_may_not_be_disturbed_is_not_tried(self):
        machine = self.useFixture(HostFixture("reader"))
        machine.write(disturb=False)
        status, row = self.check(machine, "--try-power")
        self.assertEqual((0, ""), (status, row["power_tried"]))
