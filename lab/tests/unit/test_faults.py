# SPDX-License-Identifier: Apache-2.0
import json
import tempfile
import unittest
from pathlib import Path

from lab.faults import cut, drop, element, full, losing, switch
from lab.faults.cables import cable, cables
from lab.faults.dropper import Frame, judge
from lab.faults.fault import FaultError
from lab.hosts.engine import LabEngine
from lab.model.choices import Choices
from lab.model.plan import PlanError, make_plan
from lab.services import qemu_losing


class Cables(unittest.TestCase):
    """Of a lab that is laid out and not there: whatever touches it fails."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.plan = make_plan("unit", Choices(hosts=32), Path(folder.name) / "secrets")
        self.engine = LabEngine(self.plan, Path(folder.name))
        self.one = self.plan.host("compute1")

    def test_no_two_cables_hang_on_one_port_and_no_name_is_too_long_for_the_kernel(self):
        ports = [link.port for host in self.plan.hosts for link in cables(self.engine, host)]
        self.assertEqual(len(ports), len(set(ports)))
        self.assertLessEqual(max(map(len, ports)), 15)

    def test_a_host_without_a_link_says_which_it_has(self):
        with self.assertRaisesRegex(
            FaultError, "compute1 has no link to a network 'provider'; it has: management, storage"
        ):
            cable(self.engine, self.one, "provider")

    def test_nothing_is_cut_from_itself_or_from_nobody(self):
        with self.assertRaisesRegex(FaultError, "compute1 cannot be cut from itself"):
            cut.cut(self.engine, self.one, ["tunnel"], "compute1")
        with self.assertRaisesRegex(PlanError, "no host 'compute99'"):
            cut.cut(self.engine, self.one, ["tunnel"], "compute99")
        with self.assertRaisesRegex(FaultError, "compute1 has no link to the network 'provider'"):
            cut.cut(self.engine, self.plan.control, ["provider"], "compute1")

    def test_a_drop_of_no_or_endless_time_is_refused(self):
        for seconds in (0, -1, 61, float("nan")):
            with self.subTest(seconds), self.assertRaisesRegex(FaultError, "for 1 ms to 60 s"):
                drop.drop(self.engine, self.one, "management", seconds)
        with self.assertRaisesRegex(FaultError, "begins 0 to 3600 s from now"):
            drop.drop(self.engine, self.one, "management", 1, after=-1)

    def test_no_disk_has_less_than_nothing_free(self):
        with self.assertRaisesRegex(FaultError, "leave 0 or more"):
            full.fill(self.engine, self.one, -1)

    def test_a_host_without_guests_has_no_disks_of_theirs(self):
        with self.assertRaisesRegex(FaultError, "control runs no guests"):
            losing.lose(self.engine, self.plan.control)


class Switch(unittest.TestCase):
    def test_what_stands_in_the_rules_is_read(self):
        listing = {
            "nftables": [
                {"metainfo": {}},
                {"set": {"name": "cut", "elem": ["compute1.0", "compute2.1"]}},
                {"set": {"name": "dropped", "elem": [{"elem": {"val": "a.0", "timeout": 1}}]}},
                {"set": {"name": "apart", "elem": [{"concat": ["a.0", "b.0"]}]}},
                {"set": {"name": "apart_from_runner"}},
                {"rule": {"expr": []}},
            ]
        }
        self.assertEqual(
            {
                "cut": [("compute1.0",), ("compute2.1",)],
                "dropped": [("a.0",)],
                "apart": [("a.0", "b.0")],
                "apart_from_runner": [],
            },
            switch.read(json.dumps(listing)),
        )

    def test_a_message_to_the_kernel_is_as_long_as_it_says(self):
        batch = element._batch(element._NEW, 0, "table", "set", b"")
        lengths = []
        while batch:
            length = int.from_bytes(batch[:4], "little")
            lengths.append(length)
            batch = batch[length:]
        self.assertEqual(3, len(lengths))
        self.assertEqual([0, 0, 0], [length % 4 for length in lengths])


class DropTest(unittest.TestCase):
    """A drop from 1.0 to 1.1, each within a millisecond, judged by its frames."""

    begin, end = (1.0, 1.001), (1.1, 1.101)

    def frames(self, arrives):
        times = [0.9 + step / 100 for step in range(31)]
        return [Frame(at, at + 0.0001, arrives(at)) for at in times]

    def judge(self, *ways):
        return judge(self.begin, self.end, [self.frames(way) for way in ways])

    def test_frames_that_tell_the_same_agree(self):
        sent, lost, seen, disturbed = self.judge(lambda at: not 1.0005 < at < 1.1005)
        self.assertEqual((31, 10, 0), (sent, lost, disturbed))
        self.assertAlmostEqual(0.11, seen, places=2)

    def test_a_frame_that_arrives_in_the_drop_disagrees(self):
        through = lambda at: not 1.0005 < at < 1.1005 or abs(at - 1.05) < 0.001  # noqa: E731
        self.assertEqual(1, self.judge(through)[3])

    def test_a_frame_lost_before_or_after_disagrees(self):
        lossy = lambda at: not 1.0005 < at < 1.1005 and at < 1.15  # noqa: E731
        self.assertEqual(6, self.judge(lossy)[3])

    def test_one_way_that_goes_on_is_found_out(self):
        whole = lambda at: True  # noqa: E731
        self.assertEqual(9, self.judge(lambda at: not 1.0005 < at < 1.1005, whole)[3])

    def test_a_cable_on_which_nothing_was_lost_was_not_dropped(self):
        self.assertIsNone(self.judge(lambda at: True)[2])


class LosingQemu(unittest.TestCase):
    def devices(self, *devices):
        argv = ["/usr/bin/qemu", "-m", "128"]
        for device in devices:
            argv += ["-blockdev", json.dumps(device)]
        changed = qemu_losing.losing([*argv, "-S"], "/run/conf")
        self.assertEqual(["/usr/bin/qemu", "-m", "128"], changed[:3])
        self.assertEqual("-S", changed[-1])
        return [json.loads(text) for text in changed[4:-1:2]]

    def test_a_disk_passes_no_flush_on(self):
        (disk,) = self.devices(
            {"driver": "file", "filename": "/disk", "cache": {"direct": True, "no-flush": False}}
        )
        self.assertEqual({"direct": False, "no-flush": True}, disk["cache"])
        self.assertEqual("/disk", disk["filename"])

    def test_a_disk_on_rbd_gets_a_cache_of_its_own(self):
        (disk,) = self.devices({"driver": "rbd", "pool": "vms", "image": "x", "read-only": False})
        self.assertEqual("/run/conf", disk["conf"])

    def test_what_is_only_read_stays_as_it_is(self):
        image = {"driver": "file", "filename": "/base", "read-only": True}
        self.assertEqual([image], self.devices(image))


if __name__ == "__main__":
    unittest.main()
