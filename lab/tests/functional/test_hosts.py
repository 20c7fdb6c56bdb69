# SPDX-License-Identifier: Apache-2.0
"""The lab's hosts behave like machines: they boot, lose their power, and leave nothing behind.

Needs root and the lab's root file system (built, if it is not there); runs hosts without any of
OpenStack on them. ``python -m unittest lab.tests.functional.test_hosts``
"""

import json
import os
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from lab import rootfs
from lab.core import cgroups
from lab.core.cache import Cache
from lab.core.engine import RUNNER, CommandError
from lab.hosts.engine import LabEngine
from lab.model.choices import Choices
from lab.model.plan import BMC_USER, make_plan
from lab.services import base, sshd
from lab.tests.functional.hosts import SECONDS, HostsCase

NAME = "hosts-test"
HOST = "compute1"


def loops(folder):
    """Return the loop devices whose files lie in `folder`."""
    found = []
    for path in Path("/sys/block").glob("loop*/loop/backing_file"):
        try:
            found += [path] if str(folder) in path.read_text() else []
        except OSError:  # just released
            continue
    return found


def processes(folder):
    """Return the processes that were started with the lab's folder in their command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = path.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if str(folder) in text and int(path.parent.name) != os.getpid():
            found.append(text)
    return found


class HostsTest(HostsCase):
    name = NAME

    def ipmi(self, *words):
        password = self.folder / "password"
        password.write_text(self.engine.plan.bmc_password(self.engine.plan.host(HOST)))
        command = [
            *(str(self.folder / "tools" / "ipmitool"), "-I", "lanplus", "-C", "3"),
            *("-H", self.engine.plan.host(HOST).bmc, "-U", BMC_USER, "-f", str(password)),
            *("chassis", "power", *words),
        ]
        return self.engine.execute(RUNNER, command).strip()

    def test_a_host_is_itself_and_not_its_neighbour(self):
        for what in ("hostname", "cat /etc/machine-id", "cat /proc/sys/kernel/random/boot_id"):
            self.assertNotEqual(self.shell(what), self.shell(what, "control"), what)

    def test_a_host_may_not_touch_what_it_shares_with_the_machine(self):
        with self.assertRaisesRegex(CommandError, "not permitted"):
            self.shell("date -s 2001-01-01")

    def lose_power(self, how):
        before = self.boot_id()
        self.shell(f"echo kept > /var/kept-{how}; sync /var/kept-{how}")
        self.shell(f"echo lost > /var/lost-{how}")
        if how == "cord":
            self.engine.power_off(HOST)
            self.assertFalse(self.engine.running(HOST))
        else:
            subprocess.run(
                self.engine.command(HOST, [how, "-f", "-f", "--no-sync"]),
                check=False, capture_output=True,
            )  # fmt: skip
        if how != "reboot":
            self.wait_until("the host is off", lambda: not self.engine.running(HOST))
            self.engine.power_on(HOST)
        self.booted_after(before)
        self.assertEqual(f"/var/kept-{how}", self.shell(f"ls -d /var/*-{how}"))

    def test_a_pulled_cord_loses_what_was_not_synced_and_nothing_else(self):
        self.lose_power("cord")

    def test_a_host_that_powers_itself_off_at_once_loses_the_same(self):
        self.lose_power("poweroff")

    def test_a_host_that_reboots_at_once_loses_the_same_and_comes_back_by_itself(self):
        self.lose_power("reboot")

    def test_its_bmc_switches_it_off_and_on(self):
        before = self.boot_id()
        self.assertIn("is on", self.ipmi("status"))
        self.ipmi("off")
        self.wait_until("it reads off", lambda: "is off" in self.ipmi("status"))
        self.assertFalse(self.engine.running(HOST))
        self.ipmi("on")
        self.booted_after(before)
        self.assertIn("is on", self.ipmi("status"))

    def test_no_secret_stands_in_an_argument_list_or_a_log(self):
        secrets = [path.read_text() for path in (self.folder / "secrets").iterdir()]
        logs = [path.read_text(errors="replace") for path in (self.folder / "logs").iterdir()]
        for text in (*processes(self.folder), *logs, json.dumps(self.engine.command(HOST, []))):
            for secret in secrets:
                self.assertNotIn(secret.strip(), text)

    def test_the_journal_of_a_host_that_is_off_can_still_be_read(self):
        before = self.boot_id()
        self.engine.power_off(HOST)
        done = self.engine.outer.run(
            ["sh", "-c", f"ls /lab/hosts/{HOST}/upper/var/log/journal/*/*.journal"]
        )
        self.engine.power_on(HOST)
        self.booted_after(before)
        self.assertEqual(0, done.returncode, done.stderr)


@unittest.skipUnless(os.geteuid() == 0, "needs root")
class EndingTest(unittest.TestCase):
    def test_nothing_of_an_ended_lab_remains(self):
        root = rootfs.build(Cache(), Choices().lock_text, print)
        folder = Path(tempfile.mkdtemp(prefix="hosts-test-", dir=Cache().folder))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        plan = make_plan(f"{NAME}-end", Choices(hosts=1), folder / "secrets")
        engine = LabEngine(plan, folder)
        self.addCleanup(engine.stop)
        engine.make(root)
        for host in plan.hosts:
            engine.prepare(host.name, [part.render(plan, host) for part in (base, sshd)])
            engine.power_on(host.name)
        self.assertTrue(loops(folder) or loops("/lab/self"))
        self.assertTrue(processes(folder))
        engine.stop()
        self.assertEqual([], processes(folder))
        self.assertEqual([], cgroups.left(folder))
        self.assertNotIn(str(folder), Path("/proc/mounts").read_text())
        end = time.monotonic() + SECONDS
        while loops(folder):
            self.assertLess(time.monotonic(), end, "its loop devices are still there")
            time.sleep(0.05)
