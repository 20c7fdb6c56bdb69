# SPDX-License-Identifier: Apache-2.0
"""Hosts of a lab without any of OpenStack on them, for tests. Needs root.

Builds the lab's root file system, if it is not there.
"""

import os
import shutil
import tempfile
import time
import unittest
from pathlib import Path
from types import ModuleType

from lab import rootfs
from lab.core import tools
from lab.core.cache import Cache
from lab.core.engine import CommandError
from lab.hosts.engine import LabEngine
from lab.model.choices import Choices
from lab.model.plan import make_plan
from lab.services import base, sshd

UNITS = ("lab-sshd.service",)
SECONDS = 60


@unittest.skipUnless(os.geteuid() == 0, "needs root")
class HostsCase(unittest.TestCase):
    """Tests of a class share a lab called `name`, with so many compute `hosts`."""

    name = "hosts-test"
    hosts = 1
    parts: tuple[ModuleType, ...] = (base, sshd)
    units: tuple[str, ...] = UNITS

    @classmethod
    def setUpClass(cls):
        root = rootfs.build(Cache(), Choices().lock_text, print)
        cls.folder = Path(tempfile.mkdtemp(prefix="hosts-test-", dir=Cache().folder))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        plan = make_plan(cls.name, Choices(hosts=cls.hosts), cls.folder / "secrets")
        cls.engine = LabEngine(plan, cls.folder)
        cls.addClassCleanup(cls.engine.stop)
        cls.engine.make(root)
        tools.write(root, cls.folder / "tools")
        for host in plan.hosts:
            cls.engine.prepare(host.name, [part.render(plan, host) for part in cls.parts])
            cls.engine.power_on(host.name)
        for host in plan.hosts:
            cls.engine.wait_for_units(host.name, cls.units, SECONDS)

    def shell(self, text, host="compute1"):
        return self.engine.execute(host, ["sh", "-c", text]).strip()

    def boot_id(self, host="compute1"):
        return self.shell("cat /proc/sys/kernel/random/boot_id", host)

    def wait_until(self, what, look):
        end = time.monotonic() + SECONDS
        while not look():
            self.assertLess(time.monotonic(), end, f"not within {SECONDS} s: {what}")
            time.sleep(0.05)

    def booted_after(self, boot_id, host="compute1"):
        def look():
            try:
                return self.boot_id(host) != boot_id
            except CommandError:
                return False

        self.wait_until("a new boot id", look)
        self.engine.wait_for_units(host, self.units, SECONDS)
