# SPDX-License-Identifier: Apache-2.0
"""The tests that the guide for other suites shows, run for real, in an environment without ours.

Their Python has what ``chaos/requirements.txt`` names and the package ``chaos``, nothing else: no
Tempest, no openstacksdk. The hosts are a lab's, without any of OpenStack on them. Needs root, uv
and the lab's root file system (built, if it is not there).
``python -m unittest lab.tests.functional.test_chaos_alone``
"""

import ast
import os
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

from lab.core.engine import RUNNER
from lab.outputs import products
from lab.tests.functional.hosts import HostsCase

TOP = Path(__file__).resolve().parents[3]
GUIDE = TOP / "doc" / "source" / "user" / "chaos-for-others.rst"
UV = Path(sys.executable).with_name("uv")
LINES = 15

FOREIGN = ("tempest", "openstack", "migration_tests", "lab", "stestr", "oslo_config")


def programs(text):
    """Return the programs that a page shows, by the name it gives to each."""
    block = re.compile(r"^\.\. code-block:: python\n   :caption: (\S+)\n((?:   .*\n|\n)+)", re.M)
    shown = block.findall(text)
    return {name: re.sub("^   ", "", code, flags=re.M).strip() + "\n" for name, code in shown}


@unittest.skipUnless(GUIDE.exists(), "the documentation is not part of an installed package")
class ChaosAloneTest(HostsCase):
    name = "chaos-alone-test"
    hosts = 2

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls.folder / "product"
        products.write_access(cls.engine.plan, cls.product)
        cls.shown = programs(GUIDE.read_text(encoding="utf-8"))
        for name, program in cls.shown.items():
            (cls.product / name).write_text(program, encoding="utf-8")
        cls.python = cls.environment(cls.folder / "alone")

    @classmethod
    def environment(cls, folder):
        """Make the environment; return its Python."""
        python = folder / "bin" / "python"
        cls.call(UV, "venv", "--quiet", "--no-project", "--python", sys.executable, folder)
        requirements = TOP / "chaos" / "requirements.txt"
        words = ("--constraint", TOP / "constraints.txt", "--requirement", requirements)
        cls.call(UV, "pip", "install", "--quiet", "--python", python, *words)
        (packages,) = folder.glob("lib/python*/site-packages")
        shutil.copytree(TOP / "chaos", packages / "chaos")
        return python

    @staticmethod
    def call(*words):
        done = subprocess.run(
            [str(word) for word in words], cwd="/", capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise AssertionError(done.stderr)

    def run_alone(self, *words):
        """Run a Python of that environment beside the hosts file, in the lab's network."""
        kept = {name: value for name, value in os.environ.items() if "PYTHON" not in name}
        path = os.pathsep.join([str(self.folder / "tools"), os.environ["PATH"]])
        state = str(self.folder / "state")
        done = subprocess.run(
            self.engine.command(RUNNER, [str(self.python), *words]),
            cwd=self.product, env={**kept, "PATH": path, "MIGRATION_CHAOS_STATE": state},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        self.assertEqual(0, done.returncode, done.stdout)
        return done.stdout

    def passes(self, name):
        told = self.run_alone("-m", "unittest", "--verbose", Path(name).stem)
        self.assertRegex(told, r"(?m)^Ran 1 test in .*\n\nOK$")

    def test_nothing_of_the_suite_is_in_that_environment(self):
        script = (
            "import importlib.util, sys; "
            "print(*(name for name in sys.argv[1:] if importlib.util.find_spec(name)))"
        )
        self.assertEqual("chaos\n", self.run_alone("-c", script, "chaos", *FOREIGN))

    def test_each_program_is_short_and_imports_from_the_top_only(self):
        self.assertEqual(2, len(self.shown))
        for name, program in self.shown.items():
            lines = [line for line in program.splitlines() if line]
            self.assertLessEqual(len(lines), LINES, name)
            found = {"chaos": set(), "": set()}
            for node in ast.walk(ast.parse(program)):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    names = found.setdefault(getattr(node, "module", ""), set())
                    names.update(one.name for one in node.names)
            self.assertEqual({"chaos", ""}, set(found), name)
            self.assertEqual(set(), found[""] - {"socket", "testtools"}, name)
            self.assertTrue(found["chaos"], name)

    def test_a_host_loses_its_power_and_is_back_when_the_test_is_over(self):
        before = self.boot_id()
        self.passes("test_power_off.py")
        self.assertNotEqual(before, self.boot_id())

    def test_a_host_is_cut_off_its_storage_and_is_whole_when_the_test_is_over(self):
        before = self.boot_id()
        self.passes("test_partition.py")
        self.assertEqual("", self.shell("nft list tables"))
        self.assertEqual(before, self.boot_id())


if __name__ == "__main__":
    unittest.main()
