# SPDX-License-Identifier: Apache-2.0
"""A service that is a real process: it is stopped, killed, frozen, proved so, and put right."""

import os
import shutil
import signal
import sys
import unittest

import fixtures
import testtools

from chaos import errors
from chaos.deadline import Deadline
from chaos.faults.service_freeze import ServiceFreeze
from chaos.faults.service_kill import ServiceKill
from chaos.faults.service_stop import ServiceStop
from chaos.journal import Journal
from chaos.services import service_control
from chaos.tests.unit.host_fixture import GUARD, HostFixture
from chaos.transport import HostShell
from chaos.witnesses import process

TOOLS = ("ss", "pgrep", "setsid")
MISSING = [tool for tool in TOOLS if not shutil.which(tool)]

SERVICE = """
import socket, time
served = socket.create_server(("127.0.0.1", 0))
while True:
    time.sleep(0.05)
"""


@unittest.skipIf(MISSING, f"not installed here: {', '.join(MISSING)}")
class ServiceFaultTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.machine = self.useFixture(HostFixture())
        program = self.machine.folder / "served.py"
        program.write_text(SERVICE)
        self.useFixture(fixtures.MonkeyPatch("chaos.witnesses.progress.TICK", 0.1))
        self.useFixture(fixtures.MonkeyPatch("chaos.recovery.start_service.RECHECK_SECONDS", 0.3))
        self.useFixture(fixtures.MonkeyPatch("chaos.recovery.start_service.LOOK_INTERVAL", 0.1))
        argv = [sys.executable, str(program)]
        compute = {"name": " ".join(argv), "driver": "process", "start": argv}
        self.host = self.machine.write(services={"compute": compute})
        self.machine.reload()
        self.shell = HostShell(self.host)
        self.addCleanup(self.shell.close)
        self.control = service_control(self.host, "compute", self.shell)
        self.addCleanup(self.end)
        self.control.start(Deadline.after(30))
        self.before = self.pid()

    def pid(self):
        return self.control.pid(Deadline.after(30))

    def end(self):
        while pid := self.pid():
            os.kill(pid, signal.SIGKILL)

    def fault(self, kind, **more):
        self.run_of_it = self.machine.run()
        return kind(
            self.host, "compute", run=self.run_of_it, deadline=Deadline.after(60), guard=GUARD,
            **more,
        )  # fmt: skip

    def says(self, fault):
        return {one.witness: one.says for one in fault.observations}

    def test_a_stopped_service_is_gone_and_started_again(self):
        with self.fault(ServiceStop) as fault:
            self.assertEqual("injected", fault.verdict, fault.observations)
            self.assertEqual({"process": "absent", "sockets": "absent"}, self.says(fault))
            self.assertEqual(0, self.pid())
        self.assertNotIn(self.pid(), (0, self.before))
        self.assertEqual(self.pid(), fault.recovered["pid"])
        self.assertEqual((), self.run_of_it.journal.open_entries())
        self.assertIsNone(fault.shell._client, "nobody logged out")

    def test_a_killed_service_is_gone_by_a_signal(self):
        with self.fault(ServiceKill) as fault:
            self.assertEqual("injected", fault.verdict, fault.observations)
            self.assertEqual("signal", fault.driver)
        self.assertNotIn(self.pid(), (0, self.before))

    def test_a_frozen_service_keeps_its_sockets_makes_no_progress_and_goes_on(self):
        with self.fault(ServiceFreeze) as fault:
            self.assertEqual("injected", fault.verdict, fault.observations)
            self.assertEqual({"process": "absent", "progress": "absent"}, self.says(fault))
            stat = process.read_stat(self.shell, self.before, Deadline.after(30))
            self.assertEqual("T", stat.state)
        self.assertEqual(self.before, self.pid())
        stat = process.read_stat(self.shell, self.before, Deadline.after(30))
        self.assertIn(stat.state, "SR")
        self.assertFalse(fault.recovered["was_down"])

    def test_a_service_that_does_not_run_is_not_disturbed(self):
        self.end()
        fault = self.fault(ServiceStop)
        refused = self.assertRaises(errors.FaultRefused, fault.setUp)
        self.assertIn("does not run", str(refused))
        self.assertIsNone(fault.shell._client, "nobody logged out")
        self.assertEqual((), self.run_of_it.journal.open_entries())

    def test_the_journal_alone_is_enough_to_put_it_right(self):
        fault = self.fault(ServiceFreeze)
        fault.setUp()
        fault._clear_cleanups()
        fault.shell.close()
        journal = Journal(self.run_of_it.journal.path)
        (entry,) = journal.open_entries()
        self.assertEqual(self.before, entry.data["pid"])
        fault.recover(Deadline.after(30))
        self.assertEqual((), journal.open_entries())
