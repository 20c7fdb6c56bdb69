# SPDX-License-Identifier: Apache-2.0
"""Commands on a host, over a real SSH connection to a real shell."""

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

import fixtures
import paramiko
import testtools

from chaos import errors
from chaos.deadline import Deadline
from chaos.power import power_control
from chaos.tests.unit.host_fixture import HostFixture
from chaos.transport import HostShell, login


class ShellTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.machine = self.useFixture(HostFixture())
        self.shell = HostShell(self.machine.host)
        self.addCleanup(self.shell.close)

    def run_(self, *argv, seconds=20, **more):
        return self.shell.run(argv, Deadline.after(seconds), **more)

    def test_commands_and_their_ends(self):
        # One machine for all of these: its start is what takes the time.
        awkward = ["", "a b", "$HOME", "'", '"', "*", "; false", "`id`", "\\", "ä\n"]
        done = self.run_("printf", "%s|", *awkward)
        self.assertEqual("|".join(awkward) + "|", done.stdout)

        done = self.run_("sh", "-c", "echo out; echo err >&2; exit 7")
        self.assertEqual((7, "out\n", "err\n"), (done.exit_status, done.stdout, done.stderr))
        failed = self.assertRaises(
            errors.ShellError, self.shell.check, ["ls", "/absent"], Deadline.after(20)
        )
        self.assertIn("/absent", str(failed))

        self.assertEqual("given", self.run_("cat", input=b"given").stdout)
        many = self.run_("sh", "-c", "yes | head -c 3000000; yes | head -c 3000000 >&2")
        self.assertEqual((3000000, 3000000), (len(many.stdout), len(many.stderr)))

        killed = self.assertRaises(errors.ShellError, self.run_, "sh", "-c", "kill -9 $PPID")
        self.assertIn("signal", str(killed))

        started = time.monotonic()
        self.assertRaises(errors.DeadlineExpired, self.run_, "sleep", "30", seconds=0.3)
        self.assertLess(time.monotonic() - started, 10)

    def test_many_commands_share_one_login_and_a_lost_one_is_made_again(self):
        first = self.run_("true") and self.shell._client
        for number in range(20):
            self.assertEqual(f"{number}\n", self.run_("echo", str(number)).stdout)
        self.assertIs(first, self.shell._client)
        # What the kernel does when nothing has been acknowledged for too long.
        first.get_transport().sock.shutdown(socket.SHUT_RDWR)
        for _ in Deadline.after(10).ticks(0.01):
            if not first.get_transport().is_active():
                break
        self.assertEqual("again\n", self.run_("echo", "again").stdout)
        self.assertIsNot(first, self.shell._client)

    def test_a_connection_that_nobody_acknowledges_is_ended_by_the_kernel(self):
        self.run_("true")
        server = self.shell._client.get_transport().sock
        limit = server.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        self.assertEqual(login.SILENCE_SECONDS * 1000, limit)

    def test_those_who_come_at_once_share_one_login(self):
        at_once = threading.Barrier(4)

        def ask(number):
            at_once.wait(20)
            return self.run_("echo", str(number)).stdout

        with ThreadPoolExecutor(4) as pool:
            for _ in range(3):
                self.shell.close()
                self.assertEqual(["0\n", "1\n", "2\n", "3\n"], list(pool.map(ask, range(4))))

    def test_a_host_that_dies_ends_the_command_otherwise_than_one_that_fails(self):
        self.run_("true")
        argv = ["poweroff", "--force", "--force", "--no-sync"]
        self.assertRaises(errors.ConnectionLost, self.shell.run, argv, Deadline.after(20))
        self.assertRaises(errors.ShellUnreachable, self.run_, "true", seconds=0.5)

    def test_a_host_that_falls_silent_keeps_nobody_waiting(self):
        server = self.machine.pids[0]
        self.addCleanup(os.kill, server, signal.SIGCONT)
        opened = self.shell._open_channel

        def open_and_fall_silent(deadline):
            channel = opened(deadline)
            os.kill(server, signal.SIGSTOP)
            return channel

        self.useFixture(fixtures.MonkeyPatch("chaos.transport.shell.CONNECT_SECONDS", 3.0))
        for ask in (self.shell.run, self.shell.stream):
            for seconds, error in ((0.5, errors.DeadlineExpired), (60, errors.ConnectionLost)):
                os.kill(server, signal.SIGCONT)
                self.run_("true")
                self.shell._open_channel = open_and_fall_silent
                started = time.monotonic()
                self.assertRaises(error, ask, ["true"], Deadline.after(seconds))
                self.assertLess(time.monotonic() - started, 30)
                self.shell._open_channel = opened

    def test_logins_that_are_refused(self):
        known = self.machine.folder / "known_hosts"
        good = known.read_text()
        other = paramiko.ECDSAKey.generate()
        known.write_text(good.rsplit(" ", 1)[0] + f" {other.get_base64()}\n")
        refused = self.assertRaises(errors.HostKeyRefused, self.run_, "true")
        self.assertIn("another host key", str(refused))
        known.write_text("")
        refused = self.assertRaises(errors.HostKeyRefused, self.run_, "true")
        self.assertIn("ssh-keyscan", str(refused))
        known.write_text(good)
        other.write_private_key_file(str(self.machine.folder / "id_ecdsa"))
        refused = self.assertRaises(errors.ShellUnreachable, self.run_, "true")
        self.assertIn("refuses the login", str(refused))
        (self.machine.folder / "id_ecdsa").write_text("no key\n")
        refused = self.assertRaises(errors.ShellUnreachable, self.run_, "true")
        self.assertIn("without a passphrase", str(refused))


