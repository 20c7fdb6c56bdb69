# SPDX-License-Identifier: Apache-2.0
"""What others may use of this library is listed, is there, and is what the guide says."""

import importlib
import pkgutil
import re
import unittest
from pathlib import Path

import chaos
from chaos import faults

GUIDE = Path(__file__).resolve().parents[3] / "doc" / "source" / "user" / "chaos-for-others.rst"


class PublicNamesTest(unittest.TestCase):
    def test_each_is_there_and_listed_once(self):
        self.assertEqual(len(set(chaos.__all__)), len(chaos.__all__))
        for name in chaos.__all__:
            with self.subTest(name):
                self.assertIsNotNone(getattr(chaos, name))

    def test_every_fault_is_one_of_them(self):
        found = set()
        for module in pkgutil.iter_modules(faults.__path__, f"{faults.__name__}."):
            for name, one in vars(importlib.import_module(module.name)).items():
                if isinstance(one, type) and issubclass(one, chaos.Fault) and "kind" in vars(one):
                    found.add(name)
        self.assertTrue(found)
        self.assertEqual(set(), found - set(chaos.__all__))

    def test_no_other_can_be_had(self):
        with self.assertRaisesRegex(AttributeError, "no attribute 'Earthquake'"):
            _ = chaos.Earthquake


@unittest.skipUnless(GUIDE.exists(), "the documentation is not part of an installed package")
class GuideTest(unittest.TestCase):
    def test_lists_every_name_and_no_other(self):
        text = GUIDE.read_text(encoding="utf-8")
        table = text[text.index("The names\n") :]
        listed = re.findall(r"``(\w+)``", "".join(re.findall(r"^``.*?  ", table, re.M)))
        self.assertEqual(sorted(chaos.__all__), sorted(listed))


if __name__ == "__main__":
    unittest.main()
