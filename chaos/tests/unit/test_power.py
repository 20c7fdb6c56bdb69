# SPDX-License-Identifier: Apache-2.0
"""The power drivers: off when it reads off, reissued while it does not, no password in sight."""

import contextlib
import socket
import stat
import unittest

import fixtures
import testtools
from testtools import matchers

from chaos import errors
from chaos.deadline import Deadline
from chaos.inventory import BmcAccess
from chaos.inventory.secret import Secret
from chaos.power import PowerState, power_control
from chaos.power.ipmi import IpmiPower
from chaos.power.ipmitool_messages import explain
from chaos.power.protocol import Timing, switch
from chaos.power.ssh import Method
from chaos.tests.unit.host_fixture import IPMITOOL, NO_IPMITOOL, HostFixture

SPY = """#!/bin/sh
tr '\\0' '\\n' < /proc/$$/cmdline >> {log}
tr '\\0' '\\n' < /proc/$$/environ >> {log}
exec {ipmitool} "$@"
"""

QUICK = Timing(power_timeout=10.0, reissue=0.3, interval=0.05)


def soon():
    return Deadline.after(60)


@unittest.skipUnless(IPMITOOL, NO_IPMITOOL)
class IpmiTest(testtools.TestCase):
    def test_off_and_on_are_true_when_they_read_so_and_no_errors_when_they_are_so_already(self):
        machine = self.useFixture(HostFixture())
        power = IpmiPower(machine.host.bmc)
        self.assertIs(PowerState.ON, power.status(soon()))
        power.on(soon())
        power.off(soon())
        self.assertTrue(machine.first_is_dead())
        self.assertIs(PowerState.OFF, power.status(soon()))
        power.off(soon())
        power.reset(soon())
        self.assertIs(PowerState.ON, power.status(soon()))

    def test_a_command_without_effect_is_issued_again(self):
        machine = self.useFixture(HostFixture("forgetful"))
        power = IpmiPower(machine.host.bmc)
        power.timing = QUICK
        power.off(soon())
        self.assertTrue(machine.first_is_dead())

    def test_a_bmc_that_never_does_it_is_reported_with_what_it_read_last(self):
        machine = self.useFixture(HostFixture("deaf"))
        power = IpmiPower(machine.host.bmc)
        failed = self.assertRaises(errors.PowerTimeout, power.off, soon())
        self.assertIn("status last read on", str(failed))

    def test_the_password_is_in_no_argument_list_no_environment_and_no_message(self):
        machine = self.useFixture(HostFixture("slow"))
        log = machine.folder / "seen"
        program = machine.folder / "ipmitool"
        program.write_text(SPY.format(log=log, ipmitool=IPMITOOL))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        self.useFixture(fixtures.EnvironmentVariable("IPMI_PASSWORD", "from-outside"))
        power = IpmiPower(machine.host.bmc, program=str(program))
        power.off(soon())
        seen = log.read_text()
        self.assertThat(seen, matchers.Contains("chassis\npower\noff"))
        self.assertNotIn(machine.password, seen)
        self.assertNotIn("from-outside", seen)

    def test_each_way_to_be_refused_is_one_sentence_that_says_what_to_do(self):
        machine = self.useFixture(HostFixture())
        for change, found, remedy in (
            (
                {"password": {"command": ["echo", "another-one"]}},
                "the password is not that of the user 'admin'",
                "check the password in command echo",
            ),
            ({"cipher_suite": 17}, "does not take cipher suite 17", "getciphers"),
        ):
            power = IpmiPower(machine.write(bmc=change).bmc)
            failed = self.assertRaises(errors.PowerError, power.status, soon())
            self.assertIn(found, failed.found)
            self.assertIn(remedy, failed.remedy)
            self.assertNotIn("another-one", str(failed))

    def test_a_user_without_the_privilege_is_reported(self):
        machine = self.useFixture(HostFixture("observer"))
        power = IpmiPower(machine.host.bmc)
        failed = self.assertRaises(errors.PowerError, power.status, soon())
        self.assertIn("may not do this with the privilege ADMINISTRATOR", failed.found)
        self.assertIn("OPERATOR is needed", failed.remedy)

    def test_a_bmc_that_does_not_answer_is_reported_in_time(self):
        with contextlib.closing(socket.socket(type=socket.SOCK_DGRAM)) as silent:
            silent.bind(("127.0.0.1", 0))
            bmc = BmcAccess(
                "ipmi", "127.0.0.1", "admin", Secret(command=("echo", "x")),
                port=silent.getsockname()[1],
            )  # fmt: skip
            for seconds, found in ((30, "nobody answers there"), (0.5, "no answer to")):
                with fixtures.MonkeyPatch("chaos.power.ipmi.RETRANSMISSIONS", 1):
                    failed = self.assertRaises(
                        errors.PowerError, IpmiPower(bmc).status, Deadline.after(seconds)
                    )
                self.assertIn(found, failed.found)
                self.assertIn("UDP passes", failed.remedy)

    def test_what_other_firmware_says_is_understood(self):
        bmc = BmcAccess("ipmi", "127.0.0.1", "admin", Secret(env="X"), cipher_suite=17)
        for said, found in (
            ("Error in open session response message : no matching cipher suite", "suite 17"),
            ("RAKP 2 message indicates an error : unauthorized name", "know the user 'admin'"),
            ("Set Chassis Power Control to Down/Off failed: Insufficient privilege level", "ADMI"),
            ("one line\nsomething new\n", "something new"),
        ):
            self.assertIn(found, explain(said, bmc)[0])

    def test_a_password_longer_than_ipmi_knows_is_refused_instead_of_cut(self):
        bmc = BmcAccess("ipmi", "127.0.0.1", "admin", Secret(command=("echo", "x" * 21)))
        failed = self.assertRaises(errors.SecretError, IpmiPower(bmc).status, soon())
        self.assertIn("20 bytes", str(failed))
        self.assertNotIn("x" * 21, str(failed))

    def test_an_ipmitool_that_is_not_there_is_named_with_its_package(self):
        bmc = BmcAccess("ipmi", "127.0.0.1", "admin", Secret(command=("echo", "x")))
        power = IpmiPower(bmc, program="no-such-ipmitool")
        failed = self.assertRaises(errors.PowerError, power.status, soon())
        self.assertIn("install the package ipmitool", str(failed))


