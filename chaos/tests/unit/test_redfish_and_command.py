# SPDX-License-Identifier: Apache-2.0
"""Power over Redfish against a real service, and power by commands."""

import contextlib
import socket
import unittest

import testtools

from chaos import errors
from chaos.deadline import Deadline
from chaos.inventory import BmcAccess, CommandAccess
from chaos.inventory.secret import Secret
from chaos.power import PowerState, bmc_power
from chaos.power.command import CommandPower
from chaos.power.protocol import Timing
from chaos.power.redfish import RedfishPower
from chaos.tests.unit.host_fixture import IPMITOOL, NO_IPMITOOL, HostFixture

QUICK = Timing(power_timeout=10.0, reissue=0.3, interval=0.05)


def soon():
    return Deadline.after(60)


class RedfishTest(testtools.TestCase):
    def machine(self, mode="honest"):
        return self.useFixture(HostFixture(mode, driver="redfish"))

    def test_off_and_on_are_true_when_they_read_so(self):
        machine = self.machine()
        power = bmc_power(machine.host)
        self.assertIsInstance(power, RedfishPower)
        self.assertIs(PowerState.ON, power.status(soon()))
        power.on(soon())
        power.off(soon())
        self.assertTrue(machine.first_is_dead())
        power.off(soon())
        self.assertIs(PowerState.OFF, power.status(soon()))
        power.on(soon())
        self.assertIs(PowerState.ON, power.status(soon()))

    def test_a_command_without_effect_is_issued_again(self):
        machine = self.machine("forgetful")
        power = bmc_power(machine.host)
        power.timing = QUICK
        power.off(soon())
        self.assertTrue(machine.first_is_dead())

    def test_a_bmc_that_offers_no_way_to_switch_off_is_found_out_by_asking(self):
        bmc_power(self.machine().host).prepare(soon())
        power = bmc_power(self.machine("no_off").host)
        failed = self.assertRaises(errors.PowerUnsupported, power.prepare, soon())
        self.assertIn("offers no ForceOff", failed.found)
        self.assertIn("GracefulShutdown", failed.expected)

    def test_a_wrong_password_and_an_unknown_certificate_are_named_without_either(self):
        machine = self.machine()
        for change, word in (
            ({"password": {"command": ["echo", "wrong-one"]}}, "HTTP 401"),
            ({"ca_file": None}, "ertificate"),
        ):
            power = bmc_power(machine.write(bmc=change))
            failed = self.assertRaises(errors.PowerError, power.status, soon())
            self.assertIn(word, str(failed))
            self.assertNotIn("wrong-one", str(failed))
            self.assertIsNone(failed.__cause__)

    def test_a_bmc_that_says_nothing_is_given_up_on_in_time(self):
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as silent:
            bmc = BmcAccess(
                "redfish", "127.0.0.1", "admin", Secret(command=("echo", "x")),
                port=silent.getsockname()[1], verify=False,
            )  # fmt: skip
            failed = self.assertRaises(
                errors.PowerError, RedfishPower(bmc).status, Deadline.after(0.5)
            )
        self.assertIn("Redfish at 127.0.0.1", str(failed))


@unittest.skipUnless(IPMITOOL, NO_IPMITOOL)
class CommandTest(testtools.TestCase):
    def test_commands_switch_and_their_last_word_is_the_status(self):
        machine = self.useFixture(HostFixture(driver="command"))
        power = bmc_power(machine.host)
        self.assertIsInstance(power, CommandPower)
        self.assertIs(PowerState.ON, power.status(soon()))
        power.off(soon())
        self.assertTrue(machine.first_is_dead())
        power.on(soon())
        self.assertIs(PowerState.ON, power.status(soon()))

    def test_what_virsh_says_is_understood_and_what_nobody_says_is_not(self):
        def status(*said):
            argv = ("printf", *said)
            return CommandPower(CommandAccess(argv, argv, argv)).status(soon())

        self.assertIs(PowerState.OFF, status("shut off\\n"))
        self.assertIs(PowerState.ON, status("running\\n"))
        failed = self.assertRaises(errors.PowerError, status, "perhaps")
        self.assertIn("perhaps", str(failed))

    def test_a_command_that_is_not_there_is_named(self):
        argv = ("no-such-command-here",)
        failed = self.assertRaises(
            errors.PowerError, CommandPower(CommandAccess(argv, argv, argv)).status, soon()
        )
        self.assertIn("no-such-command-here cannot be run", str(failed))
