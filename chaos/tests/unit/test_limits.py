# SPDX-License-Identifier: Apache-2.0
"""Every question ends within its limit, wherever the peer stalls and however slowly it goes on."""

import contextlib
import json
import socket
import threading
import time
import unittest
from pathlib import Path

import fixtures
import testtools

from chaos import errors
from chaos.deadline import Deadline
from chaos.inventory import BmcAccess, CommandAccess, SshAccess
from chaos.inventory.secret import Secret
from chaos.power.command import CommandPower
from chaos.power.redfish import RedfishPower
from chaos.tests.unit import cli_app
from chaos.tests.unit.host_fixture import IPMITOOL, NO_IPMITOOL, HostFixture, certificate
from chaos.tests.unit.simulated import stalling
from chaos.transport import HostShell, connecting
from chaos.witnesses.connect import Outcome, attempt
from chaos.witnesses.heartbeat import HeartbeatWitness
from chaos.witnesses.ssh_banner import SshBannerWitness

LIMIT = 1.0
# What is promised beside the limit; the peers go on for a minute.
BESIDE = 2.0


class LimitCase(testtools.TestCase):
    @contextlib.contextmanager
    def in_time(self, what, limit=LIMIT):
        began = time.monotonic()
        yield
        self.assertLess(time.monotonic() - began, limit + BESIDE, what)


class RedfishTest(LimitCase):
    def setUp(self):
        super().setUp()
        folder = Path(self.useFixture(fixtures.TempDir()).path)
        self.certificate = certificate(folder)

    def power(self, peer, tls=True):
        server = self.useFixture(stalling.Server(peer, self.certificate if tls else None))
        return RedfishPower(
            BmcAccess(
                "redfish", "127.0.0.1", "admin", Secret(command=("echo", "x")), port=server.port,
                verify=False,
            )
        )  # fmt: skip

    def test_wherever_the_answer_stalls(self):
        for name, peer in stalling.REDFISH.items():
            power = self.power(peer)
            with self.in_time(name):
                failed = self.assertRaises(
                    errors.PowerError, power.status, Deadline.after(LIMIT)
                )
            self.assertIn("answer in time", failed.found, name)

    def test_before_and_in_the_tls_handshake(self):
        for peer in (stalling.wait, lambda connection: stalling.trickle(connection, b"\x16\x03")):
            with self.in_time(peer):
                power = self.power(peer, tls=False)
                failed = self.assertRaises(
                    errors.PowerError, power.status, Deadline.after(LIMIT)
                )
            self.assertIn("Redfish at 127.0.0.1", failed.found)

    def test_between_the_requests_of_one_question(self):
        power = self.power(stalling.sends_one_answer_then_stalls())
        with self.in_time("the second request"):
            failed = self.assertRaises(errors.PowerError, power.status, Deadline.after(LIMIT))
        self.assertIn("/redfish/v1/Systems", failed.found)

    def test_one_request_has_a_limit_of_its_own(self):
        power = self.power(stalling.trickles_the_body)
        with (
            fixtures.MonkeyPatch("chaos.power.redfish_connection.REQUEST_SECONDS", LIMIT),
            self.in_time("the request"),
        ):
            self.assertRaises(errors.PowerError, power.status, Deadline.after(60))

    def test_a_password_that_is_printed_too_late(self):
        bmc = BmcAccess("redfish", "127.0.0.1", "admin", Secret(command=("sleep", "60")))
        with self.in_time("the password"):
            failed = self.assertRaises(
                errors.SecretError, RedfishPower(bmc).status, Deadline.after(LIMIT)
            )
        self.assertIn("command sleep gave no password", failed.found)


class PowerCommandTest(LimitCase):
    def test_a_command_that_trickles(self):
        argv = ("sh", "-c", "while :; do printf .; sleep 0.05; done")
        power = CommandPower(CommandAccess(argv, argv, argv))
        with self.in_time("command"):
            failed = self.assertRaises(errors.PowerError, power.status, Deadline.after(LIMIT))
        self.assertIn("did not end in time", failed.found)


class LoginTest(LimitCase):
    def setUp(self):
        super().setUp()
        self.machine = self.useFixture(HostFixture())

    def host(self, peer):
        server = self.useFixture(stalling.Server(peer))
        known = (self.machine.folder / "host_key.pub").read_text()
        lines = f"[127.0.0.1]:{server.port} {known}"
        (self.machine.folder / "known_hosts").write_text(lines)
        return self.machine.write(ssh={"port": server.port})

    def test_wherever_the_login_stalls_it_says_where(self):
        key = self.machine.folder / "host_key"
        for peer, step in (
            (stalling.wait, "greeting"),
            (stalling.trickles_the_greeting, "greeting"),
            (stalling.sends_lines_before_the_greeting, "greeting"),
            (stalling.greets_and_stalls, "key exchange"),
            (stalling.trickles_the_key_exchange, "key exchange"),
            (stalling.never_decides_on_the_login(key), "authentication"),
        ):
            with HostShell(self.host(peer)) as shell, self.in_time(step):
                failed = self.assertRaises(
                    errors.ShellUnreachable, shell.run, ["true"], Deadline.after(LIMIT)
                )
            self.assertRegex(failed.found, f"did not come to the end of (its|the) {step} in time")

    def test_a_login_has_a_limit_of_its_own_for_all_its_steps(self):
        self.useFixture(fixtures.MonkeyPatch("chaos.transport.shell.CONNECT_SECONDS", LIMIT))
        with HostShell(self.host(stalling.greets_and_stalls)) as shell, self.in_time("login"):
            self.assertRaises(errors.ShellUnreachable, shell.run, ["true"], Deadline.after(60))

    def test_the_witness_of_the_greeting(self):
        for peer in (stalling.wait, stalling.trickles_the_greeting):
            server = self.useFixture(stalling.Server(peer))
            access = SshAccess("127.0.0.1", "root", self.machine.folder, port=server.port)
            with self.in_time("greeting"):
                seen = SshBannerWitness(access).observe(Deadline.after(LIMIT))
            self.assertEqual("unknown", seen.says)


