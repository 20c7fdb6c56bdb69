# SPDX-License-Identifier: Apache-2.0
"""However a lab and its commands end, ``lab down`` leaves nothing, and harms nobody else.

Needs root and the lab's root file system (built, if it is not there); no cloud is booted.
``python -m unittest lab.tests.functional.test_ending``
"""

import dataclasses
import fcntl
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

from lab import rootfs
from lab.core import disk, loop, processes
from lab.core.cache import Cache
from lab.core.engine import RUNNER
from lab.core.outer import MARK, Outer, OuterError
from lab.core.processes import Process
from lab.hosts.engine import LabEngine
from lab.lifecycle.building import Lab, LabError
from lab.model.choices import Choices
from lab.services import base, sshd
from lab.tests.functional.machine import Machine

NAME = "ending-test"
HOST = "compute1"
SEED = 20261121
SECONDS = 20


@unittest.skipUnless(os.geteuid() == 0, "needs root")
class EndingCase(unittest.TestCase):
    def setUp(self):
        self.root = rootfs.build(Cache(), Choices().lock_text, print)
        folder = Path(tempfile.mkdtemp(prefix="ending-test-", dir=Cache().folder))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        self.lab = Lab(NAME, Cache(folder))
        self.machine = Machine(folder, self.lab.folder)
        self.addCleanup(Outer(self.lab.folder).kill)

    def start(self):
        """Start a lab in which one host runs."""
        self.lab.folder.mkdir(parents=True, exist_ok=True)
        plan = self.lab.plan(Choices(hosts=1))
        engine = LabEngine(plan, self.lab.folder)
        engine.make(self.root)
        host = plan.host(HOST)
        engine.prepare(host.name, [part.render(plan, host) for part in (base, sshd)])
        engine.power_on(HOST)
        return engine

    def in_a_child(self, work):
        """Run `work` in a process that is killed where that says, or after it; return its PID."""
        pid = os.fork()
        if not pid:
            try:
                work()
            finally:
                os.kill(os.getpid(), signal.SIGKILL)
        return pid

    def wait_until(self, what, look):
        end = time.monotonic() + SECONDS
        while not look():
            self.assertLess(time.monotonic(), end, f"not within {SECONDS} s: {what}")
            time.sleep(0.02)

    def nothing_is_left(self):
        self.assertEqual([], self.machine.left_at_last())


class KilledTest(EndingCase):
    def test_a_command_killed_before_it_noted_what_it_had_started_leaves_nothing(self):
        def die(*_processes):
            os.kill(os.getpid(), signal.SIGKILL)

        with mock.patch.object(Outer, "_remember", die):
            os.waitpid(self.in_a_child(self.start), 0)
        self.wait_until("the lab that nobody knows of is there", self.machine.look)
        self.wait_until("it has its first process", (self.lab.folder / "outer.ready").exists)
        self.machine.look()
        self.assertTrue(self.lab.remove())
        self.nothing_is_left()

    def test_a_command_killed_at_any_moment_of_the_start_leaves_nothing(self):
        began = time.monotonic()
        self.start()
        whole = time.monotonic() - began
        self.machine.look()
        self.lab.remove()
        self.nothing_is_left()
        moments = random.Random(SEED)
        for _ in range(8):
            delay = moments.uniform(0, whole)
            with self.subTest(f"killed after {delay:.3f} s"):
                child = self.in_a_child(self.start)
                time.sleep(delay)
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                self.machine.look()
                self.lab.remove()
                self.nothing_is_left()

    def test_a_removal_killed_at_any_moment_is_finished_by_the_next(self):
        self.start()
        began = time.monotonic()
        self.lab.remove()
        whole = time.monotonic() - began
        moments = random.Random(SEED)
        for _ in range(6):
            delay = moments.uniform(0, whole)
            with self.subTest(f"killed after {delay:.3f} s"):
                self.start()
                self.machine.look()
                child = self.in_a_child(self.lab.remove)
                time.sleep(delay)
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                self.lab.remove()
                self.nothing_is_left()

    def test_a_lab_whose_first_process_was_killed_is_removed(self):
        engine = self.start()
        self.machine.look()
        os.kill(engine.outer.processes[1].pid, signal.SIGKILL)
        self.wait_until("the lab has ended", lambda: not engine.outer.alive)
        self.assertTrue(self.lab.remove())
        self.nothing_is_left()

    def test_a_lab_is_removed_whose_folder_somebody_deleted(self):
        self.start()
        self.machine.look()
        shutil.rmtree(self.lab.folder)
        self.assertTrue(self.lab.remove())
        self.nothing_is_left()

    def test_commands_that_run_in_the_lab_end_with_it_those_without_its_mark_too(self):
        engine = self.start()
        plain = [engine.command(RUNNER, ["sleep", "600"]), engine.command(HOST, ["sleep", "600"])]
        bare = engine.command(RUNNER, ["sh", "-c", "env -i sleep 600 & sleep 600"])
        follow = engine.outer.enter(["tail", "-f", "/dev/null"])
        for command in (*plain, bare, follow):
            started = subprocess.Popen(command, start_new_session=True)
            self.addCleanup(started.wait)
        self.wait_until("they all run", lambda: len(_sleepers(self.machine.look())) == 5)
        self.lab.remove()
        self.nothing_is_left()

    def test_a_process_killed_between_a_loop_device_and_its_mount_leaves_none(self):
        image = self.lab.cache.folder / "disks" / "image"
        image.parent.mkdir()
        with image.open("wb") as stream:
            stream.truncate(1 << 20)

        def attach():
            with loop.device(image):
                os.kill(os.getpid(), signal.SIGKILL)

        os.waitpid(self.in_a_child(attach), 0)
        backed = [
            path.read_text().strip()
            for path in Path("/sys/block").glob("loop*/loop/backing_file")
        ]
        self.assertNotIn(str(image), backed)

    def test_a_builder_that_outlived_its_command_ends_before_another_begins(self):
        dead = subprocess.Popen(["true"])
        maker = f"{dead.pid} 1 {processes.boot_id()} {processes.place()}"
        dead.wait()
        builder = subprocess.Popen(["sleep", "600"], env={processes.MAKER: maker, **os.environ})
        own = subprocess.Popen(
            ["sleep", "600"], env={processes.MAKER: processes.maker(), **os.environ}
        )
        self.addCleanup(own.wait)
        self.addCleanup(own.kill)
        with self.lab.cache.building("thing"):
            self.assertEqual(-signal.SIGKILL, builder.wait(SECONDS))
            self.assertIsNone(own.poll())


