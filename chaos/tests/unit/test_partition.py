# SPDX-License-Identifier: Apache-2.0
"""A machine is cut off for real, by nftables between two network namespaces, and comes back."""

import os
import shutil
import signal

import fixtures
import testtools

from chaos import errors
from chaos.deadline import Deadline
from chaos.faults.network_partition import NetworkPartition
from chaos.faults.ruleset import ruleset
from chaos.journal import Journal
from chaos.recovery import recover_entry, timed
from chaos.tests.unit.host_fixture import GUARD
from chaos.tests.unit.network_fixture import (
    LINKS,
    NetworkHostFixture,
    answers,
    call,
    skip_without_namespaces,
)
from chaos.transport import links

STORAGE = LINKS["storage"]
MANAGEMENT = LINKS["management"]


class PartitionCase(testtools.TestCase):
    machine_type = NetworkHostFixture

    def setUp(self):
        super().setUp()
        self.machine = self.useFixture(self.machine_type())

    def fault(self, *networks, **more):
        self.run_of_it = self.machine.run()
        made = NetworkPartition(
            self.machine.host, networks, run=self.run_of_it, deadline=Deadline.after(90),
            guard=GUARD, **{"on_event": self.note, **more},
        )  # fmt: skip
        self.events = []
        return made

    def note(self, kind, data):
        self.events.append(kind)

    def says(self, fault):
        return {one.witness: one.says for one in fault.observations}

    def tables(self):
        return self.machine.execute("nft", "list", "tables")

    def nothing_left(self):
        self.assertEqual("", self.tables())
        self.assertEqual([], self.machine.timers())
        self.assertEqual((), self.run_of_it.journal.open_entries())
        for _, far, near in LINKS.values():
            self.assertTrue(answers(far))
            self.assertTrue(answers(near, self.machine.there))


