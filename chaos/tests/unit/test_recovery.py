# SPDX-License-Identifier: Apache-2.0
"""After the runner is dead the journal brings its host back; and nothing shows a secret."""

import json
import unittest

import testtools

from chaos.journal import Journal
from chaos.tests.unit import cli_app
from chaos.tests.unit.host_fixture import IPMITOOL, NO_IPMITOOL, HostFixture
from chaos.tests.unit.simulated.fork_server import fork_server, start


@unittest.skipUnless(IPMITOOL, NO_IPMITOOL)
class RunnerDiesTest(testtools.TestCase):
    def command(self, machine, *argv):
        return cli_app.run(machine.folder, *argv)

    def runner_dies(self, machine, at):
        """Let a runner inject a power-off and be killed; return all it said."""
        config = {"folder": str(machine.folder), "die_at": at}
        said = start(fork_server(), "runner", config).wait()
        self.assertIn(at, said)
        self.assertNotIn("nobody killed the runner", said)
        return said

    def test_recover_brings_the_host_back_and_no_secret_is_shown_on_the_way(self):
        machine = self.useFixture(HostFixture())
        before = machine.boot_id()
        said = self.runner_dies(machine, "fault.injected")
        self.assertTrue(machine.first_is_dead())
        journal = Journal(machine.folder / "state" / "run.jsonl")
        (entry,) = journal.open_entries()
        self.assertEqual(before, entry.data["boot_id"])

        command = ("-vv", "--debug", "recover", "state/run.jsonl", "--json")
        status, out, err = self.command(machine, *command)
        self.assertEqual(0, status, err)
        said += out + err
        (row,) = json.loads(out)["entries"]
        self.assertEqual(("compute1", True), (row["host"], row["recovered"]))
        self.assertEqual((), journal.open_entries())
        after = machine.boot_id()
        self.assertNotEqual(before, after)

        status, out, _ = self.command(machine, "recover", "state/run.jsonl", "--json")
        self.assertEqual((0, []), (status, json.loads(out)["entries"]))
        self.assertEqual(after, machine.boot_id())

        status, out, err = self.command(machine, "-vv", "--debug", "hosts", "check")
        self.assertEqual(0, status, err)
        self.assertIn(after, out)

        said += out + err + journal.path.read_text()
        key = (machine.folder / "id_ecdsa").read_text().splitlines()[1]
        for secret in (machine.password, json.dumps(machine.password)[1:-1], key):
            self.assertNotIn(secret, said)

    def test_a_runner_killed_before_the_injection_leaves_an_entry_that_recover_closes(self):
        machine = self.useFixture(HostFixture())
        before = machine.boot_id()
        self.runner_dies(machine, "fault.journalled")
        _, out, _ = self.command(machine, "recover", "state/run.jsonl", "--json")
        (row,) = json.loads(out)["entries"]
        self.assertEqual("had never gone down", row["found"])
        self.assertEqual(before, machine.boot_id())

    def test_a_hosts_file_that_is_gone_keeps_no_other_host_down(self):
        machine = self.useFixture(HostFixture())
        self.runner_dies(machine, "fault.injected")
        gone = Journal(machine.folder / "state" / "z-newer.jsonl")
        gone.begin("z-newer", machine.folder / "gone.yaml", {"other": "192.0.2.1 port 22"})
        gone.open_entry("power_off", "other", "power_on", {})
        status, out, err = self.command(machine, "recover", "--state", "state", "--json")
        rows = {one["host"]: one for one in json.loads(out)["entries"]}
        self.assertEqual(1, status, err)
        self.assertIn("gone.yaml", rows["other"]["found"])
        self.assertIs(False, rows["other"]["recovered"])
        self.assertIs(True, rows["compute1"]["recovered"])
        self.assertNotEqual("", machine.boot_id())
