# SPDX-License-Identifier: Apache-2.0
"""The commands in processes of their own, against a machine that can be killed."""

import os
import subprocess
import sys
from pathlib import Path

import testtools

import chaos
from chaos.deadline import Deadline
from chaos.journal.reading import JournalReader
from chaos.tests.unit.host_fixture import HostFixture

# The command in a process of its own, with the tests' ways of looking at a machine.
PROGRAM = """
import sys
from chaos.faults import contract
from chaos.journal import state
from chaos.guard import Guard
from chaos.transport import Identity
from chaos.tests.unit import cli_app
from chaos.witnesses import icmp, ssh_banner, tcp
state.TEMPORARY = ()
icmp.LOOK_SECONDS = ssh_banner.LOOK_SECONDS = tcp.LOOK_SECONDS = 0.3
tcp.PORT = {port}
every = contract.for_host
contract.for_host = lambda host: tuple(
    tcp.TcpWitness(host.ssh.address, {port}) if one.name == "tcp" else one
    for one in every(host) if one.name != "icmp"
)
from chaos.cli import inject
inject.Guard = lambda: Guard(runner=Identity("another boot", "another machine"))
raise SystemExit(cli_app.main(sys.argv[1:], sys.stdout, sys.stderr))
"""


# So long is waited for what comes at once on a machine with nothing else to do.
PATIENCE = 90


class CommandCase(testtools.TestCase):
    """Tests with a machine; ``before`` is put before every command line, like unshare."""

    before: tuple[str, ...] = ()

    def setUp(self):
        super().setUp()
        self.machine = self.make_machine()
        self.boot_id_before = self.machine.boot_id()

    def make_machine(self):
        return self.useFixture(HostFixture())

    def start(self, *words):
        program = PROGRAM.format(port=self.machine.port)
        argv = [*self.before, sys.executable, "-W", "ignore", "-c", program]
        # The one command that looks at no run.
        words = words if "check" in words else (*words, "--state", "state")
        process = subprocess.Popen(
            [*argv, *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.machine.folder,
            env={**os.environ, "PYTHONPATH": str(Path(chaos.__file__).parents[1])},
        )  # fmt: skip
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def command(self, *words):
        process = self.start(*words)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def until(self, what, look):
        for _ in Deadline.after(PATIENCE).ticks(0.05):
            if look():
                return
        self.fail(f"{what}: not within {PATIENCE} s")

    def open_entries(self, folder=None):
        paths = (folder or self.machine.folder / "state").glob("*.jsonl")
        return [entry for path in paths for entry in JournalReader(path).open_entries()]

    def injected(self):
        return [one for one in self.open_entries() if one.last == "injected"]
