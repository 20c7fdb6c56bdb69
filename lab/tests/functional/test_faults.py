# SPDX-License-Identifier: Apache-2.0
"""Cables are cut, links dropped and disks filled from outside the hosts, and put right again.

Needs root and the lab's root file system (built, if it is not there); runs hosts without any of
OpenStack on them. ``python -m unittest lab.tests.functional.test_faults``
"""

import contextlib
import os
import re
import subprocess
import sys
import time

from lab.core.engine import RUNNER, CommandError
from lab.faults import all as faults
from lab.faults import cut, drop, full, losing, switch
from lab.faults.fault import FaultError
from lab.services.qemu_wrapper import LOSING
from lab.tests.functional.hosts import HostsCase

MANAGEMENT = {"runner": "172.30.1.1", "control": "172.30.1.10", "compute1": "172.30.1.11",
              "compute2": "172.30.1.12"}  # fmt: skip
STORAGE = {"control": "172.30.2.10", "compute1": "172.30.2.11", "compute2": "172.30.2.12"}


class FaultsTest(HostsCase):
    name = "faults-test"
    hosts = 2

    def setUp(self):
        self.one = self.engine.plan.host("compute1")
        self.addCleanup(faults.clear, self.engine)

    def reaches(self, host, address):
        return not subprocess.run(
            self.ping(host, "-q", "-c", "2", "-i", "0.1", "-W", "0.3", address),
            check=False, capture_output=True,
        ).returncode  # fmt: skip

    def ping(self, host, *words):
        """Return the command; the runner's is that of the lab, as the machine may have none."""
        if host == RUNNER:
            return self.engine.outer.enter(["ping", "-n", *words])
        return self.engine.command(host, ["ping", "-n", *words])

    def reached(self, addresses=MANAGEMENT):
        """Return who reaches whom, of the given addresses."""
        return {
            (one, two)
            for one in addresses
            for two in addresses
            if one != two and self.reaches(one, addresses[two])
        }

    def everybody(self, addresses=MANAGEMENT):
        return {(one, two) for one in addresses for two in addresses if one != two}

    def power_cycle(self, host="compute1"):
        before = self.boot_id(host)
        self.engine.power_off(host)
        self.engine.power_on(host)
        self.booted_after(before, host)

    # --- cuts ----------------------------------------------------------------------------------

    def test_a_host_cut_off_a_network_reaches_nobody_there_and_everybody_elsewhere(self):
        cut.cut(self.engine, self.one, ["management"])
        self.assertEqual({p for p in self.everybody() if "compute1" not in p}, self.reached())
        self.assertEqual(self.everybody(STORAGE), self.reached(STORAGE))
        faults.clear(self.engine)
        self.assertEqual(self.everybody(), self.reached())

    def test_two_hosts_cut_from_each_other_still_reach_all_others(self):
        cut.cut(self.engine, self.one, ["management"], "compute2")
        apart = {("compute1", "compute2"), ("compute2", "compute1")}
        self.assertEqual(self.everybody() - apart, self.reached())
        faults.clear(self.engine, "compute2")
        self.assertEqual(self.everybody(), self.reached())

    def test_a_host_cut_from_the_runner_still_reaches_all_hosts(self):
        cut.cut(self.engine, self.one, ["management"], RUNNER)
        apart = {("compute1", RUNNER), (RUNNER, "compute1")}
        self.assertEqual(self.everybody() - apart, self.reached())

    def test_a_cut_cable_stays_cut_when_the_host_is_started_again(self):
        cut.cut(self.engine, self.one, ["management", "storage"])
        first = list(faults.found(self.engine))
        self.power_cycle()
        self.assertFalse(self.reaches("compute1", MANAGEMENT["control"]))
        self.assertFalse(self.reaches("control", STORAGE["compute1"]))
        self.assertEqual(first, list(faults.found(self.engine)))
        self.assertEqual(["management", "storage"], sorted(fault.network for fault in first))

    def test_clearing_a_host_leaves_the_faults_of_others(self):
        cut.cut(self.engine, self.one, ["storage"])
        cut.cut(self.engine, self.engine.plan.host("compute2"), ["tunnel"])
        faults.clear(self.engine, "compute1")
        self.assertEqual(["compute2"], [fault.host for fault in faults.found(self.engine)])

    # --- drops ---------------------------------------------------------------------------------

    def test_a_drop_is_as_long_as_it_says(self):
        for milliseconds in (1, 20, 250):
            with self.subTest(milliseconds=milliseconds):
                dropped = drop.drop(self.engine, self.one, "management", milliseconds / 1000)
                self.exact(dropped, milliseconds / 1000)

    def exact(self, dropped, seconds):
        self.assertLess(dropped.error, 0.002)
        self.assertLess(abs(dropped.length - seconds), 0.005)
        self.assertGreaterEqual(dropped.seen, dropped.length - dropped.error)
        self.assertGreater(dropped.lost, 0)

    def test_a_drop_is_as_long_as_it_says_on_a_busy_machine(self):
        with contextlib.ExitStack() as stack:
            for _ in range(2 * (os.cpu_count() or 1)):
                busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
                stack.callback(busy.wait)
                stack.callback(busy.kill)
            for _ in range(5):
                self.exact(drop.drop(self.engine, self.one, "management", 0.05), 0.05)

    def test_a_drop_loses_what_others_send_and_nothing_after_it(self):
        command = self.ping(RUNNER, "-q", "-i", "0.01", "-w", "6", MANAGEMENT["compute1"])
        ping = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        dropped = drop.drop(self.engine, self.one, "management", 0.3, after=1)
        said, _ = ping.communicate(timeout=30)
        sent, heard = map(int, re.findall(r"(\d+) packets transmitted, (\d+) received", said)[0])
        self.assertGreater(sent - heard, 0, said)
        self.assertLess(sent - heard, dropped.length / 0.01 * 1.5, said)
        self.assertTrue(self.reaches(RUNNER, MANAGEMENT["compute1"]))
        self.assertEqual([], list(faults.found(self.engine)))

    def test_the_tunnel_and_the_provider_network_can_be_dropped_too(self):
        self.exact(drop.drop(self.engine, self.one, "tunnel", 0.02), 0.02)
        self.exact(drop.drop(self.engine, self.engine.plan.control, "provider", 0.02), 0.02)

    def test_a_drop_begins_when_it_is_told_to(self):
        asked = time.monotonic()
        dropped = drop.drop(self.engine, self.one, "storage", 0.01, after=1.0)
        self.assertGreater(dropped.begin - asked, 1.0)
        self.assertLess(dropped.begin - asked, 2.0)

    def test_the_kernel_ends_a_drop_whose_process_died(self):
        switch.prepare(self.engine)
        nft = f"add element bridge {switch.TABLE} {switch.DROPPED} {{ compute1.0 timeout 1s }}"
        self.engine.outer.run(["nft", nft])
        self.assertFalse(self.reaches(RUNNER, MANAGEMENT["compute1"]))
        self.wait_until("the link is whole", lambda: self.reaches("compute1", "172.30.1.1"))

    def test_no_link_of_a_dead_or_cut_host_is_dropped(self):
        cut.cut(self.engine, self.one, ["storage"])
        with self.assertRaisesRegex(FaultError, "The storage link of compute1 is cut.*clear"):
            drop.drop(self.engine, self.one, "storage", 0.01)
        self.engine.power_off("compute1")
        try:
            with self.assertRaisesRegex(FaultError, "compute1 is powered off"):
                drop.drop(self.engine, self.one, "management", 0.01)
        finally:
            self.engine.power_on("compute1")
            self.engine.wait_for_units("compute1", ("lab-sshd.service",), 60)

    # --- disks ---------------------------------------------------------------------------------

    def free(self):
        room = self.shell("stat -f -c '%a %S' /")
        blocks, size = map(int, room.split())
        return blocks * size

    def test_a_full_disk_takes_nothing_more_until_it_is_cleared(self):
        self.shell("echo mine > /var/mine; sync")
        before = self.free()
        filled = full.fill(self.engine, self.one)
        self.assertEqual(0, self.free())
        with self.assertRaisesRegex(CommandError, "No space left on device"):
            self.shell("dd if=/dev/zero of=/var/more bs=64k count=1 conv=fsync")
        self.assertEqual([filled], list(faults.found(self.engine)))
        self.shell("rm -f /var/more")
        faults.clear(self.engine, "compute1")
        self.assertLess(abs(self.free() - before), 4 << 20)
        self.assertEqual("mine", self.shell("cat /var/mine"))

    def test_a_full_disk_is_full_after_a_power_cut(self):
        full.fill(self.engine, self.one)
        self.power_cycle()
        self.assertLess(self.free(), 4 << 20)
        self.assertEqual(["fill"], [fault.kind for fault in faults.found(self.engine)])

    def test_as_much_is_left_free_as_asked_for(self):
        full.fill(self.engine, self.one, leave_mib=100)
        self.assertLess(abs(self.free() - (100 << 20)), 2 << 20)
        with self.assertRaisesRegex(FaultError, "no more than to be left"):
            full.fill(self.engine, self.one, leave_mib=200)

    def test_losing_disks_are_switched_on_for_good_and_off_again(self):
        losing.lose(self.engine, self.one)
        self.power_cycle()
        self.assertEqual(LOSING, self.shell(f"ls {LOSING}"))
        self.assertEqual(["lose"], [fault.kind for fault in faults.found(self.engine)])
        faults.clear(self.engine)
        self.power_cycle()
        with self.assertRaises(CommandError):
            self.shell(f"ls {LOSING}")

    def test_losing_disks_of_a_host_that_is_off_are_switched_on_and_off_too(self):
        before = self.boot_id()
        self.engine.power_off("compute1")
        losing.lose(self.engine, self.one)
        self.assertEqual(["lose"], [fault.kind for fault in faults.found(self.engine)])
        self.engine.power_on("compute1")
        self.booted_after(before)
        self.assertEqual(LOSING, self.shell(f"ls {LOSING}"))
        self.engine.power_off("compute1")
        faults.clear(self.engine)
        self.assertEqual([], list(faults.found(self.engine)))
        self.engine.power_on("compute1")
        self.booted_after(before)
