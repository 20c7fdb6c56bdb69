# SPDX-License-Identifier: Apache-2.0
"""A whole run, and nobody learns a password from it: not from what it writes, says, or starts.

The commands run for real, against a real BMC; while they do, the argument list and the environment
of every process that they start are read, again and again. Then everything they wrote is searched.
"""

import base64
import contextlib
import os
import threading
import unittest
from pathlib import Path

from chaos.tests.unit.cli_process import CommandCase
from chaos.tests.unit.host_fixture import IPMITOOL, NO_IPMITOOL, HostFixture

VARIABLE = "BMC_PASSWORD_OF_COMPUTE1"
PAUSE = 0.002


def forms(secret):
    """A secret as it is, and as it would look in JSON, in Python's words, in a header."""
    basic = base64.b64encode(f"admin:{secret}".encode()).decode()
    return {secret, secret.replace('"', '\\"'), repr(secret)[1:-1], basic}


class Watch:
    """Reads what can be seen of a process's descendants; a context in which it does so.

    :ivar seen: all their argument lists and environments, as bytes
    """

    def __init__(self, pid):
        self.seen = set()
        self._pid = pid
        self._known = {pid}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        if not self._thread.is_alive():
            raise AssertionError("the watch has ended before what it was to see")
        self._over.set()
        self._thread.join()

    def _look(self):
        while not self._over.wait(PAUSE):
            for pid in tuple(self._known):
                # What has ended meanwhile has no children any more.
                with contextlib.suppress(OSError):
                    for path in Path(f"/proc/{pid}/task").glob("*/children"):
                        self._known |= {int(word) for word in path.read_text().split()}
                argv = _read(pid, "cmdline")
                # A child is its parent's image until it has become a program of its own.
                if pid != self._pid and argv not in (b"", _read(self._pid, "cmdline")):
                    self.seen.add(argv + b"\0" + _read(pid, "environ"))


def _read(pid, name):
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


@unittest.skipUnless(IPMITOOL, NO_IPMITOOL)
class SecretsTest(CommandCase):
    sources = ("env", "command")
    protocol = "ipmi"
    programs = ("chaos.keeper", "ipmitool\0-v")

    def make_machine(self):
        return self.useFixture(HostFixture(driver=self.protocol))

    def source(self, kind, text):
        """Put a password where a source of that kind has it; return the source."""
        self.environment = {}
        if kind == "file":
            (self.machine.folder / "secret").write_text(f"{text}\n")
            (self.machine.folder / "secret").chmod(0o600)
            return {"file": "secret"}
        if kind == "env":
            self.environment = {VARIABLE: text}
            os.environ[VARIABLE] = text
            self.addCleanup(os.environ.pop, VARIABLE, None)
            return {"env": VARIABLE}
        keeper = self.machine.folder / "password-manager"
        (self.machine.folder / "vault").write_text(f"{text}\n")
        keeper.write_text(f"#!/bin/sh\nsleep 0.05; cat {self.machine.folder}/vault\n")
        keeper.chmod(0o700)
        return {"command": [str(keeper)]}

    def watched(self, *words):
        """Run a command under a watch; return its status and all that was said and seen."""
        process = self.start("-vv", "--debug", "--log-file", "log", *words)
        with Watch(process.pid) as watch:
            out, err = process.communicate(timeout=90)
        seen = b"\n".join(watch.seen)
        return process.returncode, (out + err).encode() + seen

    def written(self):
        """Everything in the machine's folder but the places the passwords are kept in."""
        kept = {"secret", "vault", "bmc.password", "bmc.key", "host_key", "id_ecdsa"}
        return b"\n".join(
            path.read_bytes()
            for path in sorted(self.machine.folder.rglob("*"))
            if path.is_file() and path.name not in kept
        )

    def require_secret(self, text, seen):
        for form in forms(text):
            at = seen.find(form.encode())
            self.assertEqual(-1, at, f"{seen[max(0, at - 300) : at]!r}...")

    def test_neither_when_it_goes_well_nor_when_it_does_not_is_a_password_shown(self):
        key = (self.machine.folder / "id_ecdsa").read_text().splitlines()[1]
        for kind in self.sources:
            password = self.machine.password
            source = self.source(kind, password)
            self.machine.write(bmc={"password": source})
            words = ("inject", "power_off", "compute1", "--for", "0.1s", "--json")
            status, seen = self.watched(*words)
            self.assertEqual(0, status, seen[-2000:])
            # The watch saw what it is there for.
            for program in (*self.programs, *(["password-manager"] if kind == "command" else [])):
                self.assertIn(program.encode(), seen)
            wrong = 'wrong "one" of ' + kind
            self.source(kind, wrong)
            status, said = self.watched("inject", "power_off", "compute1", "--json")
            self.assertEqual(1, status, said[-2000:])
            seen += said
            self.machine.write(bmc={"password": source, "port": 1})
            status, said = self.watched("hosts", "check", "--timeout", "2")
            self.assertEqual(1, status, said[-2000:])
            seen += said + self.written()
            for text in (password, wrong, key):
                self.require_secret(text, seen)


class RedfishSecretsTest(SecretsTest):
    sources = ("file",)
    protocol = "redfish"
    programs = ("chaos.keeper",)
