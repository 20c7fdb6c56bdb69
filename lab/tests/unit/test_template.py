# SPDX-License-Identifier: Apache-2.0
"""The database template is named by what it is made from, and is what the services declare."""

import dataclasses
import gzip
import tempfile
import unittest
from pathlib import Path

from lab import template
from lab.services import all as services

DECLARED = services.declared(())


class TemplateTest(unittest.TestCase):
    def test_its_name_changes_with_the_lock_and_with_each_declaration(self):
        first = template.key("nova==1", DECLARED)
        self.assertEqual(first, template.key("nova==1", DECLARED))
        self.assertNotEqual(first, template.key("nova==2", DECLARED))
        self.assertNotEqual(first, template.key("nova==1", DECLARED[1:]))
        for number, service in enumerate(DECLARED):
            bootstrap = dataclasses.replace(service.bootstrap, sql="SELECT 1;")
            changed = list(DECLARED)
            changed[number] = dataclasses.replace(service, bootstrap=bootstrap)
            self.assertNotEqual(first, template.key("nova==1", changed), service.name)

    def test_its_name_stays_whatever_the_order_in_which_services_are_found(self):
        self.assertEqual(
            template.key("nova==1", DECLARED), template.key("nova==1", reversed(DECLARED))
        )

    def test_one_that_is_there_is_not_built_again(self):
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / "template"
            made.write_bytes(gzip.compress(b"archive"))
            # The root file system does not even exist.
            self.assertEqual("", template.build(Path(folder) / "rootfs", made, DECLARED))
            self.assertEqual(b"archive", template.archive(made))


if __name__ == "__main__":
    unittest.main()
