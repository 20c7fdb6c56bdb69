# SPDX-License-Identifier: Apache-2.0
"""Defects are read without being run, and precede exactly the services they are for."""

import tempfile
import unittest
from pathlib import Path

from lab import breaking
from lab.render import File, HostFiles, unit

WHOLE = '"""Breaks it."""\nSERVICES = ("nova-compute",)\ndef apply():\n    pass\n'


class DefectTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = Path(folder.name) / "defect.py"

    def defect(self, source):
        self.file.write_text(source)
        return breaking.read_defect(self.file)

    def test_a_whole_defect_says_what_it_breaks_and_where(self):
        found = self.defect(WHOLE)
        self.assertEqual(("Breaks it.", ("nova-compute",)), (found.summary, found.services))

    def test_what_a_defect_lacks_is_named(self):
        for source, lacking in (
            (WHOLE.replace('"""Breaks it."""', ""), "docstring"),
            (WHOLE.replace("SERVICES", "OTHER"), "SERVICES"),
            (WHOLE.replace("apply", "other"), "apply"),
            ("def", "cannot be read"),
        ):
            with self.assertRaisesRegex(breaking.DefectError, lacking):
                self.defect(source)

    def test_the_shipped_defects_are_whole(self):
        for path in Path(breaking.__file__).with_name("defects").glob("[!_l]*.py"):
            with self.subTest(path.name):
                self.assertTrue(breaking.read_defect(path).services)

    def test_the_service_starts_with_the_defect_and_its_own_arguments(self):
        text = unit("Nova", "/opt/openstack/bin/nova-compute --config-file /etc/nova/nova.conf")
        part = HostFiles((File("/etc/systemd/system/nova-compute.service", text),))
        files = breaking.break_parts([part], [self.defect(WHOLE)]).files
        drop_in = next(file.content for file in files if file.path.endswith("defects.conf"))
        self.assertIn("/etc/lab/defects/defect.py -- /opt/openstack/bin/nova-compute", drop_in)
        self.assertIn("--config-file /etc/nova/nova.conf", drop_in)

    def test_a_host_without_the_service_stays_as_it_is(self):
        part = HostFiles((File("/etc/systemd/system/other.service", unit("Other", "/bin/x")),))
        self.assertEqual((), breaking.break_parts([part], [self.defect(WHOLE)]).files)
