# SPDX-License-Identifier: Apache-2.0
"""Whatever becomes of the run, its keeper brings the host back; and nobody gets in between."""

import json
import os
import signal
import subprocess
import unittest
from pathlib import Path

import testtools

from chaos import errors, keeper
from chaos.deadline import Deadline
from chaos.faults.power_off import PowerOff
from chaos.journal import Journal, registry
from chaos.journal.reading import ENDED, TAKEN_OVER
from chaos.journal.registry import keeper_path
from chaos.tests.unit.host_fixture import GUARD, IPMITOOL, NO_IPMITOOL, HostFixture
from chaos.tests.unit.simulated.fork_server import fork_server, start


class KeeperTestCase(testtools.TestCase):
    def machine(self):
        machine = self.useFixture(HostFixture())
        self.addCleanup(self.end_keepers, machine)
        return machine

    def end_keepers(self, machine):
        for path in (machine.folder / "state").glob("*.keeper"):
            if registry.locked_by_others(path):
                os.kill(int(path.read_text()), signal.SIGKILL)

    def runner(self, machine, **config):
        """Let a runner with a keeper disturb the host, and what becomes of it."""
        return start(
            fork_server(),
            "runner",
            {"folder": str(machine.folder), "keeper": True, "die_at": "fault.injected", **config},
        )

    def wait(self, what, look, seconds=30):
        for _ in Deadline.after(seconds).ticks(0.05):
            if look():
                return
        self.fail(f"not within {seconds} s: {what}")

    def open_entries(self, machine):
        return Journal(machine.folder / "state" / "run.jsonl").open_entries()

    def wait_until_over(self, machine):
        path = keeper_path(machine.folder / "state" / "run.jsonl")
        self.wait("the keeper ends", lambda: not registry.locked_by_others(path))


@unittest.skipUnless(IPMITOOL, NO_IPMITOOL)
class KeeperTest(KeeperTestCase):
    def test_when_the_runner_is_killed_the_host_is_brought_back_without_anybody(self):
        machine = self.machine()
        before = machine.boot_id()
        self.assertIn("fault.injected", self.runner(machine).wait())
        self.wait("nothing is open", lambda: not self.open_entries(machine))
        self.assertTrue(machine.first_is_dead())
        self.assertNotEqual(before, machine.boot_id())
        journal = Journal(machine.folder / "state" / "run.jsonl")
        self.assertTrue(journal.marked(TAKEN_OVER))
        self.wait_until_over(machine)

    def test_a_runner_that_hangs_loses_its_lease_and_cannot_go_on(self):
        machine = self.machine()
        runner = self.runner(machine, die_of="SIGSTOP", lease_seconds=0.6)
        self.wait("the host is down", machine.first_is_dead)
        self.wait("nothing is open", lambda: not self.open_entries(machine))
        os.kill(runner.pid, signal.SIGCONT)
        self.assertIn("nobody killed the runner", runner.wait())
        run = machine.run(name="next")
        run.end()

    def test_a_runner_killed_before_the_injection_leaves_nothing_open_either(self):
        machine = self.machine()
        before = machine.boot_id()
        said = self.runner(machine, die_at="fault.journalled").wait()
        self.assertIn("fault.journalled", said)
        self.wait("nothing is open", lambda: not self.open_entries(machine))
        self.assertEqual(before, machine.boot_id())

    def test_a_killed_keeper_is_replaced_before_the_next_fault(self):
        machine = self.machine()
        run = machine.run(keeper=True, name="run")
        run.require_keeper()
        path = keeper_path(run.journal.path)
        first = int(path.read_text())
        os.kill(first, signal.SIGKILL)
        self.wait("it is dead", lambda: not registry.locked_by_others(path))
        with PowerOff(
            machine.host, "ipmi", run=run, deadline=Deadline.after(60), guard=GUARD,
            witnesses=machine.witnesses(),
        ) as fault:  # fmt: skip
            self.assertEqual("injected", fault.verdict)
            self.assertNotEqual(first, int(path.read_text()))
            self.assertTrue(registry.locked_by_others(path))

    def test_keeper_and_runner_dead_the_next_run_refuses_and_recover_repairs(self):
        machine = self.machine()
        before = machine.boot_id()
        said = self.runner(machine, die_at="fault.injecting", keeper=False).wait()
        self.assertIn("fault.injecting", said)
        refused = self.assertRaises(errors.RunRefused, machine.run)
        self.assertIn("migration-chaos recover", str(refused))
        self.assertEqual(before, machine.boot_id())

    def test_a_run_that_ends_well_ends_its_keeper(self):
        machine = self.machine()
        run = machine.run(keeper=True, name="run")
        run.require_keeper()
        run.end()
        self.wait_until_over(machine)
        self.assertTrue(run.journal.marked(ENDED))
        self.assertFalse(run.journal.marked(TAKEN_OVER))

    def test_a_keeper_that_is_asked_to_end_brings_the_host_back_first(self):
        machine = self.machine()
        run = machine.run(keeper=True, name="run")
        fault = PowerOff(
            machine.host, "ipmi", run=run, deadline=Deadline.after(60), guard=GUARD,
            witnesses=machine.witnesses(),
        )  # fmt: skip
        fault.setUp()
        os.kill(int(keeper_path(run.journal.path).read_text()), signal.SIGTERM)
        self.wait("nothing is open", lambda: not self.open_entries(machine))
        after = machine.boot_id()
        # The run's own recovery finds it done.
        fault.cleanUp()
        self.assertEqual(after, fault.boot_id_after)
        lost = self.assertRaises(errors.LeaseLost, run.require_keeper)
        self.assertIn("has taken over", str(lost))

    def test_passwords_of_variables_reach_the_keeper_through_no_environment(self):
        machine = self.machine()
        os.environ["BMC_OF_TEST"] = machine.password
        self.addCleanup(os.environ.pop, "BMC_OF_TEST", None)
        machine.write(bmc={"password": {"env": "BMC_OF_TEST"}})
        machine.reload()
        run = machine.run(keeper=True, name="run")
        PowerOff(
            machine.host, "ipmi", run=run, deadline=Deadline.after(60), guard=GUARD,
            witnesses=machine.witnesses(),
        ).setUp()  # fmt: skip
        pid = int(keeper_path(run.journal.path).read_text())
        self.assertNotIn(machine.password.encode(), Path(f"/proc/{pid}/environ").read_bytes())
        del os.environ["BMC_OF_TEST"]
        run.lease.release()
        self.wait("nothing is open", lambda: not self.open_entries(machine))
        for path in (machine.folder / "state").iterdir():
            self.assertNotIn(machine.password, path.read_text())


