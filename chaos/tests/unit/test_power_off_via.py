# SPDX-License-Identifier: Apache-2.0
"""A host is powered off by whatever BMC it has, and one that cannot be is refused beforehand."""

import dataclasses
import json
import socket
import unittest
from pathlib import Path
from unittest import mock

import fixtures
import testtools

from chaos import errors
from chaos.deadline import Deadline
from chaos.faults.power_off import PowerOff
from chaos.inventory import BmcAccess, CommandAccess, Host, Secret, SshAccess
from chaos.power import BMC, SSH, power_control, why_not
from chaos.tests.unit import cli_app
from chaos.tests.unit.host_fixture import GUARD, IPMITOOL, NO_IPMITOOL, HostFixture

DRIVERS = ("ipmi", "redfish", "command")


@unittest.skipUnless(IPMITOOL, NO_IPMITOOL)
class ViaBmcTest(testtools.TestCase):
    def fault(self, machine, via=BMC, **more):
        self.events = []
        self.run_of_it = machine.run()
        return PowerOff(
            machine.host, via, run=self.run_of_it, deadline=Deadline.after(60), guard=GUARD,
            witnesses=machine.witnesses(),
            on_event=lambda kind, data: self.events.append((kind, data)), **more,
        )  # fmt: skip

    def is_powered_off_and_comes_back(self, driver, via=BMC):
        machine = self.useFixture(HostFixture(driver=driver))
        self.assertEqual("", why_not(machine.host, via))
        before = machine.boot_id()
        with self.fault(machine, via) as fault:
            self.assertEqual("injected", fault.verdict, fault.observations)
            self.assertTrue(machine.first_is_dead())
            self.assertEqual((via, driver), (fault.via, fault.driver))
            # The one who would only repeat what the driver said is marked with its name.
            marked = {one.witness: one.driver for one in fault.observations if one.driver}
            self.assertEqual({"bmc": driver}, marked)
            (entry,) = self.run_of_it.journal.open_entries()
            self.assertEqual((via, driver), (entry.data["via"], entry.data["driver"]))
            injected = dict(self.events)["fault.injected"]
            self.assertEqual((via, driver), (injected["via"], injected["driver"]))
        self.assertNotIn(machine.boot_id(), ("", before))
        self.assertEqual((), self.run_of_it.journal.open_entries())

    def test_a_bmc_that_speaks_ipmi(self):
        self.is_powered_off_and_comes_back("ipmi")

    def test_a_bmc_that_speaks_redfish(self):
        self.is_powered_off_and_comes_back("redfish")

    def test_a_bmc_that_is_commands(self):
        self.is_powered_off_and_comes_back("command")

    def test_the_name_of_its_own_driver_is_taken_too(self):
        self.is_powered_off_and_comes_back("redfish", via="redfish")

    def test_a_redfish_that_says_off_while_the_host_runs_proves_nothing(self):
        machine = self.useFixture(HostFixture("liar", driver="redfish"))
        with self.fault(machine, confirm_within=1.0) as fault:
            self.assertEqual("unknown", fault.verdict)

    def test_a_redfish_that_cannot_switch_off_is_refused_before_anything_is_touched(self):
        machine = self.useFixture(HostFixture("no_off", driver="redfish"))
        before = machine.boot_id()
        refused = self.assertRaises(errors.FaultRefused, self.fault(machine).setUp)
        self.assertIn("offers no ForceOff", str(refused))
        self.assertEqual(before, machine.boot_id())
        self.assertEqual((), self.run_of_it.journal.entries())

    def test_hosts_check_says_the_same(self):
        machine = self.useFixture(HostFixture("no_off", driver="redfish"))
        _, out, _ = cli_app.run(machine.folder, "hosts", "check", "--json")
        (row,) = json.loads(out)["hosts"]
        self.assertEqual({"bmc": "", "ssh": ""}, row["power_off"])
        self.assertIn("offers no ForceOff", " ".join(row["problems"]))
        machine.write(bmc=None)
        machine.reload()
        _, out, _ = cli_app.run(machine.folder, "hosts", "check", "--json")
        (row,) = json.loads(out)["hosts"]
        self.assertEqual(dict.fromkeys(("bmc", "ssh"), why_not(machine.host)), row["power_off"])


