# SPDX-License-Identifier: Apache-2.0
"""Defects are loaded into and unloaded from real hosts, with small services in the cloud's place.

One service is served by uWSGI, one has a command of its own; the loader, systemd, disks and power
are the lab's. Needs root and the lab's root file system (built, if it is not there).
``python -m unittest lab.tests.functional.test_patches``
"""

import os
import shutil
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

from lab import rootfs
from lab.core.cache import Cache
from lab.core.files import File, HostFiles
from lab.core.units import unit
from lab.hosts.engine import LabEngine
from lab.loading import changing, looking, starting
from lab.loading.patch import Patch, read
from lab.model.choices import Choices
from lab.model.plan import make_plan
from lab.services import base, sshd

HOST = "compute1"
SECONDS = 60
NAMES = ("served", "sleeper")
KEEPER = Patch(
    "keeper", "remedy", "A unit.", "", unit="lab-keeper.service", role="compute",
    script="#!/bin/sh\nexec sleep infinity\n",
)  # fmt: skip

_APPLICATION = """\
word = "whole"

def application(environ, start_response):
    start_response("200 OK", [])
    return [word.encode()]
"""
_SLEEPER = (
    "import time\nword = 'whole'\ndef main():\n    print(word, flush=True)\n    time.sleep(9e6)\n"
)
_STARTER = """\
#!/opt/openstack/bin/python
import importlib.metadata
(entry,) = importlib.metadata.entry_points(group="console_scripts", name="sleeper")
entry.load()()
"""
_DEFECT = '''"""Changes a word."""
SERVICES = ("served", "sleeper")
def apply():
    import sys
    for name in SERVICES:
        if name in sys.modules:
            sys.modules[name].word = "broken"
'''


def small(plan, host):
    """Render two services that stand for the cloud's."""
    uwsgi = (
        "/opt/openstack/bin/uwsgi --http-socket=127.0.0.1:8000 --module=served:application"
        " --enable-threads --need-app --die-on-term --disable-logging"
    )
    starter = "/usr/local/lib/lab/in-process/sleeper"
    environment = {"PYTHONPATH": "/srv"}
    commands = {
        "served": f"{uwsgi} --pythonpath=/srv",
        "sleeper": starter,
    }
    units = {name: unit(name, commands[name], environment=environment) for name in commands}
    info = "/srv/sleeper-1.dist-info"
    return HostFiles(
        files=(
            File("/srv/served.py", _APPLICATION),
            File("/srv/sleeper.py", _SLEEPER),
            File(f"{info}/METADATA", "Metadata-Version: 2.1\nName: sleeper\nVersion: 1\n"),
            File(f"{info}/entry_points.txt", "[console_scripts]\nsleeper = sleeper:main\n"),
            File(starter, _STARTER, mode=0o755),
            *(File(f"{starting.UNITS}/{name}.service", text) for name, text in units.items()),
        ),
        units=tuple(f"{name}.service" for name in units),
    )


