# SPDX-License-Identifier: Apache-2.0
"""Every scenario run whole on the cloud in memory, and what the judges say of its record."""

from __future__ import annotations

from migration_tests import judges
from migration_tests.record.verdicts import FAIL, PASS, SKIP, UNKNOWN
from migration_tests.scenarios.registry import all_scenarios
from migration_tests.tests.unit.scenario_case import ScenarioCase

SCENARIOS = {one.name: one for one in all_scenarios()}
RESTS = {"cold_migrate_confirm", "evacuate_ephemeral", "evacuate_shared", "evacuate_whole_host"}


class WholeCase(ScenarioCase):
    def judged(self, name, **how):
        self.run_scenario(SCENARIOS[name], **how)
        return judges.judge(self.lines(), name)

    def outcomes(self, verdicts, outcome):
        return {one.judge: one.reason for one in verdicts if one.outcome == outcome}


class ACloudThatKeepsItsPromises(WholeCase):
    def passes(self, name, **how):
        verdicts = self.judged(name, **how)
        self.assertEqual({}, self.outcomes(verdicts, FAIL))
        self.assertEqual({}, self.outcomes(verdicts, UNKNOWN))
        skipped = {reason.partition(":")[0] for reason in self.outcomes(verdicts, SKIP).values()}
        self.assertLessEqual(skipped, {"not applicable"})
        self.assertTrue(self.outcomes(verdicts, PASS))
        self.assertEqual([], self.events("scenario.stopped") + self.events("harness.error"))
        return verdicts
