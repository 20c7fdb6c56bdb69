# SPDX-License-Identifier: Apache-2.0
"""Why an injection failed: the words of the BMC in the error, journal, history and result."""

import json
import unittest

import testtools

from chaos import errors
from chaos.cli.inject import Outcome
from chaos.deadline import Deadline
from chaos.faults.hard_reset import HardReset
from chaos.faults.power_off import PowerOff
from chaos.power import bmc_power
from chaos.power.redfish_messages import resolution, said
from chaos.power.redfish_task import task_of, why_failed
from chaos.tests.unit.cli_process import CommandCase
from chaos.tests.unit.host_fixture import GUARD, IPMITOOL, NO_IPMITOOL, HostFixture

REFUSED = (
    "HTTP 400: POST ",
    "100% refused: ResetType ForceOff needs a license. (Base.1.8.ActionParameterNotSupported)",
)
TASK_FAILED = (
    "the BMC made a task of it, and it ended in Exception, Critical: ",
    "The chassis holds the power. (IDRAC.2.8.PWR7)",
)
WORDS = {
    "refuses": REFUSED,
    "refuses_in_html": ("HTTP 400: POST ", "it gives no reason"),
    "task_fails": TASK_FAILED,
    "task_fails_at_once": TASK_FAILED,
    "monitor_fails": ("a task of it, and it ended in HTTP 400: 100% refused", REFUSED[1]),
    "task_goes_on": ("status last read on",),
}


class DriverTest(testtools.TestCase):
    def test_the_error_of_each_kind_has_the_words_of_the_bmc(self):
        for mode, words in WORDS.items():
            machine = self.useFixture(HostFixture(mode, driver="redfish"))
            machine.write(bmc={"power_timeout": 2})
            machine.reload()
            power = bmc_power(machine.host)
            failed = self.assertRaises(errors.PowerTimeout, power.off, Deadline.after(30))
            for one in words:
                self.assertIn(one, failed.found, mode)
            self.assertFalse(machine.first_is_dead())

    def test_a_refused_reading_is_said_with_what_the_bmc_says_is_to_be_done(self):
        machine = self.useFixture(HostFixture("refuses", driver="redfish"))
        power = bmc_power(machine.host)
        failed = self.assertRaises(
            errors.PowerError, power._ask, lambda system, bmc: bmc.post("/x/ComputerSystem.Reset"),
            Deadline.after(30),
        )  # fmt: skip
        self.assertEqual("Install the license for remote power control.", failed.remedy)


class FaultTest(testtools.TestCase):
    def fault(self, machine, kind=PowerOff, **more):
        self.events = []
        return kind(
            machine.host, run=self.run_of(machine), deadline=Deadline.after(60), guard=GUARD,
            on_event=lambda kind, data: self.events.append((kind, data)),
            **{"witnesses": machine.witnesses(), "confirm_within": 1.0, **more},
        )  # fmt: skip

    def run_of(self, machine):
        self.runs = getattr(self, "runs", {})
        if machine not in self.runs:
            self.runs[machine] = machine.run()
        return self.runs[machine]

    def test_journal_history_and_result_say_it(self):
        machine = self.useFixture(HostFixture("refuses", driver="redfish"))
        machine.write(bmc={"power_timeout": 1})
        machine.reload()
        fault = self.fault(machine)
        with fault:
            self.assertEqual("unknown", fault.verdict)
            (entry,) = fault.run.journal.open_entries()
            details = fault.getDetails()["power_off-witnesses"].as_text()
        failed = next(data for kind, data in self.events if kind == "fault.inject_failed")
        unknown = next(data for kind, data in self.events if kind == "fault.unknown")
        for text in (fault.error, entry.error, failed["error"], unknown["error"], details):
            for one in REFUSED:
                self.assertIn(one, text)
        (entry,) = fault.run.journal.entries()
        self.assertEqual(("closed", fault.error), (entry.last, entry.error))

    def test_a_fault_that_worked_has_no_error(self):
        fault = self.fault(self.useFixture(HostFixture(driver="redfish")), confirm_within=30.0)
        with fault:
            self.assertEqual(("injected", ""), (fault.verdict, fault.error))
            (entry,) = fault.run.journal.open_entries()
            self.assertEqual("", entry.error)

    def test_a_dry_run_asks_what_can_be_asked_without_doing(self):
        for mode, word in (
            ("no_actions", "offers no reset at all"),
            ("actions_null", "offers no reset at all"),
            ("no_reset", "offers no reset at all"),
            ("no_target", "Reset/target is missing"),
            ("graceful_only", "among GracefulRestart, GracefulShutdown"),
            ("offers_nothing_known", "among Abracadabra"),
        ):
            machine = self.useFixture(HostFixture(mode, driver="redfish"))
            for kind in (PowerOff, HardReset):
                reasons = " ".join(self.fault(machine, kind).why_not())
                self.assertIn(word, reasons, mode)
            self.assertEqual((), self.run_of(machine).journal.entries())
            self.assertFalse(machine.first_is_dead())