class RestartTest(EndingCase):
    def test_after_a_restart_the_noted_processes_are_others_and_stay(self):
        bystander = subprocess.Popen(["sleep", "600"])
        self.addCleanup(bystander.wait)
        self.addCleanup(bystander.kill)
        known = dataclasses.asdict(Process.of(bystander.pid))
        for boot in (processes.boot_id(), "of another run of the machine"):
            with self.subTest(boot):
                self.lab.folder.mkdir(parents=True)
                noted = {"boot_id": boot, "processes": [known, known]}
                (self.lab.folder / "outer.json").write_text(json.dumps(noted))
                self.assertTrue(self.lab.remove())
                self.assertIsNone(bystander.poll())
                self.assertFalse(self.lab.folder.exists())

    def test_half_written_notes_are_no_obstacle(self):
        for name in ("outer.json", "lab.json"):
            for text in ("", "{", "[]", '{"boot_id": 1}', "null"):
                with self.subTest(f"{name}: {text!r}"):
                    self.lab.folder.mkdir(parents=True)
                    (self.lab.folder / name).write_text(text)
                    self.assertFalse(self.lab.up)
                    self.assertTrue(self.lab.remove())

    def test_what_got_its_lasting_name_is_whole_after_a_power_failure(self):
        image = self.lab.cache.folder / "disk.img"
        place = self.lab.cache.folder / "mounted"
        place.mkdir()
        with image.open("wb") as stream:
            stream.truncate(64 << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
        self.addCleanup(subprocess.run, ["umount", "-lq", str(place)], check=False)
        with loop.device(image) as device:
            subprocess.run(["mount", device, str(place)], check=True)
        for name in ("completed", "renamed"):
            fresh = place / f"{name}.partial"
            fresh.mkdir()
            (fresh / "file").write_text("content")
            if name == "completed":
                Cache.complete(fresh, place / name)
            else:
                fresh.rename(place / name)
        # The journal is written now and then, whatever its cause; the names are in it.
        with (place / "other").open("w") as stream:
            os.fsync(stream.fileno())
        self._lose_power(place)
        with loop.device(image) as device:
            subprocess.run(["mount", device, str(place)], check=True)
        self.assertEqual("content", (place / "completed" / "file").read_text())
        self.assertEqual("", (place / "renamed" / "file").read_text(), "the power did not fail")

    @staticmethod
    def _lose_power(place):
        folder = os.open(place, os.O_RDONLY)
        fcntl.ioctl(folder, disk._SHUTDOWN, disk._NO_LOG_FLUSH.to_bytes(4, sys.byteorder))
        os.close(folder)
        subprocess.run(["umount", str(place)], check=True)


class AtOnceTest(EndingCase):
    def test_a_second_command_is_told_which_one_it_is_to_wait_for(self):
        ready, signalling = os.pipe()

        def hold():
            with self.lab.alone():
                os.write(signalling, b".")
                signal.pause()

        child = self.in_a_child(hold)
        os.read(ready, 1)
        for command in (self.lab.remove, lambda: self.lab.make(Choices(), mock.Mock())):
            with self.assertRaisesRegex(LabError, rf"Another command \(process {child}\)"):
                self.lab.folder.mkdir(parents=True, exist_ok=True)
                command()
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        self.assertTrue(self.lab.remove(), "the lock outlived who held it")

    def test_a_command_in_the_lab_does_not_remove_it_under_its_own_feet(self):
        with (
            mock.patch.dict(os.environ, {MARK: Outer(self.lab.folder).mark}),
            self.assertRaisesRegex(OuterError, "leave the lab first"),
        ):
            self.lab.remove()


def _sleepers(pids):
    found = []
    for pid in pids:
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        found += [pid] if words[:2] == [b"sleep", b"600"] or words[0] == b"tail" else []
    return found
