# SPDX-License-Identifier: Apache-2.0
"""Defects are read without being run, and precede exactly the services they are for."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from lab.core.files import File, HostFiles
from lab.core.units import unit
from lab.lifecycle import patching
from lab.loading import changing, load, looking, patch, starting
from lab.loading.patch import PatchError
from lab.model.choices import Choices
from lab.model.plan import make_plan
from lab.services.all import render

WHOLE = '"""Breaks it."""\nSERVICES = ("nova-compute",)\ndef apply():\n    pass\n'


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def defect(self, source, name="some_defect"):
        path = self.folder / f"{name}.py"
        path.write_text(source)
        return patch.read(path)


class Reading(Folder):
    def test_a_whole_defect_says_what_it_breaks_and_where(self):
        found = self.defect(WHOLE + 'HOSTS = ("compute1",)\nJUDGES = ("port_bound",)\n')
        self.assertEqual(("Breaks it.", ("nova-compute",)), (found.summary, found.services))
        self.assertEqual((("compute1",), ("port_bound",)), (found.hosts, found.judges))

    def test_what_a_defect_lacks_is_named(self):
        for source, lacking in (
            (WHOLE.replace('"""Breaks it."""', ""), "docstring"),
            (WHOLE.replace("SERVICES", "OTHER"), "SERVICES"),
            (WHOLE.replace("apply", "other"), "apply"),
            (WHOLE.replace('("nova-compute",)', '"nova-compute"'), "another way"),
            (WHOLE + "HOSTS = some()\n", "HOSTS in another way"),
            ("def", "cannot be read"),
        ):
            with self.assertRaisesRegex(PatchError, lacking):
                self.defect(source)

    def test_two_defects_of_one_name_are_refused(self):
        (self.folder / "other").mkdir()
        self.defect(WHOLE)
        (self.folder / "other" / "some_defect.py").write_text(WHOLE + "# other\n")
        paths = [
            str(self.folder / "some_defect.py"), str(self.folder / "other" / "some_defect.py")
        ]  # fmt: skip
        with self.assertRaisesRegex(PatchError, "called some_defect"):
            patching.named(paths)
        self.assertEqual(1, len(patching.named([paths[0], paths[0]])))

    def test_a_ready_made_defect_is_named_by_its_name_alone(self):
        (found,) = patching.named(["server_renamed"])
        self.assertEqual("server_renamed", found.name)
        with self.assertRaisesRegex(PatchError, "no defect 'server'; name a file, or one of: ack"):
            patching.named(["server"])

    def test_how_a_defect_shows_has_defaults_and_is_checked(self):
        found = self.defect(WHOLE)
        self.assertEqual((("any",), (), False), (found.storages, found.scenarios, found.stops))
        found = self.defect(
            WHOLE + 'STORAGES = ("volume",)\nSCENARIOS = ("live_migrate_shared",)\nSTOPS = True\n'
        )
        self.assertEqual(("volume",), found.storages)
        self.assertEqual((("live_migrate_shared",), True), (found.scenarios, found.stops))
        for source, wrong in (
            ('STORAGES = ("disk",)\n', "STORAGES.*'disk'"),
            ('STOPS = "yes"\n', "STOPS"),
        ):
            with self.assertRaisesRegex(PatchError, wrong):
                self.defect(WHOLE + source)


class ReadyMade(unittest.TestCase):
    def test_defects_are_for_services_that_there_are_and_name_their_judges(self):
        patching.check(Choices(hosts=1), patching.ready_made())
        for defect in patching.ready_made():
            with self.subTest(defect.name):
                self.assertTrue(defect.judges)
                self.assertTrue(defect.summary.endswith("."))


class Refusing(Folder):
    def refused(self, source):
        with self.assertRaises(PatchError) as raised:
            patching.check(Choices(hosts=2), [self.defect(source)])
        return str(raised.exception)

    def test_a_host_that_the_lab_does_not_have_is_named_with_those_it_has(self):
        said = self.refused(WHOLE + 'HOSTS = ("compute3",)\n')
        self.assertIn("'compute3'", said)
        self.assertIn("control, compute1, compute2.", said)

    def test_a_service_that_there_is_not_is_named_with_those_there_are(self):
        said = self.refused(WHOLE.replace("nova-compute", "nova-computer"))
        self.assertIn("'nova-computer'", said)
        for service in ("nova-compute", "neutron-api", "keystone", "cinder-volume"):
            self.assertIn(service, said)
        self.assertNotIn("libvirtd", said)

    def test_a_service_that_is_on_another_host_is_refused(self):
        said = self.refused(WHOLE + 'HOSTS = ("control",)\n')
        self.assertIn("on control", said)


class Starting(Folder):
    def setUp(self):
        super().setUp()
        self.plan = make_plan("test", Choices(hosts=2), self.folder / "secrets")

    def carried(self, host, *found):
        parts = render(self.plan, host)
        files = starting.render(host, parts, found)
        return {file.path: str(file.content) for file in files.files}

    def test_a_host_that_carries_nothing_is_as_published(self):
        self.assertEqual({}, self.carried(self.plan.control))

    def test_a_service_starts_with_the_defect_and_its_own_arguments(self):
        defect = self.defect(WHOLE)
        files = self.carried(self.plan.computes[0], defect)
        drop_in = files["/etc/systemd/system/nova-compute.service.d/patches.conf"]
        self.assertIn(f"load.py nova-compute {defect.path} -- /usr/local/lib/lab/in-p", drop_in)
        self.assertIn("--config-file /etc/nova/nova.conf", drop_in)
        self.assertEqual(WHOLE, files[defect.path])

    def test_another_host_stays_as_it_is(self):
        defect = self.defect(WHOLE + 'HOSTS = ("compute1",)\n')
        self.assertTrue(self.carried(self.plan.computes[0], defect))
        self.assertEqual({}, self.carried(self.plan.computes[1], defect))
        self.assertEqual({}, self.carried(self.plan.control, defect))

    def test_every_api_is_served_with_its_defect_and_its_own_options(self):
        for service in (
            *("keystone", "glance-api", "placement", "neutron-api", "cinder-api"),
            *("nova-api", "nova-metadata"),
        ):
            defect = self.defect(WHOLE.replace("nova-compute", service))
            files = self.carried(self.plan.control, defect)
            drop_in = files[f"/etc/systemd/system/{service}.service.d/patches.conf"]
            self.assertIn("--module=load:application", drop_in)
            self.assertRegex(drop_in, r'LAB_SERVED=\w+\.wsgi\.\w+"')
            self.assertIn(f'"LAB_PATCHES={defect.path}"', drop_in)
            self.assertIn("--need-app", drop_in)

    def test_what_is_no_program_of_the_cloud_s_own_cannot_be_changed(self):
        part = HostFiles((File("/etc/systemd/system/x.service", unit("Other", "/bin/x")),))
        self.assertEqual({}, starting.services([part]))


class Loading(Folder):
    """What runs inside a host, run here."""

    def test_what_was_applied_is_noted_with_process_and_content(self):
        defect = self.defect(WHOLE.replace("pass", "print('broken')"))
        path = str(self.folder / "some_defect.py")
        load.apply("nova-compute", [path], self.folder)
        said = json.loads((self.folder / "nova-compute").read_text())
        self.assertEqual((os.getpid(), ""), (said["pid"], said["failed"]))
        self.assertEqual([[path, defect.digest]], said["applied"])

    def test_one_that_raises_is_noted_with_the_last_line_of_its_traceback(self):
        self.defect(WHOLE.replace("pass", "raise ValueError('no such method')"))
        path = str(self.folder / "some_defect.py")
        with self.assertRaises(ValueError):
            load.apply("nova-compute", [path], self.folder)
        said = json.loads((self.folder / "nova-compute").read_text())
        self.assertEqual((path, "ValueError: no such method"), (said["failed"], said["why"]))

    def test_an_application_is_served_as_it_is_once_the_defect_is_applied(self):
        (self.folder / "served.py").write_text("word = 'whole'\ndef application(): return word\n")
        self.defect('"""x"""\nSERVICES = ("nova-api",)\ndef apply():\n    import served\n'
                    "    served.word = 'broken'\n")  # fmt: skip
        code = (
            "from pathlib import Path; from lab.loading import load\n"
            "note = load.note\n"
            "load.note = lambda record, *rest: note(Path(record.name), *rest)\n"
            "print(load.serve()())"
        )
        top = str(Path(load.__file__).parents[2])
        environment = {
            "PYTHONPATH": os.pathsep.join([top, str(self.folder)]),
            "LAB_SERVICE": "nova-api",
            "LAB_PATCHES": "some_defect.py",
        }
        # Only the part to be imported finds what is served: the module itself reads it then.
        code = "import os\n" + code.replace(
            "print(", "os.environ['LAB_SERVED'] = 'served'\nprint("
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, **environment},
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual("broken", done.stdout.strip(), done.stderr)


class Looking(unittest.TestCase):
    RECORD = json.dumps(
        {"pid": 7, "applied": [["/etc/lab/patches/defect/x.py", "abc"]], "failed": "", "why": ""}
    )

    def test_what_the_running_process_noted_is_loaded(self):
        service = looking.parse(f"nova-compute active 7 {self.RECORD}")
        self.assertEqual(("/etc/lab/patches/defect/x.py",), service.paths)
        self.assertTrue(service.noted)

    def test_what_an_earlier_process_noted_is_not(self):
        for line in (f"nova-compute active 8 {self.RECORD}", "nova-compute active 8 "):
            self.assertEqual((), looking.parse(line).paths)

    def test_why_it_could_not_be_applied_outlives_the_process(self):
        record = json.dumps({"pid": 7, "applied": [], "failed": "x.py", "why": "KeyError: 1"})
        service = looking.parse(f"nova-compute activating 0 {record}")
        self.assertEqual(("x.py", "KeyError: 1"), (service.failed, service.why))


class Parsing(unittest.TestCase):
    def test_a_failure_names_the_defect_the_service_and_where_to_look(self):
        service = looking.Service(
            "nova-api", failed="/etc/lab/patches/defect/x.py", why="KeyError"
        )
        said = changing._not_applied("control", service)
        self.assertIn("The defect x cannot be applied in nova-api on control: KeyError.", said)
        self.assertIn("lab logs nova-api --host control", said)
