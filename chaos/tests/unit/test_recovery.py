# SPDX-License-Identifier: Apache-2.0
"""After the runner is dead the journal brings its host back; and nothing tells a secret."""

import json
import signal
import subprocess
import sys
import unittest

import testtools

from chaos.journal import Journal
from chaos.tests.unit.machine import IPMITOOL, NO_IPMITOOL, Machine

# A runner that kills its host and is killed itself before it can undo it.
RUNNER = """
import logging, os, signal, sys
from pathlib import Path
from chaos.deadline import Deadline
from chaos.faults.power_off import PowerOff
from chaos.inventory import load_inventory
from chaos.journal import Journal
from chaos.power import bmc_power
from chaos.tests.unit.machine import GUARD
from chaos.witnesses.bmc import BmcWitness
from chaos.witnesses.ssh_banner import SshBannerWitness
from chaos.witnesses.tcp import TcpWitness
logging.basicConfig(level=logging.DEBUG)
folder = Path(sys.argv[1])
host = load_inventory(folder / "hosts.yaml").host("compute1")
tcp = TcpWitness("127.0.0.1", host.ssh.port)
look = BmcWitness(bmc_power(host)), SshBannerWitness(host.ssh), tcp
def observe(kind, data):
    print(kind, data, flush=True)
    if kind == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)
PowerOff(host, via="ipmi", journal=Journal(folder / "journal"), deadline=Deadline.after(30),
         observe=observe, guard=GUARD, look=look).setUp()
"""


@unittest.skipUnless(IPMITOOL, NO_IPMITOOL)
class RunnerDiesTest(testtools.TestCase):
    def command(self, machine, *argv):
        return subprocess.run(
            [sys.executable, "-m", "chaos.tests.unit.cli_app", *argv],
            check=False,
            capture_output=True,
            text=True,
            cwd=machine.folder,
        )

    def test_recover_brings_the_host_back_and_no_secret_is_told_on_the_way(self):
        machine = self.useFixture(Machine())
        before = machine.boot_id()
        runner = subprocess.run(
            [sys.executable, "-c", RUNNER, str(machine.folder), "fault.injected"],
            check=False,
            capture_output=True,
            text=True,
        )
        self.assertEqual(-signal.SIGKILL, runner.returncode, runner.stderr)
        journal = Journal(machine.folder / "journal")
        (entry,) = journal.open_entries()
        self.assertEqual(before, entry.data["boot_id"])

        recovered = self.command(machine, "-v", "--debug", "recover", "journal", "--json")
        self.assertEqual(0, recovered.returncode, recovered.stderr)
        (row,) = json.loads(recovered.stdout)
        self.assertEqual(("compute1", "yes"), (row["host"], row["recovered"]))
        self.assertEqual((), journal.open_entries())
        after = machine.boot_id()
        self.assertNotEqual(before, after)

        again = self.command(machine, "recover", "journal", "--json")
        self.assertEqual((0, []), (again.returncode, json.loads(again.stdout)))
        self.assertEqual(after, machine.boot_id())

        check = self.command(machine, "hosts", "check", "--debug")
        self.assertEqual(0, check.returncode, check.stderr)
        self.assertIn(after, check.stdout)
        rows = json.loads(self.command(machine, "hosts", "check", "--json").stdout)
        self.assertEqual(["on"], [row["power"] for row in rows])

        told = runner.stdout + runner.stderr + journal.path.read_text()
        for done in (recovered, again, check):
            told += done.stdout + done.stderr
        key = (machine.folder / "id_ecdsa").read_text().splitlines()[1]
        for secret in (machine.password, json.dumps(machine.password)[1:-1], key):
            self.assertNotIn(secret, told)

    def test_hosts_check_names_what_does_not_work_and_fails(self):
        machine = self.useFixture(Machine())
        (machine.folder / "bmc.password").write_text("wrong\n")
        check = self.command(machine, "hosts", "check", "--json")
        self.assertEqual(1, check.returncode, check.stderr)
        (row,) = json.loads(check.stdout)
        self.assertEqual(("ok", "FAILED", "unknown"), (row["ssh"], row["bmc"], row["power"]))
        self.assertIn("check user, password", row["problem"])
        missing = self.command(machine, "recover", "absent")
        self.assertEqual(1, missing.returncode)
        self.assertIn("there is no journal absent", missing.stderr)

    def test_a_runner_killed_before_the_harm_leaves_an_entry_that_recover_closes(self):
        machine = self.useFixture(Machine())
        before = machine.boot_id()
        subprocess.run(
            [sys.executable, "-c", RUNNER, str(machine.folder), "fault.journalled"],
            check=False,
            capture_output=True,
        )
        recovered = self.command(machine, "recover", "journal", "--json")
        (row,) = json.loads(recovered.stdout)
        self.assertEqual("had never gone down", row["found"])
        self.assertEqual(before, machine.boot_id())
