# SPDX-License-Identifier: Apache-2.0
"""A host that nobody can reach any more, with nobody left to try, recovers by itself."""

import json
import os
import signal

from chaos.journal.registry import keeper_path
from chaos.recovery import timed
from chaos.tests.unit.cli_process import CommandCase
from chaos.tests.unit.network_fixture import (
    LINKS,
    NetworkHostFixture,
    answers,
    skip_without_namespaces,
)


@skip_without_namespaces
class HostTimerTest(CommandCase):
    def make_machine(self):
        return self.useFixture(NetworkHostFixture())

    def reached(self):
        return answers(LINKS["management"][1])

    def test_with_runner_and_keeper_killed_the_machine_ends_its_isolation(self):
        options = ("--networks", "management", "--recover-after", "20s")
        process = self.start("inject", "network_partition", "compute1", *options)
        self.until("injected", self.injected)
        self.assertFalse(self.reached())
        (journal,) = (self.machine.folder / "state").glob("*.jsonl")
        os.kill(int(keeper_path(journal).read_text()), signal.SIGKILL)
        process.kill()
        process.wait()
        self.assertIn("migration_chaos_", self.machine.execute("nft", "list", "tables"))
        self.until("it is reached", self.reached)
        self.assertEqual("", self.machine.execute("nft", "list", "tables"))
        self.assertEqual([], self.machine.timers())
        status, out, _ = self.command("status", "--json")
        (row,) = json.loads(out)["faults"]
        self.assertEqual((1, False, False), (status, row["run_alive"], row["keeper_alive"]))
        self.assertIn("table netdev migration_chaos_", row["how"])
        self.assertTrue(row["host_recovers_at"])
        status, out, err = self.command("recover", "--json")
        self.assertEqual(0, status, err)
        self.assertIn(timed.BY_TIMER, out)
        self.assertEqual([], self.open_entries())
        self.assertEqual(self.boot_id_before, self.machine.boot_id())

    def test_with_the_runner_killed_the_keeper_waits_for_the_machine_and_closes_the_journal(self):
        options = ("--networks", "management", "--recover-after", "20s")
        process = self.start("inject", "network_partition", "compute1", *options)
        self.until("injected", self.injected)
        process.kill()
        process.wait()
        self.until("it is reached", self.reached)
        self.until("nothing is open", lambda: not self.open_entries())
        self.assertEqual([], self.machine.timers())
