# SPDX-License-Identifier: Apache-2.0
"""Two labs that need the same thing build it once."""

import tempfile
import threading
import unittest
from pathlib import Path

from lab.core.cache import Cache


class BuildingTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def test_the_second_waits_for_the_first_and_finds_what_it_built(self):
        found = []

        def second():
            with Cache(self.folder).building("thing"):
                found.append((self.folder / "thing").exists())

        with Cache(self.folder).building("thing"):
            other = threading.Thread(target=second)
            other.start()
            with Cache(self.folder).building("another kind"):
                pass
            other.join(0.1)
            self.assertEqual([], found)
            (self.folder / "thing").touch()
        other.join(10)
        self.assertEqual([True], found)