@skip_without_namespaces
class PartitionTest(PartitionCase):
    def test_a_network_is_cut_both_ways_and_no_other(self):
        with self.fault("storage") as fault:
            self.assertEqual("injected", fault.verdict, fault.observations)
            says = {"peers_on_storage": "absent", "dropped_packets": "present"}
            self.assertEqual(says, self.says(fault))
            self.assertIn(f"table netdev migration_chaos_{fault.token}", self.tables())
            self.assertFalse(answers(STORAGE[1]))
            self.assertFalse(answers(STORAGE[2], self.machine.there))
            self.assertTrue(answers(MANAGEMENT[1]))
            self.assertEqual(1, len(self.machine.timers()))
        self.assertEqual(timed.BY_LOGIN, fault.recovered["found"])
        self.nothing_left()

    def test_the_timer_is_armed_before_anything_is_cut(self):
        fault = self.fault("storage")

        def look(kind, data):
            if kind == "fault.armed":
                self.armed = len(self.machine.timers()), self.tables(), answers(STORAGE[1])

        fault._on_event = look
        with fault:
            self.assertEqual((1, "", True), self.armed)

    def test_only_a_peer_is_cut_off(self):
        other = "10.77.2.3"
        call("ip", "address", "add", f"{other}/24", "dev", f"near-{STORAGE[0]}")
        with self.fault("storage", peers=[STORAGE[2]]) as fault:
            self.assertEqual("injected", fault.verdict, fault.observations)
            self.assertFalse(answers(STORAGE[2], self.machine.there))
            self.assertTrue(answers(other, self.machine.there))
        self.nothing_left()

    def test_a_runner_that_cut_itself_off_is_helped_by_the_machines_own_timer(self):
        self.useFixture(fixtures.MonkeyPatch("chaos.transport.host_timer.SHORTEST_SECONDS", 1.0))
        self.useFixture(fixtures.MonkeyPatch("chaos.transport.shell.CONNECT_SECONDS", 1.0))
        with self.fault("management", recover_after=8.0) as fault:
            self.assertEqual("injected", fault.verdict, fault.observations)
            self.assertEqual({"dead"}, set(self.says(fault).values()), fault.observations)
            self.assertFalse(answers(MANAGEMENT[1]))
            self.assertTrue(answers(STORAGE[1]))
        self.assertEqual(timed.BY_TIMER, fault.recovered["found"])
        self.assertIn("fault.waiting", self.events)
        self.nothing_left()

    def test_a_runner_that_hung_until_the_timer_was_over_cuts_nothing(self):
        fault = self.fault("storage", confirm_within=1.0)

        def hang(kind, data):
            self.events.append((kind, data))
            if kind == "fault.armed":
                os.killpg(int(self.machine.timers()[0]), signal.SIGKILL)

        fault._on_event = hang
        with fault:
            self.assertEqual("unknown", fault.verdict)
            self.assertEqual("", self.tables())
            failed = [data for kind, data in self.events if kind == "fault.inject_failed"]
            self.assertIn("was over before anything was done", failed[0]["error"])
        self.assertEqual(timed.NEVER, fault.recovered["found"])

    def test_as_a_last_resort_and_only_if_allowed_its_power_is_cycled(self):
        self.useFixture(fixtures.MonkeyPatch("chaos.transport.shell.CONNECT_SECONDS", 1.0))
        self.useFixture(fixtures.MonkeyPatch("chaos.recovery.timed.GRACE_SECONDS", -300.0))
        mended = ["nsenter", "-t", str(self.machine.far), "-n", "nft", "flush", "ruleset"]
        lamp = self.machine.folder / "power"
        lamp.write_text("on\n")
        self.machine.write(
            bmc={
                "driver": "command",
                "power_on": ["sh", "-c", f"echo on > {lamp}; {' '.join(mended)}"],
                "power_off": ["sh", "-c", f"echo off > {lamp}"],
                "power_status": ["cat", str(lamp)],
            }
        )
        self.machine.reload()
        fault = self.fault("management", power_cycle=True)
        fault.setUp()
        os.killpg(int(self.machine.timers()[0]), signal.SIGKILL)
        (entry,) = Journal(self.run_of_it.journal.path).open_entries()
        self.assertTrue(entry.data["power_cycle"])
        seen = recover_entry(
            entry, self.machine.host, self.run_of_it.journal, Deadline.after(60), self.note
        )
        self.assertTrue(seen["power_cycled"])
        fault.cleanUp()
        self.nothing_left()

    def test_without_a_power_cycle_the_error_says_what_to_run_on_the_console(self):
        self.useFixture(fixtures.MonkeyPatch("chaos.transport.shell.CONNECT_SECONDS", 1.0))
        fault = self.fault("management")
        fault.setUp()
        lost = self.assertRaises(errors.NotRecovered, fault.recover, Deadline.after(2))
        self.assertIn(f"nft delete table netdev {fault.table}", str(lost))
        self.machine.execute("nft", "flush", "ruleset")
        fault.cleanUp()
        self.nothing_left()

    def test_what_cannot_be_cut_is_refused_in_words(self):
        for networks, more, words in (
            (("tunnel",), {}, "names no network tunnel"),
            ((), {}, "No network of compute1 is named; it has management, storage"),
            (("storage",), {"peers": ["compute2"]}, "'compute2' is none"),
            (("storage",), {"recover_after": 5.0}, "choose 10 to 3600 s"),
            (("storage",), {"power_cycle": True}, "has no bmc in the hosts file"),
        ):
            fault = self.fault(*networks, **more)
            refused = self.assertRaises(errors.FaultRefused, fault.setUp)
            self.assertIn(words, str(refused))
            self.run_of_it.end()
        self.nothing_left()

    def test_an_interface_that_is_not_there_is_named(self):
        self.machine.write(networks={"storage": "eno9"})
        self.machine.reload()
        refused = self.assertRaises(errors.FaultRefused, self.fault("storage").setUp)
        self.assertIn("has no interface eno9", str(refused))


