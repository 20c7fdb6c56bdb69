# SPDX-License-Identifier: Apache-2.0
"""A BMC for tests, with a host that is one process, and ipmitool to speak to it."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import fixtures
import testtools

from lab.model.authority import Authority

IPMITOOL = shutil.which("ipmitool")
USER, PASSWORD = "admin", "0123456789abcdef0123"
NAME, GUID = "compute1", "1b3f54a0-6c7a-4e0c-9a56-3d2c5a4f7b11"

# The host is this process; its ID stands in a file.
ON = 'sleep 1000 & echo $! > "$0/pid"'
SLOW_ON = f"sleep 3; {ON}"
OFF = 'kill -9 "$(cat "$0/pid")"; rm "$0/pid"; echo off >> "$0/log"'
STATUS = 'test -e "$0/pid" && echo RUNNING || echo STOPPED'


class Bmc(fixtures.Fixture):
    """A BMC process and its host, which is on.

    :param redfish: whether it speaks Redfish too.
    :param changes: other commands of its switch.
    """

    def __init__(self, redfish=False, **changes):
        self.redfish = redfish
        self.changes = changes

    def _setUp(self):
        self.folder = Path(self.useFixture(fixtures.TempDir()).path)
        for name, text in (
            ("credentials", json.dumps({"user": USER, "password": PASSWORD})),
            ("password", PASSWORD),
            ("wrong", "wrong"),
        ):
            self._file(name, text)
        data = {"address": "127.0.0.1", "port": 0, "credentials_file": "credentials"}
        data |= {"name": NAME, "uuid": GUID}
        if self.redfish:
            authority = Authority(self.folder, "test")
            issued = authority.issue(NAME, "127.0.0.1")
            self.authority = str(self._file("authority.crt", authority.certificate))
            self._file("certificate", issued.certificate)
            self._file("key", issued.key)
            data["redfish"] = {"port": 0, "certificate_file": "certificate", "key_file": "key"}
        scripts = {"power_on": ON, "power_off": OFF, "status": STATUS, **self.changes}
        data |= {name: ["sh", "-c", text, str(self.folder)] for name, text in scripts.items()}
        self.config = self._file("config.json", json.dumps(data))
        subprocess.run(["sh", "-c", ON, str(self.folder)], check=True)
        self.addCleanup(self._end_host)
        self.start_process()
        self.addCleanup(self._end)

    def _file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o600)
        return path

    def start_process(self):
        with (self.folder / "stderr").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "lab.bmc", "--config", str(self.config)],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.wait_for_port()

    def wait_for_port(self):
        self.port = self._port()
        if self.redfish:
            self.url = f"https://127.0.0.1:{self._port()}"

    def _port(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError((self.folder / "stderr").read_text())
        return int(line.split()[-1])

    def _end(self):
        self.process.terminate()
        self.status = self.process.wait(60)
        self.process.stdout.close()

    def _end_host(self):
        if self.alive():
            os.kill(self.pid(), signal.SIGKILL)

    def pid(self):
        return int((self.folder / "pid").read_text())

    def alive(self):
        return (self.folder / "pid").exists()

    def start(self, *command, password="password", more=("-C", "3")):
        argv = [IPMITOOL, "-I", "lanplus", "-H", "127.0.0.1", "-p", str(self.port), *more]
        argv += ["-U", USER, "-f", str(self.folder / password), *command]
        return subprocess.Popen(
            argv,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            stdin=subprocess.DEVNULL,
        )

    def ask(self, *command, **how):
        asked = self.start(*command, **how)
        return self.answer(asked)

    @staticmethod
    def answer(asked):
        """Return the exit status of what `start` started, and what it said."""
        said, _ = asked.communicate(timeout=120)
        # Of a machine that has no list of manufacturers.
        lines = [line for line in said.splitlines() if "IANA PEN registry" not in line]
        return asked.returncode, "\n".join(lines).strip()

    def power(self, word, **how):
        return self.ask("chassis", "power", word, **how)


class BmcTestCase(testtools.TestCase):
    """``self.bmc``, with Redfish, is shared by all tests of the class."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bmc = Bmc(redfish=True)
        cls.bmc.setUp()

    @classmethod
    def tearDownClass(cls):
        cls.bmc.cleanUp()
        super().tearDownClass()


def runs(pid):
    """Return whether a process runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