class SwitchTest(testtools.TestCase):
    def test_errors_count_only_if_the_status_never_reads_as_wanted(self):
        answers = [errors.PowerError("busy"), PowerState.ON, PowerState.OFF]

        def issue(deadline):
            raise errors.PowerError("in this state already")

        def read(deadline):
            answer = answers.pop(0)
            if isinstance(answer, errors.PowerError):
                raise answer
            return answer

        self.assertEqual(1, switch(PowerState.OFF, issue, read, QUICK, soon(), by="cord"))

    def test_it_gives_up_at_the_deadline_and_names_the_last_error(self):
        def issue(deadline):
            raise errors.PowerError("node busy")

        failed = self.assertRaises(
            errors.PowerTimeout,
            switch,
            PowerState.OFF,
            issue,
            lambda deadline: PowerState.ON,
            QUICK,
            Deadline.after(0.7),
            by="cord",
        )
        self.assertIn("cord: the machine is not off", failed.found)
        self.assertIn("node busy", str(failed))
        self.assertIn("status last read on", str(failed))


class SshTest(testtools.TestCase):
    def test_it_cannot_switch_on_and_silence_is_not_off(self):
        machine = self.useFixture(HostFixture())
        power = power_control(machine.host, "ssh")
        self.assertIs(PowerState.ON, power.status(soon()))
        self.assertRaises(errors.PowerUnsupported, power.on, soon())
        self.assertRaises(errors.PowerUnsupported, power.reset, soon())
        power.off(soon())
        self.assertTrue(machine.first_is_dead())
        self.assertIs(PowerState.UNKNOWN, power.status(Deadline.after(0.5)))

    def test_it_takes_the_first_way_that_the_host_has(self):
        machine = self.useFixture(HostFixture())
        ways = (
            Method("not here", ("false",), ("false",)),
            Method("fails", ("true",), ("sh", "-c", "echo no room >&2; exit 5")),
            Method("never tried", ("true",), ("true",)),
        )
        with fixtures.MonkeyPatch("chaos.power.ssh.METHODS", ways):
            power = power_control(machine.host, "ssh")
            failed = self.assertRaises(errors.PowerError, power.off, soon())
        self.assertIn("status 5: no room", str(failed))
        self.assertIn("by fails", power.describe())
        with fixtures.MonkeyPatch("chaos.power.ssh.METHODS", ways[:1]):
            power = power_control(machine.host, "ssh")
            self.assertRaises(errors.PowerUnsupported, power.off, soon())
        self.assertFalse(machine.first_is_dead())
