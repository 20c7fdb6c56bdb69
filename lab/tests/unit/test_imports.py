# SPDX-License-Identifier: Apache-2.0
"""Who imports whom in the lab: the engine only itself, nobody in a circle, nobody outside."""

import ast
import graphlib
import re
import unittest
from pathlib import Path

import lab

TOP = Path(lab.__file__).parents[1]
OUTSIDE = ("chaos", "migration_tests")
NAMES = re.compile(
    r"openstack|nova|neutron|cinder|glance|keystone|placement|masakari|ceph|libvirt|ovn|ovs",
    re.IGNORECASE,
)


def modules(tests=False):
    """Return the files of the lab by the names of their modules."""
    found = {}
    for path in sorted((TOP / "lab").rglob("*.py")):
        parts = path.relative_to(TOP).with_suffix("").parts
        if tests or parts[1] != "tests":
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path, known=()):
    """Return the modules that a file imports, wherever in it that stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in known else node.module


def package(module):
    """Return the folder of the lab that a module lies in."""
    return ".".join(module.split(".")[:2])


class ImportsTest(unittest.TestCase):
    def setUp(self):
        self.modules = modules()
        self.graph = {
            name: {each for each in imports(path, self.modules) if each in self.modules} - {name}
            for name, path in self.modules.items()
        }

    def test_what_is_read_are_the_lab_and_its_imports(self):
        self.assertIn("lab.core.outer", self.graph["lab.core.engine"])
        self.assertGreater(len(self.modules), 100)

    def test_the_engine_imports_nothing_of_the_lab_but_itself(self):
        for name, needs in self.graph.items():
            if package(name) == "lab.core":
                self.assertEqual(set(), {each for each in needs if package(each) != "lab.core"})

    def test_the_engine_knows_no_service_by_its_name(self):
        for name, path in self.modules.items():
            if package(name) != "lab.core":
                continue
            for word in words(path):
                self.assertIsNone(NAMES.search(word), f"{name}: {word!r}")

    def test_no_module_imports_itself_by_way_of_others(self):
        self.assert_no_circle(self.graph)

    def test_no_folder_imports_itself_by_way_of_others(self):
        folders = {}
        for name, needs in self.graph.items():
            others = {package(each) for each in needs} - {package(name), "lab"}
            folders.setdefault(package(name), set()).update(others)
        self.assert_no_circle(folders)

    def assert_no_circle(self, graph):
        try:
            graphlib.TopologicalSorter(graph).prepare()
        except graphlib.CycleError as error:
            self.fail(" <- ".join(error.args[1]))

    def test_the_lab_knows_neither_the_suite_nor_the_faults(self):
        for name, path in modules(tests=True).items():
            for each in imports(path):
                self.assertNotIn(each.partition(".")[0], OUTSIDE, f"{name} imports {each}")

    def test_the_tools_use_the_commands_of_the_lab_and_import_nothing_of_it(self):
        for path in sorted((TOP / "tools").rglob("*.py")):
            for each in imports(path):
                self.assertNotEqual("lab", each.partition(".")[0], f"{path.name} imports {each}")


def words(path):
    """Return the names and texts of a file's code, without its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documents = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) not in documents:
                yield node.value
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


if __name__ == "__main__":
    unittest.main()