class RunTest(KeeperTestCase):
    def test_a_second_run_against_the_same_hosts_is_refused_with_the_holders_name(self):
        machine = self.machine()
        first = machine.run(name="first")
        refused = self.assertRaises(errors.RunRefused, machine.run, name="second")
        self.assertIn("run first (process", str(refused))
        self.assertIn("compute1", str(refused))
        first.end()
        machine.run(name="second")

    def test_two_processes_of_one_run_share_it(self):
        machine = self.machine()
        machine.run(name="one")
        machine.run(name="one")

    def test_old_runs_that_left_nothing_open_are_removed_and_no_others(self):
        machine = self.machine()
        for name in ("a", "b", "c"):
            run = machine.run(name=name)
            run.end()
        left_open = Journal(machine.folder / "state" / "0.jsonl")
        left_open.open_entry("power_off", "compute9", "power_on", {})
        registry.prune(registry.read_runs(machine.state()), keep=1)
        left = sorted(path.name for path in machine.state().journals())
        self.assertEqual(["0.jsonl", "c.jsonl"], left)
        self.assertFalse((machine.folder / "state" / "a.lease").exists())

    def test_a_temporary_folder_is_no_place_for_journals(self):
        code = (
            "from chaos.journal.state import StateFolder\nfrom chaos import errors\n"
            "for place in ('/tmp/x', '/dev/shm/x', '/run/x'):\n"
            "    try:\n        StateFolder(place).check()\n"
            "    except errors.JournalError as exc:\n        print(exc)\n"
            "    else:\n        raise SystemExit(place)\n"
        )
        done = subprocess.run(
            ["python3", "-c", code], capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONPATH": str(Path(keeper.__file__).parents[2])},
        )  # fmt: skip
        self.assertEqual(3, done.stdout.count("survives a restart"), done.stdout)

    def test_the_keeper_says_why_it_does_not_start(self):
        machine = self.machine()
        run = machine.run(keeper=True, name="run")
        (machine.folder / "state" / "run.keeper").mkdir()
        lost = self.assertRaises(errors.KeeperError, run.require_keeper)
        self.assertIn("did not start", str(lost))
        self.assertEqual([], json.loads(json.dumps(list(run.journal.open_entries()))))
