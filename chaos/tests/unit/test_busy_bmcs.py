# SPDX-License-Identifier: Apache-2.0
"""A BMC that has no time now is asked again as it wants to be, as long as there is time for it."""

import json
import time
import unittest

import testtools

from chaos import errors
from chaos.deadline import Deadline
from chaos.power import PowerState, bmc_power
from chaos.power.redfish_messages import asked_to_wait, messages
from chaos.tests.unit import cli_app
from chaos.tests.unit.host_fixture import IPMITOOL, NO_IPMITOOL, HostFixture


class RedfishTest(testtools.TestCase):
    def power(self, mode):
        return bmc_power(self.useFixture(HostFixture(mode, driver="redfish")).host)

    def test_it_is_asked_again_when_it_says(self):
        for mode, least in (
            ("busy_for_a_second", 2.0),
            ("busy_until_a_date", 1.0),
            ("busy_by_message", 1.0),
            ("busy_without_a_word", 2.0),
        ):
            power = self.power(mode)
            began = time.monotonic()
            self.assertIs(PowerState.ON, power.status(Deadline.after(30)), mode)
            self.assertGreaterEqual(time.monotonic() - began, least - 0.1, mode)

    def test_it_is_not_waited_for_beyond_the_deadline_and_that_is_said_at_once(self):
        power = self.power("busy_for_an_hour")
        began = time.monotonic()
        failed = self.assertRaises(errors.PowerError, power.status, Deadline.after(30))
        self.assertLess(time.monotonic() - began, 20)
        self.assertIn("busy (HTTP 503)", failed.found)
        self.assertIn("in 3600 s", failed.found)

    def test_the_check_of_a_host_waits_as_well(self):
        machine = self.useFixture(HostFixture("busy_for_a_second", driver="redfish"))
        status, out, err = cli_app.run(machine.folder, "hosts", "check", "--json")
        (row,) = json.loads(out)["hosts"]
        self.assertEqual((0, "ok", "on"), (status, row["bmc"], row["power"]), err)


@unittest.skipUnless(IPMITOOL, NO_IPMITOOL)
class IpmiTest(testtools.TestCase):
    def test_node_busy_is_no_answer(self):
        power = bmc_power(self.useFixture(HostFixture("busy")).host)
        self.assertIs(PowerState.ON, power.status(Deadline.after(30)))

    def test_one_that_is_always_busy_is_said_to_be(self):
        power = bmc_power(self.useFixture(HostFixture("always_busy")).host)
        failed = self.assertRaises(errors.PowerError, power.status, Deadline.after(3))
        self.assertIn("the BMC is busy", failed.found)
        self.assertIn("restart the BMC", failed.remedy)


class WordsTest(testtools.TestCase):
    def test_what_asks_for_a_pause_and_what_does_not(self):
        for status, header, body, pause in (
            (200, "5", b"", None),
            (500, "5", b"", None),
            (503, "5", b"", 5.0),
            (429, "5", b"{}", 5.0),
            (503, "0", b"", 0.2),
            (503, "soon", b"[]", 1.0),
            (503, None, b'{"error": {"@Message.ExtendedInfo": {"MessageId": "x"}}}', 1.0),
            (503, "Wed, 21 Oct 2015 07:28:00 GMT", b"", 0.2),
        ):
            self.assertEqual(pause, asked_to_wait(status, header, body), (status, header, body))

    def test_messages_are_found_wherever_they_are_and_nothing_strange_is_in_the_way(self):
        for body in (b"", b"null", b"[1]", b'{"error": "x"}', b'{"Messages": ["x", null]}'):
            self.assertEqual([], list(messages(body)), body)
        body = b'{"error": {"@Message.ExtendedInfo": [{"Message": "no"}]}, "Messages": [{"a": 1}]}'
        self.assertEqual([{"a": 1}, {"Message": "no"}], list(messages(body)))
