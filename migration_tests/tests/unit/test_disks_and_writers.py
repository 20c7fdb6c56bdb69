# SPDX-License-Identifier: Apache-2.0
"""What is written in a server and read back, with the suite's real scripts in a real shell."""

from __future__ import annotations

import tempfile
import time
import unittest
from pathlib import Path

from chaos.deadline import Deadline
from migration_tests.guest import records, scripts
from migration_tests.guest.shell import GuestError
from migration_tests.observers import ledger
from migration_tests.observers.disks import Disks
from migration_tests.observers.writers import Writers
from migration_tests.record import history
from migration_tests.record.words import BEFORE, REBOOTED, RUNNING
from migration_tests.tests.unit.fake_cloud import FakeCloud
from migration_tests.tests.unit.fake_hosts import FakeGuestShell

SOON = 20.0


class GuestCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.path = self.root / "history.jsonl"
        self.cloud = FakeCloud(self.root)
        self.tool("sync", "#!/bin/sh\n")
        self.server = self.cloud.create_server(name="n", flavorRef="shared")["server"]["id"]
        self.cloud.runs(self.server)
        self.address = self.cloud.create_floatingip("public", f"port-{self.server}")["floatingip"][
            "floating_ip_address"
        ]
        self.home = self.root / self.server
        record = history.History(self.path).recorder("scenario", "test")
        self.disks = Disks(record)
        self.writers = Writers(self.disks, record)
        self.addCleanup(lambda: self.cloud.end_writers(self.server))

    def tool(self, name, script):
        tools = self.root / "bin"
        tools.mkdir(exist_ok=True)
        (tools / name).write_text(script)
        (tools / name).chmod(0o755)

    def shell(self, **spoils):
        made = type("Shell", (FakeGuestShell,), {"cloud": self.cloud})(self.address, None)
        for name, value in spoils.items():
            setattr(made, name, value)
        return made

    def soon(self):
        return Deadline.after(SOON)

    def events(self, kind):
        lines = history.read(self.path) if self.path.exists() else []
        return [line.event for line in lines if line.kind == kind]

    def write(self, *numbers):
        lines = "".join(f"{records.record(one, self.server)}\n" for one in numbers)
        (self.home / scripts.RECORDS).write_text(lines)


class ADisk(GuestCase):
    def before(self):
        self.disks.before(self.server, self.shell(), self.soon())

    def after(self, moment=RUNNING, resume=False, **spoils):
        shell = self.shell(**spoils)
        self.disks.after(self.server, shell, moment, self.soon(), resume=resume)

    def lost(self):
        return [set(one.lost) for one in self.events("harness.error")]

    def test_is_looked_at_before_it_is_marked(self):
        self.before()
        (look,) = self.events("disk.read")
        self.assertEqual((BEFORE, ()), (look.moment, look.residue))
        self.assertRegex(look.fingerprint, "^[0-9a-f]{64}$")
        self.assertEqual(f"{self.server}\n", (self.home / scripts.MARKER).read_text())

    def test_that_was_used_shows_what_was_left_on_it(self):
        self.before()
        self.write(1)
        self.after()
        residue = self.events("disk.read")[-1].residue
        names = {Path(path).name for path in residue}
        self.assertEqual({scripts.MARKER, scripts.RECORDS}, names)

    def test_is_read_back_with_every_checksum_tried(self):
        self.write(1, 2, 4)
        with (self.home / scripts.RECORDS).open("a") as file:
            file.write(f"5 {self.server} {'0' * 64}\n")
        self.after()
        (read,) = self.events("data.read")
        self.assertEqual((((1, 2), (4, 4)), (5,), True), (read.intact, read.damaged, read.exists))

    def test_without_a_record_file_says_so(self):
        self.after()
        (read,) = self.events("data.read")
        self.assertEqual(((), False), (read.intact, read.exists))

    def test_that_takes_a_new_record_has_it_acknowledged(self):
        self.write(1, 2)
        self.after(resume=True)
        (resumed,) = self.events("writer.resumed")
        self.assertEqual((self.server, 3), (resumed.server, resumed.number))
        self.after(REBOOTED)
        self.assertEqual(((1, 3),), self.events("data.read")[-1].intact)

    def test_that_refuses_a_new_record_is_recorded_as_that_and_not_as_lost(self):
        self.write(1)
        # A disk that takes nothing: dd is asked for an empty write first.
        self.tool("dd", '#!/bin/sh\nif [ -n "$(cat)" ]; then exit 1; fi\n')
        self.after(resume=True)
        (refused,) = self.events("writer.refused")
        self.assertEqual(2, refused.number)
        self.assertIn("status 4, it said: writing direct; failed 2", refused.error)
        self.assertEqual(([], []), (self.lost(), self.events("writer.resumed")))

    def test_that_cannot_even_be_opened_for_writing_refuses_too(self):
        self.write(1)
        self.tool("sync", "#!/bin/sh\nexit 1\n")
        self.after(resume=True)
        self.assertIn("status 3, it said: nothing", self.events("writer.refused")[0].error)

    def test_whose_record_file_cannot_be_read_loses_what_comes_of_that_alone(self):
        (self.home / scripts.RECORDS).mkdir()
        self.after(resume=True)
        self.assertEqual([{"data.read", "writer.resumed"}], self.lost())
        self.assertEqual(1, len(self.events("disk.read")))

    def test_of_a_server_that_runs_no_script_loses_everything(self):
        def broken(script, deadline):
            raise GuestError("the connection broke")

        self.after(run=broken)
        self.assertEqual([{"disk.read", "data.read"}], self.lost())
        self.assertIn("the connection broke", self.events("harness.error")[0].error)
        self.assertEqual(self.server, self.events("harness.error")[0].server)

    def test_whose_new_record_is_not_answered_loses_only_that(self):
        self.write(1)
        shell = self.shell()
        run = shell.run

        def hang(script, deadline):
            if "while" in script:
                raise GuestError("no time was left for a script")
            return run(script, deadline)

        self.after(resume=True, run=hang)
        self.assertEqual([{"writer.resumed"}], self.lost())
        self.assertEqual(1, len(self.events("data.read")))


