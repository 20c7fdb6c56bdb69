# SPDX-License-Identifier: Apache-2.0
"""The disk of the journal is full: no fault then, and what is injected already is recovered.

The disk is a real one, small, and mounted where only the command sees it.
"""

import contextlib
import json
import resource
import signal
import subprocess
import unittest
from pathlib import Path

from chaos import errors
from chaos.deadline import Deadline
from chaos.faults.power_off import PowerOff
from chaos.journal import Journal
from chaos.tests.unit.cli_process import CommandCase
from chaos.tests.unit.host_fixture import GUARD, IPMITOOL, NO_IPMITOOL

BLOCK = 4096
# No line of a journal is as short, in bytes.
SHORTEST_LINE = 48

APART = ("unshare", "--user", "--map-root-user", "--mount", "--propagation", "private")
# $1 a folder, $2 its size, then the command; what is in the folder lies on the disk too.
ON_A_DISK = (
    *APART, "sh", "-ec",
    'mkdir -p "$1"; mount -t tmpfs -o "size=$2" tmpfs "$1"; shift 2; exec "$@"', "sh", "state",
)  # fmt: skip


def no_disk():
    """Why no disk can be mounted here, or nothing."""
    done = subprocess.run(
        [*APART, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False
    )
    return done.stderr.decode(errors="replace").strip() if done.returncode else ""


NO_DISK = no_disk()


def fill(folder, journal):
    """Leave no room on the disk, and none in the last block that the journal has."""
    book = Journal(journal)
    before = journal.stat().st_size
    book.mark("padding", {"words": ""})
    line = journal.stat().st_size - before
    # A time has now more digits and now fewer: aimed at a few bytes less than there is room for.
    while (room := -journal.stat().st_size % BLOCK) > SHORTEST_LINE:
        book.mark("padding", {"words": "x" * (room - line - SHORTEST_LINE // 2)})
    with contextlib.suppress(OSError), (folder / "filler").open("wb", buffering=0) as stream:
        while True:
            stream.write(b"x" * BLOCK)


@unittest.skipUnless(IPMITOOL, NO_IPMITOOL)
@unittest.skipIf(NO_DISK, f"no disk can be mounted here: {NO_DISK}")
class FullDiskTest(CommandCase):
    def test_a_fault_is_refused_before_anything_is_touched(self):
        # Room for the journal; then for the run's lease too, and none for its keeper.
        for size, status in (("4k", 2), ("8k", 1)):
            self.before = (*ON_A_DISK, size)
            words = ("inject", "power_off", "compute1", "--for", "1s", "--json")
            found, out, err = self.command(*words)
            self.assertEqual(status, found, err)
            document = json.loads(out)
            reason = document["error"]["found"] if status == 2 else " ".join(document["reasons"])
            self.assertIn("No space left on device", reason, err)
            self.assertEqual(self.boot_id_before, self.machine.boot_id())

    def test_a_fault_that_finds_no_room_for_its_own_line_is_refused(self):
        run = self.machine.run()
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_FSIZE, (soft, hard))
        room = run.journal.path.stat().st_size + 20
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
        fault = PowerOff(
            self.machine.host, "ipmi", run=run, deadline=Deadline.after(30), guard=GUARD,
            witnesses=self.machine.witnesses(),
        )  # fmt: skip
        refused = self.assertRaises(errors.FaultRefused, fault.setUp)
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        self.assertIn("cannot be written: No space left on device", str(refused))
        self.assertIn("free space there", str(refused))
        self.assertEqual(self.boot_id_before, self.machine.boot_id())
        self.assertEqual((), run.journal.entries())

    def test_a_host_is_recovered_when_it_fills_up_and_the_entry_closed_once_there_is_room(self):
        self.before = (*ON_A_DISK, "1m")
        process = self.start("inject", "power_off", "compute1", "--json")
        inside = Path(f"/proc/{process.pid}/root{self.machine.folder / 'state'}")
        self.until("it is injected", lambda: self.is_injected(inside))
        (journal,) = inside.glob("*.jsonl")
        fill(inside, journal)
        (keeper,) = [int(path.read_text()) for path in inside.glob("*.keeper")]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        document = json.loads(out)
        self.assertEqual((1, True), (process.returncode, document["recovered"]), err)
        self.assertIn("could not be written down", document["found"])
        self.assertNotEqual(self.boot_id_before, self.machine.boot_id())
        # The run is over; its keeper closes the entry as soon as it can.
        inside = Path(f"/proc/{keeper}/root{self.machine.folder / 'state'}")
        self.assertTrue(self.open_entries(inside))
        (inside / "filler").unlink()
        self.until("the keeper is done", lambda: not self.still_open(inside))

    def is_injected(self, inside):
        return any(one.last == "injected" for one in self.open_entries(inside))

    def still_open(self, inside):
        # With the keeper's end its disk is gone.
        return inside.exists() and self.open_entries(inside)
