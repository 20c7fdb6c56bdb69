# SPDX-License-Identifier: Apache-2.0
"""The database template is named by what it is made from, and its catalogue fits the services."""

import gzip
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from lab import template
from lab.services import cinder, glance, neutron, placement
from lab.services.nova import control as nova_control


class TemplateTest(unittest.TestCase):
    def test_its_name_changes_with_the_lock_and_with_the_catalogue(self):
        first = template.key("nova==1")
        self.assertEqual(first, template.key("nova==1"))
        self.assertNotEqual(first, template.key("nova==2"))
        with mock.patch.object(template, "SERVICES", ()):
            self.assertNotEqual(first, template.key("nova==1"))

    def test_the_catalogue_names_the_ports_the_services_listen_on(self):
        ports = {name: int(url.split(":")[2].split("/")[0]) for name, _, url in template.SERVICES}
        expected = {
            "glance": glance.PORT,
            "placement": placement.PORT,
            "nova": nova_control.PORT,
            "neutron": neutron.PORT,
            "cinder": cinder.PORT,
        }
        self.assertEqual(expected, ports)

    def test_one_that_is_there_is_not_built_again(self):
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / "template"
            made.write_bytes(gzip.compress(b"archive"))
            # The root file system does not even exist.
            self.assertEqual("", template.build(Path(folder) / "rootfs", made))
            self.assertEqual(b"archive", template.archive(made))


if __name__ == "__main__":
    unittest.main()