class CommandTest(LimitCase):
    """On a server that lets everybody in and runs commands for real."""

    def setUp(self):
        super().setUp()
        self.machine = self.useFixture(HostFixture())
        self.shell = HostShell(self.machine.host)
        self.addCleanup(self.shell.close)
        self.shell.run(["true"], Deadline.after(30))

    def test_in_the_middle_of_the_output(self):
        for script in (
            "echo begun; sleep 60",
            "while :; do printf .; sleep 0.05; done",
            "exec yes",
            "while :; do echo . >&2; sleep 0.05; done",
        ):
            # The host of the tests sends what a command has printed at its end.
            argv = ["stream", script]
            with self.in_time(script):
                self.assertRaises(
                    errors.DeadlineExpired, self.shell.run, argv, Deadline.after(LIMIT)
                )

    def test_input_that_nobody_takes(self):
        with self.in_time("input"):
            self.assertRaises(
                errors.DeadlineExpired, self.shell.run, ["stream", "sleep 60"],
                Deadline.after(LIMIT), input=b"x" * (64 << 20),
            )  # fmt: skip

    def test_a_heartbeat_that_never_comes_to_its_end(self):
        witness = HeartbeatWitness(self.machine.host)
        self.addCleanup(witness.close)
        self.assertEqual("alive", witness.observe(Deadline.after(30)).says)
        witness._channel = self.shell.stream(
            ["stream", "while :; do printf .; sleep 0.05; done"], Deadline.after(30)
        )
        with self.in_time("heartbeat", limit=2.0):
            self.assertEqual("dead", witness.observe(Deadline.after(30)).says)


class NameTest(LimitCase):
    def test_a_name_that_nobody_resolves(self):
        released = threading.Event()
        self.addCleanup(released.set)
        real = socket.getaddrinfo

        def never(address, *args, flags=0, **more):
            if flags:
                return real(address, *args, flags=flags, **more)
            released.wait(60)
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

        self.useFixture(fixtures.MonkeyPatch("socket.getaddrinfo", never))
        with self.in_time("name"):
            failed = self.assertRaises(
                socket.gaierror, connecting.connect, "bmc.example", 443, Deadline.after(LIMIT)
            )
        self.assertIn("bmc.example", str(failed))
        with self.in_time("witness"):
            tried = attempt("bmc.example", 22, LIMIT, Deadline.after(30))
        # A name that is not known says nothing of the host.
        self.assertIs(Outcome.UNABLE, tried.outcome)

    def test_several_addresses_share_one_limit(self):
        # Nobody may connect to any of them: their queues are full.
        silent = []
        for _ in range(3):
            listener = socket.create_server(("127.0.0.1", 0), backlog=0)
            self.addCleanup(listener.close)
            for _ in range(4):
                filler = socket.socket()
                filler.setblocking(False)
                filler.connect_ex(listener.getsockname())
                self.addCleanup(filler.close)
            silent.append((socket.AF_INET, socket.SOCK_STREAM, 6, "", listener.getsockname()))
        self.useFixture(
            fixtures.MonkeyPatch("chaos.transport.connecting.resolve", lambda *_args: silent)
        )
        with self.in_time("addresses"):
            self.assertRaises(
                TimeoutError, connecting.connect, "host", 22, Deadline.after(LIMIT)
            )


@unittest.skipUnless(IPMITOOL, NO_IPMITOOL)
class HostsCheckTest(LimitCase):
    def test_a_whole_table_of_such_hosts_is_there_in_time(self):
        machine = self.useFixture(HostFixture(driver="redfish"))
        paths = tuple(str(machine.folder / f"bmc.{end}") for end in ("crt", "key"))
        ssh = self.useFixture(stalling.Server(stalling.trickles_the_key_exchange))
        bmc = self.useFixture(stalling.Server(stalling.trickles_the_body, paths))
        machine.write(ssh={"port": ssh.port}, bmc={"port": bmc.port})
        words = ("hosts", "check", "--timeout", "2", "--json")
        # And the time that the command itself takes.
        with self.in_time("hosts check", limit=4.0):
            status, out, err = cli_app.run(machine.folder, *words)
        (row,) = json.loads(out)["hosts"]
        self.assertEqual((1, "failed", "failed"), (status, row["ssh"], row["bmc"]), err)
        self.assertIn("key exchange", row["problems"][0])
        self.assertIn("no rest of the answer in time", row["problems"][1])
