# SPDX-License-Identifier: Apache-2.0
"""The soak counts what is there, and says what is too much."""

import tempfile
import threading
import time
import types
import unittest
from pathlib import Path

from lab.cli import soak as command
from lab.lifecycle.building import LabError
from lab.model.choices import Choices
from lab.model.plan import make_plan
from lab.soak import census, checks
from lab.soak.census import Census
from lab.soak.guests import Guest, GuestError
from lab.soak.soaking import Wanted
from lab.soak.tenant import Member


class CensusTest(unittest.TestCase):
    def test_what_there_is_more_of_is_named_with_both_numbers(self):
        before = Census({"compute1: folders": 2, "compute2: folders": 1}, {})
        after = Census({"compute1: folders": 3, "compute2: folders": 0}, {})
        self.assertEqual(["compute1: folders: 2 -> 3"], list(census.grown(before, after, {})))

    def test_what_may_come_and_go_has_its_tolerance(self):
        before, after = (Census({"compute1: mounts": number}, {}) for number in (10, 12))
        self.assertEqual([], list(census.grown(before, after, {"mounts": 2})))
        self.assertEqual(1, len(list(census.grown(before, after, {"mounts": 1}))))

    def test_a_remedy_that_acted_is_no_growth(self):
        before, after = (Census({f"compute1: {census.ACTED}": each}, {}) for each in (0, 9))
        self.assertEqual([], list(census.grown(before, after, {})))

    def heavier(self, *sizes):
        series = [Census({}, {"control: nova-api": each}) for each in sizes]
        return list(census.heavier(series, 25, 0.15))

    def test_a_service_is_heavier_only_by_much_and_by_a_share(self):
        self.assertEqual([], self.heavier(100, 120))
        self.assertEqual([], self.heavier(300, 340))
        self.assertEqual(["control: nova-api: 100 -> 130 MiB"], self.heavier(100, 130))

    def test_what_a_heavier_service_took_after_each_round_is_told(self):
        self.assertEqual(
            ["control: nova-api: 100 -> 120 -> 140 MiB"], self.heavier(100, 120, 140)
        )
        self.assertEqual([], self.heavier(100, 140, 110))
        self.assertEqual([], self.heavier(100))


class HostsCheckTest(unittest.TestCase):
    COUNTS = dict.fromkeys(("domains", "folders", "taps", "switch-ports", "qemu"), 1)

    def check(self, **changed):
        tenant = types.SimpleNamespace(
            servers=lambda: {"id": {"OS-EXT-SRV-ATTR:host": "compute1"}}
        )
        counts = {f"compute1: {name}": number for name, number in self.COUNTS.items()}
        counts |= {f"compute2: {name}": 0 for name in self.COUNTS} | changed
        member = Member("id", "one", "volume", "port", None)
        return checks.hosts(tenant, [member], Census(counts, {}), ["compute1", "compute2"])

    def test_one_of_each_for_each_server_is_right(self):
        self.assertEqual([], self.check())

    def test_a_folder_left_where_no_server_is_any_more_is_told(self):
        self.assertEqual(
            ["compute2 has 1 folders for 0 servers"], self.check(**{"compute2: folders": 1})
        )

    def test_a_lost_tap_is_told(self):
        self.assertEqual(
            ["compute1 has 0 taps for 1 servers"], self.check(**{"compute1: taps": 0})
        )


class GuestInMemory(Guest):
    """A guest whose commands are answered by this process."""

    text = ""
    login = None

    def _run(self, command, seconds, login=None):
        self.login = login
        if command.startswith("cat"):
            return self.text
        self.text += command.split()[1] + "\n"
        return ""


class GuestTest(unittest.TestCase):
    def setUp(self):
        self.guest = GuestInMemory("one", "10.0.0.1", Path("key"))
        self.end = time.monotonic() + 5

    def test_what_was_acknowledged_must_be_there(self):
        self.guest.write(self.end)
        self.guest.write(self.end)
        self.guest.check(self.end)
        self.guest.text = "1\n"
        with self.assertRaisesRegex(GuestError, "lost 1 of 2 acknowledged records"):
            self.guest.check(self.end)

    def test_a_record_that_was_not_acknowledged_may_be_there(self):
        self.guest.write(self.end)
        self.guest.text += "2\n"
        self.guest.check(self.end)

    def test_a_new_disk_has_no_records(self):
        self.guest.write(self.end)
        with self.assertRaisesRegex(GuestError, "on a disk that should be new"):
            self.guest.forget(self.end)
        self.guest.text = ""
        self.guest.forget(self.end)
        self.assertEqual(0, self.guest.written)

    def test_a_login_gets_no_longer_than_there_is(self):
        self.guest.check(time.monotonic() + 5)
        self.assertLessEqual(self.guest.login, 5)
        self.guest.check(time.monotonic() + 500)
        self.assertEqual(30, self.guest.login)

    def test_writing_ends_with_the_guest(self):
        self.guest._run = lambda *_: (_ for _ in ()).throw(OSError("gone"))
        self.guest.write_until(threading.Event())
        self.assertEqual(0, self.guest.written)


class WantedTest(unittest.TestCase):
    def test_servers_that_move_together_need_fewer_rounds(self):
        wanted = Wanted(live=50, evacuations=20, servers=4)
        self.assertEqual((5, 3), (wanted.rounds, wanted.moves))
        wanted = Wanted(live=50, evacuations=20, servers=1)
        self.assertEqual((20, 3), (wanted.rounds, wanted.moves))

    def test_a_round_ends_on_the_hosts_it_began_on(self):
        for live in range(12):
            for evacuations in range(6):
                wanted = Wanted(live, evacuations, servers=2)
                turns = wanted.moves + bool(evacuations)
                self.assertEqual(0, turns % 2, wanted)
                self.assertGreaterEqual(2 * wanted.rounds * wanted.moves, live)
                self.assertGreaterEqual(2 * wanted.rounds, evacuations)

    def test_nothing_asked_for_is_nothing_done(self):
        wanted = Wanted(live=0, evacuations=0, servers=2)
        self.assertEqual((0, 0), (wanted.rounds, wanted.moves))


class HomesTest(unittest.TestCase):
    def homes(self, hosts):
        with tempfile.TemporaryDirectory() as folder:
            return command.homes(make_plan("lab", Choices(hosts=hosts), Path(folder)))

    def test_each_kind_has_two_hosts(self):
        homes = self.homes(4)
        self.assertEqual(("compute1", "compute2"), homes["shared"])
        self.assertEqual(("compute3", "compute4"), homes["ephemeral"])

    def test_a_lab_that_is_too_small_is_told_what_to_do(self):
        with self.assertRaisesRegex(LabError, "two hosts with shared .* --hosts 4"):
            self.homes(2)


if __name__ == "__main__":
    unittest.main()