@unittest.skipUnless(os.geteuid() == 0, "needs root")
class PatchesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        def parts(plan, host):
            return [part(plan, host) for part in (base.render, sshd.render, small)]

        cls.enterClassContext(mock.patch.object(changing, "render", parts))
        root = rootfs.build(Cache(), Choices().lock_text, print)
        cls.folder = Path(tempfile.mkdtemp(prefix="patches-test-", dir=Cache().folder))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        plan = make_plan("patches-test", Choices(hosts=1), cls.folder / "secrets")
        cls.engine = LabEngine(plan, cls.folder)
        cls.addClassCleanup(cls.engine.stop)
        cls.engine.make(root)
        for host in plan.hosts:
            cls.engine.prepare(host.name, parts(plan, host))
        for host in plan.hosts:
            cls.engine.power_on(host.name)

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.files = Path(folder.name)
        self.said = []
        self.access = changing.Access(self.engine, self.folder, self.said.append)
        self.engine.power_on(HOST)
        self.bring()

    def defect(self, source=_DEFECT, name="word"):
        path = self.files / f"{name}.py"
        path.write_text(source)
        return read(path)

    def bring(self, *patches):
        changing.bring(self.access, patches, [KEEPER])
        self.engine.wait_for_units(HOST, [f"{name}.service" for name in NAMES], SECONDS)

    def loaded(self, host=HOST):
        services = looking.services(self.engine, host, NAMES)
        return {name: [Path(path).stem for path in services[name].paths] for name in NAMES}

    def word(self):
        """Ask the service that uWSGI serves."""
        end = time.monotonic() + SECONDS
        script = (
            "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8000').read().decode())"
        )
        while True:
            try:
                command = ["/opt/openstack/bin/python", "-c", script]
                return self.engine.execute(HOST, command).strip()
            except Exception:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def wait_until_loaded(self, expected):
        end = time.monotonic() + SECONDS
        while self.loaded() != expected:
            self.assertLess(time.monotonic(), end, self.loaded())
            time.sleep(0.1)

    def test_both_kinds_of_service_start_anew_with_it_and_again_without(self):
        self.bring(self.defect())
        self.assertEqual({name: ["word"] for name in NAMES}, self.loaded())
        self.assertEqual("broken", self.word())
        journal = self.engine.execute(HOST, ["journalctl", "-u", "sleeper", "-n", "5"])
        self.assertIn("broken", journal)
        self.bring()
        self.assertEqual({name: [] for name in NAMES}, self.loaded())
        self.assertEqual("whole", self.word())
        self.assertNotIn(starting.DROP_IN, looking.written(self.engine, HOST))

    def test_what_is_loaded_already_is_not_disturbed(self):
        self.bring(self.defect())
        self.said.clear()
        self.bring(self.defect())
        self.assertEqual([], self.said)

    def test_a_file_that_was_changed_is_loaded_anew(self):
        self.bring(self.defect())
        self.bring(self.defect(_DEFECT.replace("broken", "other")))
        self.assertEqual("other", self.word())

    def test_another_host_is_left_alone(self):
        self.bring(self.defect(_DEFECT + f'HOSTS = ("{HOST}",)\n'))
        self.assertEqual({name: [] for name in NAMES}, self.loaded("control"))
        self.assertEqual({name: ["word"] for name in NAMES}, self.loaded())

    def test_one_that_raises_is_told_and_taken_back(self):
        whole = self.defect()
        self.bring(whole)
        bad = self.defect(_DEFECT.replace("import sys", "raise KeyError('no method')"), "bad")
        with self.assertRaisesRegex(
            changing.NotAppliedError, "The defect bad cannot be applied .*: KeyError: 'no method'"
        ):
            changing.replace(self.access, [whole, bad], [whole], [KEEPER])
        self.assertEqual({name: ["word"] for name in NAMES}, self.loaded())
        self.assertEqual("broken", self.word())

    def test_what_had_not_come_to_applying_it_is_taken_back_too(self):
        slow = self.defect(_DEFECT.replace("import sys", "import sys, time; time.sleep(3)"))
        bad = self.defect(
            '"""Raises."""\nSERVICES = ("sleeper",)\nHOSTS = ("control",)\n'
            "def apply():\n    raise ValueError\n",
            "bad",
        )
        with self.assertRaises(changing.NotAppliedError):
            changing.replace(self.access, [bad, slow], [], [KEEPER])
        self.assertEqual({name: [] for name in NAMES}, self.loaded())
        self.assertEqual("whole", self.word())

    def test_a_host_that_is_off_has_it_at_its_next_boot_and_after_a_power_cut(self):
        self.engine.power_off(HOST)
        changing.bring(self.access, [self.defect(), KEEPER], [KEEPER])
        rendered = changing.rendered(self.engine.plan)
        states = {
            place.host: place.state
            for place in looking.look(self.engine, rendered, [self.defect()])
        }
        self.assertEqual({"control": "loaded", HOST: "at next boot"}, states)
        for _ in range(2):
            self.engine.power_on(HOST)
            self.wait_until_loaded({name: ["word"] for name in NAMES})
            self.engine.wait_for_units(HOST, [KEEPER.unit], SECONDS)
            self.engine.power_off(HOST)
        self.engine.power_on(HOST)

    def test_a_power_cut_right_after_does_not_undo_it(self):
        self.bring(self.defect(), KEEPER)
        self.engine.power_off(HOST)
        self.engine.power_on(HOST)
        self.wait_until_loaded({name: ["word"] for name in NAMES})
        self.engine.wait_for_units(HOST, [KEEPER.unit], SECONDS)

    def test_a_host_that_is_off_loses_it_too(self):
        self.bring(self.defect(), KEEPER)
        self.engine.power_off(HOST)
        changing.bring(self.access, [], [KEEPER])
        self.engine.power_on(HOST)
        self.assertEqual("whole", self.word())
        states = looking.units(self.engine, HOST, [KEEPER.unit])
        self.assertEqual({KEEPER.unit: "inactive"}, states)

    def test_a_remedy_that_is_a_unit_is_started_and_stopped(self):
        for wanted, state in (([KEEPER], "active"), ([], "inactive")):
            self.bring(*wanted)
            self.assertEqual({KEEPER.unit: state}, looking.units(self.engine, HOST, [KEEPER.unit]))


if __name__ == "__main__":
    unittest.main()
