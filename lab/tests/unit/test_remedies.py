# SPDX-License-Identifier: Apache-2.0
"""The remedies as files, and how the service they are for comes to load them."""

import ast
import tempfile
import unittest
from pathlib import Path

from lab import breaking, remedies
from lab.choices import Choices
from lab.parts import neutron
from lab.plan import make_plan


class Remedies(unittest.TestCase):
    def test_each_has_the_form_of_a_defect_and_says_what_it_is(self) -> None:
        self.assertTrue(remedies.names())
        for name in remedies.names():
            path = Path(remedies.__file__).with_name(f"{name}.py")
            self.assertTrue(breaking.read_defect(path).services, name)
            self.assertTrue(remedies.summary(name).endswith("."), name)

    def test_the_served_module_runs_with_the_remedy_and_without_it(self) -> None:
        text = remedies.served("some_remedy", "some.wsgi")
        ast.parse(text)
        self.assertIn("from some.wsgi import application", text)
        self.assertIn('find_spec("some_remedy")', text)

    def test_neutrons_api_is_served_with_its_remedy(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        plan = make_plan("test", Choices(hosts=2), Path(folder.name) / "secrets")
        files = {file.path: str(file.content) for file in neutron.render(plan, plan.control).files}
        unit = files[f"/etc/systemd/system/{neutron.UNIT}"]
        self.assertIn("--module=neutron_api_remedied:application", unit)
        self.assertIn(f'"PYTHONPATH={remedies.FOLDER}"', unit)
        for name in ("neutron_api_remedied", "port_up_after_live_migration"):
            self.assertIn(f"{remedies.FOLDER}/{name}.py", files)