class WhyNotTest(testtools.TestCase):
    """Asked for hosts that are nowhere: nobody can be asked over a network."""

    def setUp(self):
        super().setUp()
        refuse = mock.Mock(side_effect=AssertionError("it asks over the network"))
        self.useFixture(fixtures.MonkeyPatch("socket.socket.connect", refuse))
        self.useFixture(fixtures.MonkeyPatch("chaos.power.ipmi.subprocess.run", refuse))
        self.useFixture(fixtures.MonkeyPatch("shutil.which", lambda name: f"/usr/bin/{name}"))

    def host(self, bmc="ipmi", **ssh):
        access = SshAccess("192.0.2.1", "root", Path("known_hosts"))
        secret = Secret(command=("false",))
        commands = CommandAccess(("lamp", "on"), ("lamp", "off"), ("lamp",))
        return Host(
            "compute7",
            dataclasses.replace(access, **ssh),
            bmc={
                "": None,
                "command": commands,
                "ipmi": BmcAccess("ipmi", "192.0.2.2", "admin", secret),
                "redfish": BmcAccess("redfish", "192.0.2.2", "admin", secret),
            }[bmc],
        )

    def test_nothing_speaks_against_any_driver_of_its_own(self):
        for driver in DRIVERS:
            for via in (BMC, SSH, driver):
                self.assertEqual("", why_not(self.host(driver), via))

    def test_a_host_without_a_bmc_could_not_be_switched_on_again(self):
        for via in (BMC, SSH, "ipmi"):
            reason = why_not(self.host(""), via)
            self.assertIn("compute7 has no bmc in the hosts file", reason)
            self.assertIn("could not be switched on again: add its bmc.", reason)

    def test_another_driver_than_its_own_is_no_way(self):
        reason = why_not(self.host("redfish"), "ipmi")
        self.assertEqual(
            "The bmc of compute7 is driven by redfish, not by ipmi: choose bmc, redfish or ssh.",
            reason,
        )
        failed = self.assertRaises(
            errors.PowerUnsupported, power_control, self.host("redfish"), "ipmi"
        )
        self.assertEqual(reason, failed.found)

    def test_a_program_that_is_not_there_is_named(self):
        self.useFixture(fixtures.MonkeyPatch("shutil.which", lambda name: None))
        reason = why_not(self.host("ipmi"))
        self.assertIn("compute7 cannot be switched by its bmc (ipmi): ipmitool is not", reason)
        self.assertIn("there is no command lamp", why_not(self.host("command")))
        # It is needed to switch the host on again.
        self.assertIn("ipmitool is not installed", why_not(self.host("ipmi"), SSH))

    def test_a_user_who_may_only_read_cannot_switch(self):
        host = self.host("ipmi")
        host = dataclasses.replace(host, bmc=dataclasses.replace(host.bmc, privilege="USER"))
        self.assertIn("set privilege to OPERATOR", why_not(host))

    def test_a_login_that_is_not_roots_cannot_power_off_over_ssh(self):
        host = self.host("ipmi", user="stack")
        self.assertEqual("", why_not(host, BMC))
        reason = why_not(host, SSH)
        self.assertIn("compute7 cannot be switched off over SSH: the login stack", reason)
        self.assertIn("ssh.sudo to true", reason)
        self.assertEqual("", why_not(self.host("ipmi", user="stack", sudo=True), SSH))

    def test_it_asks_nobody(self):
        with self.assertRaises(AssertionError), socket.socket() as probe:
            probe.connect(("192.0.2.1", 22))