class AWriter(GuestCase):
    def start(self, **spoils):
        shells = {self.server: self.shell(**spoils)}
        self.writers.start([self.server], shells, 0.01, self.soon())

    def acknowledged(self):
        found = self.events("writer.acknowledged")
        return [number for one in found for number in range(one.first, one.last + 1)]

    def on_disk(self):
        return records.parse((self.home / scripts.RECORDS).read_text(), self.server)

    def test_has_each_record_on_the_disk_that_it_acknowledges_and_each_once(self):
        self.start()
        self.assertEqual([], self.writers.wait_for_first(self.soon()))
        self.writers.end("enough")
        numbers = self.acknowledged()
        self.assertEqual(list(range(1, len(numbers) + 1)), numbers)
        self.assertGreaterEqual(self.on_disk().highest, numbers[-1])
        self.assertEqual((), self.on_disk().damaged)
        (ended,) = self.events("writer.ended")
        self.assertEqual("enough", ended.reason)

    def test_that_is_alive_is_ended_without_delay(self):
        self.start()
        self.writers.wait_for_first(self.soon())
        began = time.monotonic()
        self.writers.end("enough")
        self.assertLess(time.monotonic() - began, 4)

    def test_whose_host_died_is_ended_with_what_had_arrived(self):
        self.start()
        self.writers.wait_for_first(self.soon())
        self.cloud.end_writers(self.server)
        self.writers.end("c1 lost its power")
        self.assertTrue(self.acknowledged())
        self.assertEqual("c1 lost its power", self.events("writer.ended")[0].reason)

    def test_whose_connection_ends_says_what_it_said(self):
        self.tool("dd", '#!/bin/sh\nif [ -n "$(cat)" ]; then exit 1; fi\n')
        self.start()
        self.assertEqual([self.server], self.writers.wait_for_first(Deadline.after(1)))
        # The writer has ended; its end of the connection follows.
        for shell in (one._shell for one in self.writers._ledgers.values()):
            shell.kept[1].close()
        for one in self.writers._ledgers.values():
            one.join(SOON)
        self.assertIn("the writer ended by itself", self.events("writer.ended")[0].reason)
        self.assertIn("failed 1", self.events("writer.ended")[0].reason)

    def test_may_be_ended_twice(self):
        self.start()
        self.writers.end("first")
        self.writers.end("second")
        self.assertEqual(["first"], [one.reason for one in self.events("writer.ended")])

    def test_of_another_server_goes_on(self):
        self.start()
        self.writers.end("that one", {"another server"})
        self.assertEqual([], self.events("writer.ended"))

    def test_that_cannot_be_started_is_an_error(self):
        def refused(script, deadline):
            raise GuestError("no session")

        with self.assertRaises(GuestError):
            self.start(open=refused)
        self.assertEqual([], self.events("writer.started"))


class StubLedger:
    def __init__(self, last=0, alive=True):
        self.last, self.heard, self.alive = last, last, alive

    def is_alive(self):
        return self.alive


class WaitingForWrites(GuestCase):
    def waiting(self, **ledgers):
        self.writers._ledgers = ledgers
        return ledgers

    def test_gives_up_at_once_on_a_writer_that_is_dead(self):
        self.waiting(a=StubLedger(alive=False), b=StubLedger(last=3))
        self.assertEqual(["a"], self.writers.wait_for_first(self.soon()))

    def test_does_not_give_up_on_one_because_another_has_ended(self):
        ledgers = self.waiting(a=StubLedger(), b=StubLedger(last=3, alive=False))
        ledgers["a"].is_alive = lambda: ledgers["a"].__dict__.update(last=1) or True
        self.assertEqual([], self.writers.wait_for_first(self.soon()))

    def test_for_one_more_ends_when_each_has_acknowledged_something_new(self):
        ledgers = self.waiting(a=StubLedger(last=5), b=StubLedger(last=7))
        for one in ledgers.values():
            one.is_alive = lambda one=one: one.__dict__.update(last=one.last + 1) or True
        self.assertEqual([], self.writers.wait_for_more(self.soon()))

    def test_for_one_more_does_not_count_what_was_there_before(self):
        self.waiting(a=StubLedger(last=5))
        self.assertEqual(["a"], self.writers.wait_for_more(Deadline.after(0)))

    def test_for_one_more_does_not_count_what_was_heard_and_only_not_written_down(self):
        ledgers = self.waiting(a=StubLedger(last=5))
        ledgers["a"].heard = 9
        ledgers["a"].is_alive = lambda: ledgers["a"].__dict__.update(last=9) or True
        self.assertEqual(["a"], self.writers.wait_for_more(Deadline.after(0.5)))

    def test_for_one_more_leaves_out_those_that_had_been_ended(self):
        self.waiting(a=StubLedger(last=7, alive=False))
        self.assertEqual([], self.writers.wait_for_more(self.soon()))


class TheLedger(unittest.TestCase):
    def test_is_flushed_often_enough_to_tell_when_a_write_was_acknowledged(self):
        self.assertLessEqual(ledger.FLUSH_SECONDS + ledger.READ_SECONDS, 1)
