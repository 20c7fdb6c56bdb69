# SPDX-License-Identifier: Apache-2.0
"""When readings are proof, and what the witnesses say of real sockets."""

import socket

import fixtures
import testtools
from hypothesis import given
from hypothesis import strategies as st

from chaos.deadline import Deadline
from chaos.guard import Guard
from chaos.inventory import Host, SshAccess
from chaos.transport import Identity
from chaos.witnesses import ssh_banner, tcp
from chaos.witnesses.icmp import IcmpWitness
from chaos.witnesses.process import ProcessId, ProcessWitness
from chaos.witnesses.protocol import Observation, observation, proved
from chaos.witnesses.slow_queue import SlowQueueWitness
from chaos.witnesses.ssh_banner import SshBannerWitness
from chaos.witnesses.tcp import TcpWitness

NAMES = ("bmc", "ssh_banner", "icmp", "tcp")


def seen(witness, in_effect, driver=""):
    says = {True: "dead", False: "alive", None: "unknown"}[in_effect]
    return Observation(witness, says, "", 0.0, in_effect, driver)


class ProvedTest(testtools.TestCase):
    def test_two_witnesses_that_could_have_said_otherwise_are_proof(self):
        observations = [seen("icmp", True), seen("tcp", True)]
        self.assertTrue(proved(observations, True, NAMES))

    def test_one_witness_is_no_proof(self):
        observations = [seen("icmp", True), seen("tcp", None)]
        self.assertFalse(proved(observations, True, NAMES))

    def test_a_witness_that_never_saw_the_state_before_does_not_count(self):
        observations = [seen("icmp", True), seen("tcp", True)]
        self.assertFalse(proved(observations, True, {"tcp"}))

    def test_the_driver_of_the_fault_does_not_testify_for_itself(self):
        observations = [seen("bmc", True, "ipmi"), seen("tcp", True)]
        self.assertFalse(proved(observations, True, NAMES))

    def test_one_that_sees_it_alive_spoils_the_proof(self):
        observations = [seen("icmp", True), seen("tcp", True), seen("ssh_banner", False)]
        self.assertFalse(proved(observations, True, NAMES))

    @given(
        st.lists(
            st.builds(
                seen,
                st.sampled_from(NAMES),
                st.sampled_from([True, False, None]),
                st.sampled_from(["", "ipmi"]),
            ),
            unique_by=lambda one: one.witness,
        ),
        st.sets(st.sampled_from(NAMES)),
    )
    def test_nothing_is_ever_proved_both_in_effect_and_not(self, observations, qualified):
        both = [proved(observations, in_effect, qualified) for in_effect in (True, False)]
        self.assertNotEqual([True, True], both)

    def test_what_a_fault_brings_about_is_each_witness_own_to_say(self):
        host = SshBannerWitness(SshAccess("192.0.2.1", "root", "known_hosts"))
        process = ProcessWitness(None, ProcessId(1, "1"))
        rule = SlowQueueWitness(None, ["eth0"], "1:")
        for witness, says, in_effect in (
            (host, "dead", True),
            (host, "alive", False),
            (process, "absent", True),
            (process, "present", False),
            (rule, "present", True),
            (rule, "absent", False),
            (rule, "unknown", None),
        ):
            self.assertIs(in_effect, observation(witness, says, "").in_effect)


class LookTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        for module in (ssh_banner, tcp):
            self.useFixture(fixtures.MonkeyPatch(f"{module.__name__}.LOOK_SECONDS", 0.3))
        self.listener = socket.socket()
        self.addCleanup(self.listener.close)
        self.listener.bind(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.ssh = SshAccess("127.0.0.1", "root", "known_hosts", port=self.port)

    def says(self, witness, seconds=10):
        return witness.observe(Deadline.after(seconds)).says

    def fill(self):
        """Fill the queue of the listening socket: the kernel then drops who wants to connect."""
        self.listener.listen(0)
        for _ in range(4):
            filler = socket.socket()
            self.addCleanup(filler.close)
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self.port))

    def test_a_refusal_shows_a_kernel_that_lives_but_no_ssh_server(self):
        self.assertEqual("alive", self.says(TcpWitness("127.0.0.1", self.port)))
        self.assertEqual("unknown", self.says(SshBannerWitness(self.ssh)))

    def test_silence_is_death(self):
        self.fill()
        self.assertEqual("dead", self.says(TcpWitness("127.0.0.1", self.port)))
        self.assertEqual("dead", self.says(SshBannerWitness(self.ssh)))

    def test_silence_that_could_not_be_waited_for_is_unknown(self):
        self.fill()
        self.assertEqual("unknown", self.says(TcpWitness("127.0.0.1", self.port), 0))
        self.assertEqual("unknown", self.says(SshBannerWitness(self.ssh), 0))

    def test_a_server_that_takes_the_connection_and_does_not_greet_is_unknown(self):
        self.listener.listen()
        self.assertEqual("unknown", self.says(SshBannerWitness(self.ssh)))

    def test_a_name_that_does_not_resolve_is_unknown(self):
        nowhere = "host.invalid"
        access = SshAccess(nowhere, "root", "known_hosts")
        for witness in (SshBannerWitness(access), TcpWitness(nowhere), IcmpWitness(nowhere)):
            self.assertEqual("unknown", self.says(witness))

    def test_the_loopback_answers_pings(self):
        one = IcmpWitness("127.0.0.1").observe(Deadline.after(5))
        if one.says == "unknown":
            self.skipTest(one.detail)
        self.assertEqual("alive", one.says)


class GuardTest(testtools.TestCase):
    def host(self, address="192.0.2.1", disturb=True):
        return Host("compute1", SshAccess(address, "root", "known_hosts"), disturb=disturb)

    def test_a_host_that_is_not_on_the_allow_list_is_refused(self):
        (reason,) = Guard().of_inventory(self.host(disturb=False))
        self.assertIn("disturb: true", reason)

    def test_an_address_of_this_machine_is_refused(self):
        # The address this machine would speak from; connecting a UDP socket sends nothing.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect(("192.0.2.1", 9))
            except OSError:
                self.skipTest("this machine has no address but the loopback")
            own = probe.getsockname()[0]
        (reason,) = Guard().of_inventory(self.host(own))
        self.assertIn("kill its own runner", reason)
        self.assertEqual([], Guard().of_inventory(self.host()))

    def test_the_machine_of_the_runner_is_known_by_either_of_its_ids(self):
        guard = Guard(runner=Identity("boot", "machine"))
        self.assertEqual([], guard.of_identity(self.host(), Identity("other", "another")))
        for same in (Identity("boot", "another"), Identity("other", "machine")):
            self.assertEqual(1, len(guard.of_identity(self.host(), same)))

    def test_machines_without_ids_are_not_taken_for_one(self):
        guard = Guard(runner=Identity("boot", ""))
        self.assertEqual([], guard.of_identity(self.host(), Identity("other", "")))
