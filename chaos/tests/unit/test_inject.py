# SPDX-License-Identifier: Apache-2.0
"""The command that injects a fault by hand, and the one that says what is injected."""

import json
import signal
import unittest
from pathlib import Path

from chaos.tests.unit.cli_process import CommandCase
from chaos.tests.unit.host_fixture import IPMITOOL, NO_IPMITOOL


@unittest.skipUnless(IPMITOOL, NO_IPMITOOL)
class InjectTest(CommandCase):
    def test_a_fault_is_held_for_a_time_and_the_host_recovered(self):
        words = ("inject", "power_off", "compute1", "--for", "0.2s", "--json")
        status, out, err = self.command(*words)
        self.assertEqual(0, status, err)
        row = json.loads(out)
        self.assertEqual(("injected", True), (row["verdict"], row["recovered"]))
        self.assertGreaterEqual(row["held_seconds"], 0.2)
        said = {one["witness"]: one["says"] for one in row["witnesses"]}
        self.assertEqual("dead", said["ssh_banner"])
        self.assertTrue(Path(row["journal"]).is_file())
        self.assertNotEqual(self.boot_id_before, self.machine.boot_id())
        status, out, _ = self.command("status", "--json")
        self.assertEqual((0, []), (status, json.loads(out)["faults"]))

    def test_a_dry_run_says_what_would_be_and_touches_nothing(self):
        words = ("inject", "power_off", "compute1", "--dry-run", "--json")
        status, out, err = self.command(*words)
        self.assertEqual(0, status, err)
        self.assertEqual("would be injected", json.loads(out)["verdict"])
        self.machine.write(disturb=False)
        status, out, _ = self.command(*words)
        self.assertEqual(1, status)
        document = json.loads(out)
        self.assertEqual(("refused", 1), (document["verdict"], document["exit_status"]))
        self.assertIn("disturb: true", " ".join(document["reasons"]))
        status, refused, _ = self.command(*words[:3], "--json")
        self.assertEqual((1, document["reasons"]), (status, json.loads(refused)["reasons"]))
        self.assertEqual(self.boot_id_before, self.machine.boot_id())
        self.assertEqual([], self.open_entries())

    def test_the_first_interrupt_ends_it_well(self):
        process = self.start("inject", "power_off", "compute1", "--json")
        self.until("injected", self.injected)
        status, out, _ = self.command("status", "--json")
        (row,) = json.loads(out)["faults"]
        self.assertEqual(
            (0, True, True, "injected"),
            (status, row["run_alive"], row["keeper_alive"], row["state"]),
        )
        status, out, _ = self.command("status")
        self.assertIn("the run and its keeper", out)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        self.assertEqual(0, process.returncode, err)
        self.assertIs(True, json.loads(out)["recovered"])

    def test_after_the_second_interrupt_the_keeper_puts_it_right(self):
        process = self.start("inject", "power_off", "compute1")
        self.until("injected", self.injected)
        # Both at once: the second finds the first noted and not served.
        process.send_signal(signal.SIGSTOP)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGCONT)
        self.assertEqual(130, process.wait(timeout=30))
        self.until("nothing is open", lambda: not self.open_entries())
        self.assertNotEqual(self.boot_id_before, self.machine.boot_id())
