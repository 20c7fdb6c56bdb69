# SPDX-License-Identifier: Apache-2.0
"""Commands on a host, over a real SSH connection to a real shell."""

import time

import paramiko
import testtools

from chaos import errors
from chaos.deadline import Deadline
from chaos.shell import HostShell
from chaos.tests.unit.machine import Machine


class ShellTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.machine = self.useFixture(Machine())
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

    def test_a_host_that_dies_ends_the_command_and_can_be_told_from_one_that_fails(self):
        self.run_("true")
        argv = ["poweroff", "--force", "--force", "--no-sync"]
        self.assertRaises(errors.ConnectionLost, self.shell.run, argv, Deadline.after(20))
        self.assertRaises(errors.ShellUnreachable, self.run_, "true", seconds=0.5)

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
