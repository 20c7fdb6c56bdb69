# SPDX-License-Identifier: Apache-2.0
"""A machine's network is slowed for real, by tc between two network namespaces, and put back."""

import subprocess

import testtools

from chaos import errors
from chaos.deadline import Deadline
from chaos.faults import quantities
from chaos.faults.slow_network import SlowNetwork
from chaos.recovery import timed
from chaos.recovery.restore_qdisc import HANDLE, parse_root
from chaos.tests.unit.host_fixture import GUARD
from chaos.tests.unit.network_fixture import LINKS, NetworkHostFixture, skip_without_namespaces
from chaos.witnesses.slow_pings import parse_pings

STORAGE = LINKS["storage"][0]


@skip_without_namespaces
class SlowNetworkTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.machine = self.useFixture(NetworkHostFixture())

    def fault(self, *networks, **more):
        self.run_of_it = self.machine.run()
        return SlowNetwork(
            self.machine.host, networks, run=self.run_of_it, deadline=Deadline.after(120),
            guard=GUARD, **more,
        )  # fmt: skip

    def queue(self):
        return parse_root(self.machine.execute("tc", "qdisc", "show", "dev", STORAGE))

    def has_netem(self):
        words = ["tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms"]
        within = ["unshare", "--net", *words]
        return subprocess.run(within, check=False, capture_output=True).returncode == 0

    def test_a_network_is_slow_and_then_as_it_was(self):
        before = self.queue()
        with self.fault("storage") as fault:
            self.assertEqual("injected", fault.verdict, fault.observations)
            says = {one.witness: one.says for one in fault.observations}
            self.assertEqual({"slow_queue": "present", "slow_pings_on_storage": "present"}, says)
            self.assertEqual(["tbf", HANDLE], self.queue()[:2])
            self.assertEqual(1, len(self.machine.timers()))
        self.assertEqual(before, self.queue())
        self.assertEqual(timed.BY_LOGIN, fault.recovered["found"])
        self.assertEqual([], self.machine.timers())
        self.assertEqual((), self.run_of_it.journal.open_entries())

    def test_a_queue_that_somebody_configured_is_put_back_as_it_was(self):
        shape = ["tbf", "rate", "10mbit", "burst", "4kb", "latency", "400ms"]
        root = ["dev", STORAGE, "root", "handle", "7:"]
        self.machine.execute("tc", "qdisc", "add", *root, *shape)
        before = self.queue()
        with self.fault("storage") as fault:
            self.assertEqual("injected", fault.verdict, fault.observations)
            self.assertNotEqual(before, self.queue())
        self.assertEqual(before, self.queue())

    def test_a_queue_that_could_not_be_put_back_is_left_alone(self):
        self.machine.execute("tc", "qdisc", "add", "dev", STORAGE, "root", "handle", "1:", "htb")
        words = ["parent", "1:", "classid", "1:1", "htb", "rate", "900mbit"]
        self.machine.execute("tc", "class", "add", "dev", STORAGE, *words)
        refused = self.assertRaises(errors.FaultRefused, self.fault("storage").setUp)
        self.assertIn("could not be put back", str(refused))
        self.assertEqual(["htb", "1:"], self.queue()[:2])

    def test_a_delay_needs_netem_and_that_is_found_out_without_touching_anything(self):
        fault = self.fault("storage", delay=0.05)
        if self.has_netem():
            with fault:
                self.assertEqual("injected", fault.verdict, fault.observations)
                self.assertEqual("netem", self.queue()[0])
            return
        before = self.queue()
        refused = self.assertRaises(errors.FaultRefused, fault.setUp)
        self.assertIn("has no netem", str(refused))
        self.assertIn("leave out the delay", str(refused))
        self.assertEqual(before, self.queue())

    def test_what_could_not_be_proved_is_refused(self):
        for more, words in (
            ({"rate": 10**9}, "no rate that could be proved"),
            ({"delay": 60.0}, "is no delay"),
        ):
            refused = self.assertRaises(errors.FaultRefused, self.fault("storage", **more).setUp)
            self.assertIn(words, str(refused))
            self.run_of_it.end()


class WordsTest(testtools.TestCase):
    def test_the_root_is_found_among_all_queues(self):
        text = (
            "qdisc clsact ffff: parent ffff:fff1 \n"
            "qdisc fq_codel 8001: root refcnt 2 limit 10240p flows 1024 \n"
        )
        found = parse_root(text)
        self.assertEqual(["fq_codel", "8001:", "limit", "10240p", "flows", "1024"], found)

    def test_pings_tell_how_long_they_took(self):
        text = (
            "100 packets transmitted, 98 received, 2% packet loss, time 1086ms\n"
            "rtt min/avg/max/mdev = 0.500/23.711/36.018/7.355 ms, pipe 4\n"
        )
        found = parse_pings(text)
        self.assertEqual((98, 1.086, 0.0005), (found.received, found.seconds, found.quickest))
        self.assertEqual(0, parse_pings("ping: unknown host").received)

    def test_quantities_are_read_as_people_write_them(self):
        self.assertEqual(1_500_000, quantities.rate("1.5Mbit"))
        self.assertEqual(65536, quantities.size("64K"))
        self.assertEqual(0.08, quantities.seconds("80ms"))
        for read, text in ((quantities.rate, "fast"), (quantities.size, "1X")):
            self.assertIn(text, str(self.assertRaises(ValueError, read, text)))
