# SPDX-License-Identifier: Apache-2.0
"""Failures that a known bug explains: marked, counted apart, and nothing else hidden by them."""

from __future__ import annotations

import dataclasses
import re
import unittest

from migration_tests import judges
from migration_tests.judges import asking
from migration_tests.judges.document import build
from migration_tests.judges.known_bugs import KNOWN_BUGS
from migration_tests.record import words
from migration_tests.record.events import ScenarioPlanned, ServerSnapshot
from migration_tests.record.verdicts import FAIL
from migration_tests.report import table
from migration_tests.tests.unit import healthy_live as live
from migration_tests.tests.unit import healthy_record as evacuation
from migration_tests.tests.unit import record_parts as parts
from migration_tests.tests.unit.record_parts import SHR

BUG = "port-down-after-live-migration"
RUNNING = (words.RUNNING,)


def port(**values):
    def change(event):
        return dataclasses.replace(
            event, ports=(dataclasses.replace(event.ports[0], **values),)
        )

    return parts.mapped(ServerSnapshot, change, server=SHR, moment=RUNNING)


def offers(version):
    return parts.changed(ScenarioPlanned, {"compute_offered": version})


class KnownBugs(unittest.TestCase):
    def built(self, *spoils, record=live):
        return build(record.lines(parts.spoiled(record.healthy(), *spoils)), "20261121T010203Z")

    def failed(self, found):
        return {(one.judge, one.known) for one in found.verdicts if one.outcome == FAIL}

    def test_are_written_down_whole_and_each_for_a_judge_that_there_is(self):
        names = {judge.name for judge in judges.registered()}
        self.assertEqual(len(KNOWN_BUGS), len({bug.bug for bug in KNOWN_BUGS}))
        for bug in KNOWN_BUGS:
            self.assertIn(bug.judge, names)
            self.assertLessEqual(set(bug.moves), set(words.MOVES))
            re.compile(bug.says)
            for field in dataclasses.fields(bug):
                self.assertTrue(getattr(bug, field.name), f"{bug.bug}: {field.name}")

    def test_mark_the_failures_that_they_explain_which_are_not_red(self):
        found = self.built(port(status="DOWN"), offers("2.104"))
        self.assertEqual({("port_bound", BUG)}, self.failed(found))
        self.assertTrue(found.good)
        text = table.render(found)
        self.assertRegex(text, r"port_bound .*fail \(known\)")
        self.assertIn(f"fail (known) ({BUG}): port_bound", text)
        self.assertRegex(text, r"1 fail \(1 by known bugs\)")
        self.assertIn("but for those that known bugs break", text)
        mine = [one for one in found.verdicts if one.judge == "port_bound"]
        with self.assertRaisesRegex(unittest.SkipTest, rf"fail \(known: {BUG}\)"):
            asking.raise_for(mine)

    def test_explain_nothing_else(self):
        for spoils in (
            (port(status="DOWN"), offers("2.105")),  # newer than what was seen to have it
            (port(status="DOWN"), offers("")),  # nobody knows
            (port(status="ERROR"), offers("2.104")),  # another state
            (port(host="elsewhere"), offers("2.104")),  # another failure of that judge
            (port(mac="new"), offers("2.104")),  # another judge
        ):
            found = self.built(*spoils)
            self.assertEqual({""}, {known for _, known in self.failed(found)})
            self.assertFalse(found.good)

    def test_hide_no_failure_beside_them(self):
        found = self.built(port(status="DOWN", mac="new"), offers("2.104"))
        self.assertEqual({("port_bound", BUG), ("mac_kept", "")}, self.failed(found))
        self.assertFalse(found.good)

    def test_that_show_nothing_any_more_are_said(self):
        said = f"The known bug {BUG} made nothing fail here: is it mended?"
        self.assertIn(said, table.render(self.built(offers("2.104"))))
        self.assertNotIn(said, table.render(self.built(port(status="DOWN"), offers("2.104"))))
        # An evacuation cannot show it.
        self.assertNotIn(said, table.render(self.built(offers("2.104"), record=evacuation)))