class LoginTest(testtools.TestCase):
    """Ways to log in that are not a root's key on the usual address."""

    def says(self, host, *argv):
        with HostShell(host) as shell:
            return shell.run(argv, Deadline.after(20)).stdout.strip()

    def refusal(self, host, *argv):
        with HostShell(host) as shell:
            return self.assertRaises(errors.ShellError, shell.run, argv, Deadline.after(20))

    def test_an_address_of_ipv6(self):
        machine = self.useFixture(HostFixture(address="::1"))
        self.assertEqual("there", self.says(machine.host, "echo", "there"))
        (machine.folder / "known_hosts").write_text("")
        refused = self.refusal(machine.host, "true")
        self.assertIsInstance(refused, errors.HostKeyRefused)
        self.assertIn(f"root@[::1]:{machine.port}", refused.found)

    @unittest.skipUnless(shutil.which("ssh-agent"), "the program ssh-agent is not installed here")
    def test_a_key_that_an_agent_holds(self):
        machine = self.useFixture(HostFixture())
        host = machine.write(ssh={"key_file": None})
        for variable in ("SSH_AUTH_SOCK", "SSH_AGENT_PID"):
            self.useFixture(fixtures.EnvironmentVariable(variable))
        refused = self.refusal(host, "true")
        self.assertIn("no SSH agent answers, or it holds no key", refused.found)
        self.assertIn("set key_file", refused.remedy)
        place = str(machine.folder / "agent")
        agent = subprocess.Popen(["ssh-agent", "-D", "-a", place], stdout=subprocess.DEVNULL)
        self.addCleanup(agent.wait)
        self.addCleanup(agent.kill)
        for _ in Deadline.after(10).ticks(0.02):
            if os.path.exists(place):
                break
        self.useFixture(fixtures.EnvironmentVariable("SSH_AUTH_SOCK", place))
        self.assertIn("no SSH agent answers, or it holds no key", self.refusal(host, "true").found)
        key = str(machine.folder / "id_ecdsa")
        subprocess.run(["ssh-add", "-q", key], check=True, stdin=subprocess.DEVNULL)
        self.assertEqual("there", self.says(host, "echo", "there"))

    def test_a_login_that_may_not_use_sudo_is_another_error_than_a_command_that_fails(self):
        machine = self.useFixture(HostFixture())
        host = machine.write(ssh={"sudo": True})
        tools = machine.folder / "tools"
        tools.mkdir()
        own = (str(tools / "sudo"), "-n")
        self.useFixture(fixtures.MonkeyPatch("chaos.transport.shell.SUDO", own))
        # The words of sudo 1.9; on the lab the real one says them.
        for said, status, refused in (
            ("sudo: a password is required", 1, True),
            ("Sorry, user stack is not allowed to execute '/usr/bin/id' as root.", 1, True),
            ("sudo: no-such-command: command not found", 1, False),
        ):
            (tools / "sudo").write_text(f'#!/bin/sh\necho "{said}" >&2\nexit {status}\n')
            (tools / "sudo").chmod(0o700)
            if refused:
                error = self.refusal(host, "id", "-u")
                self.assertIn(f"may not use sudo: {said}", error.found)
                self.assertIn("NOPASSWD", error.remedy)
            else:
                self.assertEqual("", self.says(host, "no-such-command"))

    def test_a_login_that_is_not_root_cannot_end_the_host(self):
        machine = self.useFixture(HostFixture(uid="1000"))
        power = power_control(machine.host, "ssh")
        failed = self.assertRaises(errors.PowerUnsupported, power.off, Deadline.after(20))
        self.assertIn("does not act as root", failed.found)
        self.assertIn("ssh.sudo to true", failed.remedy)
        self.assertFalse(machine.first_is_dead())
