# SPDX-License-Identifier: Apache-2.0
"""Journals that version 1 wrote are read, and the hosts that its runs left down are recovered.

The journals were recorded with real faults, each of a run that ended after its injection.
"""

import json
import shutil
import unittest
from pathlib import Path

import testtools

from chaos import errors
from chaos.deadline import Deadline
from chaos.faults import KINDS
from chaos.faults.ruleset import ruleset
from chaos.journal import JournalReader
from chaos.power import bmc_power
from chaos.recovery import RECOVERIES
from chaos.tests.unit import cli_app
from chaos.tests.unit.host_fixture import IPMITOOL, NO_IPMITOOL, HostFixture
from chaos.tests.unit.network_fixture import NetworkHostFixture, skip_without_namespaces

RECORDED = Path(__file__).parent / "journals"


def recorded(kind):
    return RECORDED / f"version-1-{kind}.jsonl"


class ReadTest(testtools.TestCase):
    def test_every_entry_names_a_recovery_of_today(self):
        found = sorted(RECORDED.glob("version-1-*.jsonl"))
        self.assertEqual(7, len(found))
        for path in found:
            (entry,) = JournalReader(path).open_entries()
            self.assertEqual(KINDS[entry.fault].fault.recovery, entry.recovery)
            self.assertIn(entry.recovery, RECOVERIES)
            self.assertEqual("injected", entry.last)
            self.assertEqual("recorded", JournalReader(path).holder().run)

    def test_a_journal_of_a_version_to_come_is_not_misread(self):
        path = self.useFixture(HostFixture(driver="")).folder / "newer.jsonl"
        path.write_text(recorded("panic").read_text().replace('"version":1', '"version":9'))
        lost = self.assertRaises(errors.JournalError, JournalReader(path).open_entries)
        self.assertIn("line 1", str(lost))
        self.assertIn("use the version of this software that wrote", str(lost))


class RecoverTest(testtools.TestCase):
    def recover(self, machine, kind):
        """Recover from the recorded journal; return what was found."""
        journal = Path(shutil.copy(recorded(kind), machine.folder / "old.jsonl"))
        words = ("recover", journal.name, "--hosts", "hosts.yaml", "--json")
        status, out, err = cli_app.run(machine.folder, *words)
        self.assertEqual(0, status, err)
        (row,) = json.loads(out)["entries"]
        self.assertEqual((kind, True), (row["fault"], row["recovered"]))
        self.assertEqual((), JournalReader(journal).open_entries())
        return row["found"]

    @unittest.skipUnless(IPMITOOL, NO_IPMITOOL)
    def test_a_host_that_was_powered_off_is_switched_on(self):
        machine = self.useFixture(HostFixture())
        bmc_power(machine.host).off(Deadline.after(30))
        self.assertTrue(machine.first_is_dead())
        self.assertIn("boot ID", self.recover(machine, "power_off"))
        self.assertNotEqual("", machine.boot_id())

    def test_a_host_that_restarts_by_itself_needs_no_bmc(self):
        machine = self.useFixture(HostFixture(driver=""))
        self.assertIn(machine.boot_id(), self.recover(machine, "panic"))

    @skip_without_namespaces
    def test_a_host_that_was_cut_off_is_joined_again(self):
        machine = self.useFixture(NetworkHostFixture())
        (entry,) = JournalReader(recorded("network_partition")).open_entries()
        rules = machine.folder / "rules"
        rules.write_text(ruleset(entry.data["table"], ["stor0"]))
        machine.execute("nft", "--file", str(rules))
        self.assertIn(entry.data["table"], machine.execute("nft", "list", "tables"))
        self.assertEqual("recovered over SSH", self.recover(machine, "network_partition"))
        self.assertEqual("", machine.execute("nft", "list", "tables"))