@unittest.skipUnless(IPMITOOL, NO_IPMITOOL)
class IpmiTest(testtools.TestCase):
    def test_the_words_of_a_completion_code_and_no_advice_about_passwords(self):
        machine = self.useFixture(HostFixture("not_now"))
        machine.write(bmc={"power_timeout": 1})
        machine.reload()
        power = bmc_power(machine.host)
        failed = self.assertRaises(errors.PowerTimeout, power.off, Deadline.after(30))
        self.assertIn("Command not supported in present state", failed.found)
        refused = self.assertRaises(
            errors.PowerError, power._call, ["chassis", "power", "off"], Deadline.after(30)
        )
        self.assertNotIn("password", refused.remedy)


class CommandTest(CommandCase):
    def make_machine(self):
        machine = self.useFixture(HostFixture("refuses", driver="redfish"))
        machine.write(bmc={"power_timeout": 1})
        return machine

    def test_inject_says_it_in_its_table_and_its_document(self):
        # Nothing is waited for that is not going to happen.
        before = ("inject", "power_off", "compute1", "--for", "0.1s", "--json")
        status, out, err = self.command(*before)
        row = json.loads(out)
        self.assertEqual((1, "unknown", True), (status, row["verdict"], row["recovered"]), err)
        for one in REFUSED:
            self.assertIn(one, row["inject_error"])
            self.assertIn(one, err)


class WordsTest(testtools.TestCase):
    def test_the_row_says_why_it_is_not_proved(self):
        outcome = Outcome("a", "power_off", "ipmi", "unknown", error="not now", found="recovered")
        self.assertEqual("not proved: not now; recovered", outcome.output().rows[-1])

    def test_bodies_of_every_kind(self):
        for body, words in (
            (b"", ""),
            (b"<html>", ""),
            (b'{"error": {"message": "no", "code": "X.1"}}', "no (X.1)"),
            (b'{"error": {"@Message.ExtendedInfo": {"MessageId": "X.2"}}}', "X.2"),
            (b'{"error": {"@Message.ExtendedInfo": [{"Message": "a\\n b"}, 1]}}', "a b"),
        ):
            self.assertEqual(words, said(body))
        self.assertEqual("", resolution(b'{"Messages": [{"Resolution": "None."}]}'))

    def test_tasks(self):
        running = b'{"@odata.id": "/t/1", "TaskState": "Running"}'
        self.assertEqual("/t/1", task_of("/m/1", running))
        self.assertEqual("/m/1", task_of("/m/1", b"[]"))
        self.assertEqual("", task_of(None, b""))
        for status, body, why in (
            (200, running, ""),
            (202, b"", ""),
            (404, b"", ""),
            (200, b'{"TaskState": "Completed", "TaskStatus": "OK"}', ""),
            (200, b'{"TaskState": "Completed", "TaskStatus": "Critical"}', "Completed, Critical"),
            (200, b'{"TaskState": "Killed"}', "Killed"),
            (500, b"", "HTTP 500: no reason is given"),
        ):
            self.assertEqual(f"it ended in {why}" if why else "", why_failed(status, body))
