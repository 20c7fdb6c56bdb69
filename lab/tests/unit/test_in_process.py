# SPDX-License-Identifier: Apache-2.0
"""A service that reads guests' consoles itself outlives the guests."""

import signal
import subprocess
import sys
import unittest

# What nova-compute does: open the console's terminal, read, close; then the guest ends.
READ_A_CONSOLE = """\
import os, signal, sys
from lab.services.in_process import run
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # as a service has it; under nohup it is ignored
if "own" in sys.argv:
    kept = run.own_terminal()
guest, console = os.openpty()
os.close(os.open(os.ttyname(console), os.O_RDONLY))
os.close(console)
os.close(guest)
signal.sigtimedwait([signal.SIGUSR1], 0.3)
print("lives")
"""


def read_a_console(*arguments: str, leader: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", READ_A_CONSOLE, *arguments],
        start_new_session=leader,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


class ConsolesOfGuestsThatEnd(unittest.TestCase):
    def test_without_a_terminal_of_its_own_the_service_is_hung_up(self):
        self.assertEqual(read_a_console().returncode, -signal.SIGHUP)

    def test_with_a_terminal_of_its_own_it_goes_on(self):
        done = read_a_console("own")
        self.assertEqual((done.returncode, done.stdout), (0, "lives\n"), done.stderr)

    def test_who_leads_no_session_takes_none(self):
        done = read_a_console("own", leader=False)
        self.assertEqual((done.returncode, done.stdout), (0, "lives\n"), done.stderr)
