# SPDX-License-Identifier: Apache-2.0
"""Who imports whom: no circle anywhere, nothing of OpenStack or the rest, and it stays cheap."""

import ast
import subprocess
import sys
from pathlib import Path

import testtools

import chaos

TOP = Path(chaos.__file__).parent
FOREIGN = {"tempest", "openstack", "openstacksdk", "migration_tests", "lab", "os_client_config"}


def name_of(path):
    """The dotted name of a module of the library."""
    parts = path.relative_to(TOP.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules():
    """All modules of the library but its tests: name to syntax tree."""
    paths = [path for path in TOP.rglob("*.py") if "tests" not in path.relative_to(TOP).parts]
    return {name_of(path): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def imports(tree, known=()):
    """Every module that a module imports, inside functions and for types as well.

    A name that is imported from a package is its module if there is one, else the package.
    """
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "relative imports are not used here"
            inside = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {one if one in known else node.module for one in inside}
    return found


def circles(graph):
    """What is left when all who need nobody are taken away: circles, and who needs one."""
    left = {node: set(needs) & set(graph) - {node} for node, needs in graph.items()}
    while free := [node for node, needs in left.items() if not needs]:
        for node in free:
            del left[node]
        for needs in left.values():
            needs.difference_update(free)
    return left


class ImportsTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        trees = modules()
        self.graph = {name: imports(tree, trees) for name, tree in trees.items()}

    def test_no_module_needs_itself_by_way_of_others(self):
        own = {name for name, needs in self.graph.items() if name in needs}
        self.assertEqual((set(), {}), (own, circles(self.graph)))

    def test_no_package_needs_itself_by_way_of_others(self):
        def package(name):
            return ".".join(name.split(".")[:2])

        graph = {}
        for name, needs in self.graph.items():
            if name != "chaos":
                graph.setdefault(package(name), set()).update(map(package, needs))
        self.assertIn("chaos.recovery", graph["chaos.faults"])
        self.assertEqual({}, circles(graph))

    def test_a_circle_would_be_found(self):
        graph = {"a": {"b", "os"}, "b": {"a"}, "needs_a": {"a"}, "needed_by_a": set()}
        graph["a"].add("needed_by_a")
        self.assertEqual({"a", "b", "needs_a"}, set(circles(graph)))

    def test_the_top_is_for_callers_and_not_for_the_library(self):
        self.assertEqual([], [name for name, needs in self.graph.items() if "chaos" in needs])

    def test_it_knows_hosts_and_neither_openstack_nor_the_rest(self):
        for name, needs in self.graph.items():
            foreign = {need.partition(".")[0] for need in needs} & FOREIGN
            self.assertEqual(set(), foreign, name)


class CostTest(testtools.TestCase):
    """What is loaded only because it is named; asked in a process of its own each time."""

    def loaded(self, code):
        script = f"import sys\n{code}\nprint(' '.join(sys.modules))"
        argv = [sys.executable, "-c", script]
        done = subprocess.run(
            argv, check=True, capture_output=True, text=True, cwd=TOP.parent
        )
        return set(done.stdout.split())

    def test_the_top_alone_loads_nothing(self):
        loaded = self.loaded("import chaos")
        self.assertEqual({"chaos"}, {name for name in loaded if name.startswith("chaos")})

    def test_every_public_name_is_there_and_no_client_of_a_bmc_is_loaded_for_it(self):
        loaded = self.loaded("import chaos\nfor name in chaos.__all__: getattr(chaos, name)")
        self.assertIn("paramiko", loaded)
        self.assertNotIn("sushy", loaded)

    def test_a_keeper_that_waits_has_loaded_no_ssh(self):
        loaded = self.loaded("import chaos.keeper.__main__")
        self.assertIn("chaos.keeper.watching", loaded)
        self.assertEqual(set(), loaded & {"paramiko", "jsonschema", "fixtures", "sushy", "cliff"})