class WithReplacedCommand(NetworkHostFixture):
    """A host on which one command is in front of the real one."""

    command = script = ""

    def before_commands(self):
        place = self.folder / "bin"
        place.mkdir()
        (place / self.command).write_text(f"#!/bin/sh\n{self.script}\n")
        (place / self.command).chmod(0o755)
        return ["env", f"PATH={place}:{os.environ['PATH']}"]


class WithoutTimers(WithReplacedCommand):
    command, script = "setsid", "exit 0"


class WithoutEgress(WithReplacedCommand):
    # As the nft of a kernel before 5.16 answers.
    command, real = "nft", shutil.which("nft")
    script = (
        f'case "$*" in *--file*) text=$(cat);; *) exec {real} "$@";; esac\n'
        'case "$text" in *"hook egress"*) echo "not supported" >&2; exit 1;; esac\n'
        f'printf %s "$text" | exec {real} "$@"'
    )


@skip_without_namespaces
class TimerlessTest(PartitionCase):
    machine_type = WithoutTimers

    def test_a_host_that_does_not_arm_its_timer_is_not_disturbed(self):
        refused = self.assertRaises(errors.FaultRefused, self.fault("storage").setUp)
        self.assertIn("could not be armed", str(refused))
        self.assertNotIn("fault.injecting", self.events)
        self.nothing_left()


@skip_without_namespaces
class OldKernelTest(PartitionCase):
    machine_type = WithoutEgress

    def test_without_the_egress_hook_what_it_sends_is_dropped_where_it_is_routed(self):
        with self.fault("storage") as fault:
            self.assertEqual("injected", fault.verdict, fault.observations)
            self.assertIn(f"table inet {fault.table}", self.tables())
            self.assertFalse(answers(STORAGE[1]))
            self.assertFalse(answers(STORAGE[2], self.machine.there))
        self.nothing_left()


class RulesetTest(testtools.TestCase):
    def test_peers_are_cut_off_by_the_family_of_their_address(self):
        text = ruleset("t", ["eth1"], ["10.0.0.1", "fd00::1"])
        self.assertIn("ip saddr { 10.0.0.1 } counter drop", text)
        self.assertIn("arp daddr ip { 10.0.0.1 } counter drop", text)
        self.assertIn("ip6 daddr { fd00::1 } counter drop", text)
        self.assertNotIn("    counter drop", text)

    def test_each_interface_has_a_chain_for_each_way(self):
        text = ruleset("t", ["eth1", "eth2"])
        for chain in ("ingress_0", "egress_0", "ingress_1", "egress_1"):
            self.assertIn(f"chain {chain} ", text)
        self.assertNotIn("table inet", text)


DEVICES = {
    "eno1": {"ifname": "eno1", "master": "bond0"},
    "bond0": {"ifname": "bond0", "addr_info": []},
    "bond0.30": {"ifname": "bond0.30", "link": "bond0", "linkinfo": {"info_kind": "vlan"}},
    "br-tun": {"ifname": "br-tun"},
}


class LinksTest(testtools.TestCase):
    def test_what_stands_on_an_interface_is_found(self):
        self.assertEqual(["eno1", "bond0", "bond0.30"], links._stack(DEVICES, "eno1", ""))
        self.assertEqual(["eno1", "br-tun", "bond0", "bond0.30"],
                         links._stack(DEVICES, "eno1", "br-tun"))  # fmt: skip

    def test_a_port_of_a_switch_in_user_space_is_known_by_who_reads_from_it(self):
        text = (
            'p_raw UNCONN 0      0        *:eth2 * users:(("ovs-vswitchd",pid=28,fd=39))\n'
            'p_raw UNCONN 0      0        *:eth1 * users:(("tcpdump",pid=99,fd=3))\n'
            'p_raw UNCONN 0      0      [0]:*    * users:(("ovs-vswitchd",pid=28,fd=42))\n'
        )
        found = [links._switch(text, name) for name in ("eth0", "eth1", "eth2")]
        self.assertEqual(["", "", "ovs-vswitchd"], found)
