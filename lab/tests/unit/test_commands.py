# SPDX-License-Identifier: Apache-2.0
"""What commands of the lab print for programs: where things are, what there is to choose."""

import configparser
import contextlib
import io
import json
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from lab.cli import Listed
from lab.cli.build import Build
from lab.cli.check import Check
from lab.cli.defect import DefectList
from lab.cli.releases import ReleaseList
from lab.cli.show import Show
from lab.cli.tempest import TempestOptions
from lab.core import cache, tools
from lab.core.cache import Cache
from lab.core.steps import Step
from lab.lifecycle import requirements
from lab.lifecycle.building import Lab, LabError, State
from lab.lifecycle.ingredients import Ingredients
from lab.lifecycle.requirements import RequirementsError
from lab.model.choices import Choices, releases


class CommandCase(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        environment = {cache.VARIABLE: str(self.folder)}
        self.enterContext(mock.patch.dict(os.environ, environment))

    def run_command(self, command, *words):
        """Return what the command returns and what it printed."""
        made = command(None, None)
        parsed = made.get_parser("command").parse_args(words)
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            returned = made.take_action(parsed)
        return returned, out.getvalue()

    def row(self, command, *words):
        """Return what a command that shows one thing has for programs, by its name."""
        (names, values), _ = self.run_command(command, *words)
        return {
            name: value.machine_readable() if isinstance(value, Listed) else value
            for name, value in zip(names, values, strict=True)
        }

    def lab(self, name="test", **choices):
        lab = Lab(name)
        lab.folder.mkdir(parents=True)
        state = State(Choices(**choices), "rootfs", ("one", "two"), complete=True)
        lab.remember(state)
        return lab


class ShowTest(CommandCase):
    def test_a_lab_says_where_its_product_its_journals_and_its_secrets_are(self):
        lab = self.lab(hosts=2)
        shown = self.row(Show, "--name", "test")
        self.assertEqual(str(lab.folder / "product"), shown["product"])
        self.assertEqual(str(lab.folder / "state"), shown["journals"])
        self.assertEqual(str(lab.folder / "secrets"), shown["secrets"])
        self.assertEqual((False, ["one", "two"]), (shown["up"], shown["defects"]))

    def test_its_hosts_come_with_what_a_trial_chooses_them_by(self):
        self.lab(hosts=2)
        hosts = {host.pop("name"): host for host in self.row(Show, "--name", "test")["hosts"]}
        self.assertEqual({"control", "compute1", "compute2"}, set(hosts))
        self.assertEqual(("shared", "az1"), (hosts["compute1"]["kind"], hosts["compute1"]["zone"]))
        self.assertEqual("172.30.4.11", hosts["compute1"]["bmc"])
        json.dumps(hosts)

    def test_it_makes_no_secret_by_being_looked_at(self):
        lab = self.lab()
        self.row(Show, "--name", "test")
        self.assertFalse(lab.secrets.exists())

    def test_a_lab_that_is_not_there_says_how_to_make_it(self):
        with self.assertRaisesRegex(LabError, "no lab 'other'; make it with: .* lab up"):
            self.run_command(Show, "--name", "other")

    def test_for_people_a_cell_has_names_only(self):
        things = [{"name": "one", "kind": 1}, {"name": "two", "kind": 2}]
        self.assertEqual("one two", Listed(things, "name").human_readable())
        self.assertEqual("a b", Listed("ab").human_readable())


class TempestOptionsTest(CommandCase):
    def options(self, *words):
        _, text = self.run_command(TempestOptions, "--name", "test", *words)
        parser = configparser.ConfigParser()
        parser.read_string(text)
        return parser

    def test_they_are_those_of_tempest_conf_for_one_kind_of_host(self):
        self.lab(hosts=4)
        found = self.options("ephemeral", "--alone")
        self.assertEqual("m.ephemeral", found["compute"]["flavor_ref"])
        self.assertEqual("compute3", found["compute"]["migration_source_host"])
        features = found["compute-feature-enabled"]
        self.assertEqual("true", features["block_migration_for_live_migration"])
        self.assertEqual("true", features["can_migrate_between_any_hosts"])

    def test_with_hosts_of_other_kinds_not_every_host_is_a_target(self):
        self.lab(hosts=4)
        features = self.options("shared")["compute-feature-enabled"]
        self.assertEqual("false", features["can_migrate_between_any_hosts"])


class CheckTest(CommandCase):
    def test_a_machine_that_can_says_so(self):
        with mock.patch.object(requirements, "check") as check:
            _, text = self.run_command(Check, "--computes", "3")
        check.assert_called_once_with(self.folder, Choices(hosts=3))
        self.assertIn("3 hosts", text)

    def test_one_that_cannot_ends_with_what_is_missing(self):
        with (
            mock.patch.object(requirements, "check", side_effect=RequirementsError("no room")),
            self.assertRaisesRegex(RequirementsError, "no room"),
        ):
            self.run_command(Check)


class BuildTest(CommandCase):
    def setUp(self):
        super().setUp()
        self.enterContext(mock.patch.object(requirements, "check_building"))
        self.built = []
        ingredients = Ingredients(Choices(), Cache())
        paths = {
            "rootfs": ingredients.rootfs,
            "template": ingredients.template,
            "guest": ingredients.guest,
        }

        def step(name):
            def run(report):
                self.built.append(name)
                paths[name].mkdir(parents=True)

            return Step(name, name, run)

        steps = [step(name) for name in paths]
        self.enterContext(mock.patch.object(Ingredients, "steps", lambda _self: steps))
        self.enterContext(contextlib.redirect_stderr(io.StringIO()))

    def test_it_builds_everything_and_says_where_it_is(self):
        shown = self.row(Build)
        self.assertEqual({"rootfs", "template", "guest"}, set(self.built))
        self.assertEqual(str(Ingredients(Choices(), Cache()).template), shown["template"])

    def test_it_can_stop_at_the_root_file_system_and_hand_out_its_tools(self):
        folder = self.folder / "tools"
        with mock.patch.object(tools, "write") as write:
            shown = self.row(Build, "--only-rootfs", "--tools", str(folder))
        self.assertEqual(["rootfs"], self.built)
        self.assertEqual({"rootfs"}, set(shown))
        write.assert_called_once_with(Path(shown["rootfs"]), folder, tools.FOR_TESTS)


class ListsTest(CommandCase):
    def test_the_releases_come_with_the_one_that_is_the_default(self):
        (_, rows), _ = self.run_command(ReleaseList)
        self.assertEqual(list(releases()), [name for name, _ in rows])
        self.assertEqual([Choices().release], [name for name, default in rows if default])

    def test_defects_say_all_that_a_trial_of_several_at_once_needs(self):
        (columns, rows), _ = self.run_command(DefectList)
        self.assertEqual(
            ("Defect", "Services", "Judges", "Storages", "Scenarios", "Stops", "Hides", "Summary"),
            columns,
        )
        found = {row[0]: dict(zip(columns, row, strict=True)) for row in rows}
        leaked = found["attachment_leaked"]
        self.assertEqual(["volume_attached_once"], leaked["Judges"].machine_readable())
        self.assertEqual(["volume"], leaked["Storages"].machine_readable())
        self.assertEqual((False, True), (leaked["Stops"], found["evacuation_fails"]["Stops"]))


if __name__ == "__main__":
    unittest.main()
