# SPDX-License-Identifier: Apache-2.0
"""Services are found in their folder, and each declares itself in its own file."""

import importlib
import subprocess
import sys
import tempfile
import threading
import types
import unittest
from pathlib import Path
from unittest import mock

from lab.core.files import File, HostFiles
from lab.lifecycle import filling
from lab.model.choices import Choices
from lab.model.plan import make_plan
from lab.model.service import Bootstrap, Endpoint, Service
from lab.services import all as services
from lab.services import mariadb

NEW = Service("added", ("added_db",), Bootstrap(), endpoint=Endpoint("new", 9999))


class FoundTest(unittest.TestCase):
    def plan(self, **choices):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return make_plan("lab", Choices(hosts=1, **choices), Path(folder.name) / "secrets")

    def test_every_file_of_the_folder_that_renders_is_part_of_the_lab(self):
        folder = Path(services.__file__).parent
        rendering = {
            path.stem if path.stem != "__init__" else path.parent.name
            for path in (*folder.glob("*.py"), *folder.glob("*/__init__.py"))
            if path.stem != "all" and "\ndef render(" in path.read_text()
        }
        found = {
            module.__name__.rpartition(".")[2]
            for module in services.MODULES
            if hasattr(module, "render")
        }
        self.assertEqual(rendering, found)
        self.assertLess({"nova", "keystone", "ceph", "sshd"}, found)

    def test_a_service_that_is_added_is_one_file(self):
        def render(plan, host):
            return HostFiles((File("/etc/added", "x"),), ("added.service",))

        added = types.SimpleNamespace(SERVICE=NEW, render=render, populate=lambda filling: {})
        plan = self.plan()
        with mock.patch.object(services, "MODULES", (*services.MODULES, added)):
            files = [file for part in services.render(plan, plan.control) for file in part.files]
            populations = services.populations(())
        self.assertIn("/etc/added", [file.path for file in files])
        (sql,) = [file.content for file in files if file.path == mariadb._INIT]
        self.assertIn("GRANT ALL ON added_db.* TO 'added'@'localhost';", sql)
        self.assertIn("local_user.name = 'added'", sql)
        self.assertIn("added", [each.name for each in populations])

    def test_no_two_want_the_same_file_on_a_host(self):
        plan = self.plan(extras=("masakari",))
        for host in plan.hosts:
            parts = services.render(plan, host)
            paths = [file.path for part in parts for file in part.files]
            self.assertEqual(len(set(paths)), len(paths), host.name)

    def test_the_ports_of_the_endpoints_are_those_the_services_listen_on(self):
        plan = self.plan(extras=("masakari",))
        parts = services.render(plan, plan.control)
        units = "\n".join(str(file.content) for part in parts for file in part.files)
        for service in services.declared(("masakari",)):
            if service.endpoint and service.name != "masakari":
                self.assertIn(f"--http-socket={plan.control.mgmt}:{service.endpoint.port} ", units)

    def test_an_extra_service_is_there_only_where_it_was_chosen(self):
        self.assertNotIn("masakari", [service.name for service in services.declared(())])
        self.assertIn("masakari", [service.name for service in services.declared(("masakari",))])
        self.assertNotIn("masakari", [each.name for each in services.populations(())])

    def test_databases_belong_to_one_service_each(self):
        declared = services.declared(("masakari",))
        names = [name for service in declared for name in service.databases]
        self.assertEqual(len(set(names)), len(names))


class PopulationTest(unittest.TestCase):
    def test_a_service_fills_in_its_own_after_those_it_needs(self):
        order, begun = [], threading.Event()

        def first(_filling):
            begun.wait(5)
            order.append("first")
            return {"one": 1}

        def second(_filling):
            order.append("second")
            return {"two": 2}

        def beside(_filling):
            begun.set()
            return {}

        found = [
            services.Population("first", first, ()),
            services.Population("second", second, ("first",)),
            services.Population("beside", beside, ()),
        ]
        self.assertEqual({"one": 1, "two": 2}, filling.fill(mock.Mock(), found))
        self.assertEqual(["first", "second"], order)

    def test_each_comes_after_those_that_it_names(self):
        names = [each.name for each in services.populations(("masakari",))]
        self.assertLess(names.index("nova"), names.index("masakari"))


class ImportTest(unittest.TestCase):
    def test_the_commands_do_not_load_the_clients_of_the_cloud(self):
        """Loading them takes a second and a half; who needs them is a process of its own."""
        code = "import sys, lab.cli.up, lab.cli.status; print('openstack' in sys.modules)"
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        self.assertEqual("False", done.stdout.strip(), done.stderr)

    def test_the_modules_that_are_run_by_name_are_there(self):
        from lab.lifecycle import making, resetting

        for name in (making._FILLING, resetting._CLEARING):
            self.assertTrue(callable(importlib.import_module(name).main), name)


if __name__ == "__main__":
    unittest.main()
