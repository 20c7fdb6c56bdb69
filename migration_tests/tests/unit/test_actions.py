# SPDX-License-Identifier: Apache-2.0
"""Instance actions that were read more than once, and those of several moves of a kind."""

from __future__ import annotations

import dataclasses
import unittest

from migration_tests import judges
from migration_tests.judges.actions import action_succeeded
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record import words
from migration_tests.record.events import ActionEvent, ServerAction
from migration_tests.record.verdicts import FAIL, PASS
from migration_tests.tests.unit import healthy_live as live
from migration_tests.tests.unit import healthy_record as healthy
from migration_tests.tests.unit import record_parts as parts
from migration_tests.tests.unit.record_parts import SHR, SOURCE, Timed, with_events

LIVE = parts.expectation(words.LIVE_MIGRATION, SHR)


def action_of(request: str, result: str | None) -> ServerAction:
    """A live migration's action, whose event ended like that, or has not ended."""
    event = ActionEvent(
        event="compute_live_migration",
        start_at="2026-11-21T02:00:10.000000",
        finish_at=result and "2026-11-21T02:00:15.000000",
        result=result,
        host=SOURCE,
    )
    return ServerAction(
        server=SHR,
        action="live-migration",
        request_id=request,
        start_at="2026-11-21T02:00:09.000000",
        events=(event,),
    )


class AnActionThatWasReadTwice(unittest.TestCase):
    """Nova closes the last event late: what was read first may not have ended yet."""

    def outcome(self, t: float) -> str:
        """What comes of an action that was read once more, before its last event had ended."""
        (action,) = [
            event
            for _, event in healthy.healthy()
            if isinstance(event, ServerAction) and event.server == SHR
        ]
        last = dataclasses.replace(action.events[1], result=None, finish_at=None)
        open_still = dataclasses.replace(action, events=(action.events[0], last))
        events: list[Timed] = with_events((t, open_still))(healthy.healthy())
        verdicts = judges.judge(healthy.lines(events), healthy.SCENARIO)
        (found,) = [v for v in verdicts if (v.judge, v.server) == ("action_succeeded", SHR)]
        return found.outcome

    def test_counts_as_it_was_read_last(self):
        self.assertEqual(PASS, self.outcome(117.5))
        self.assertEqual(FAIL, self.outcome(118.5))

    def test_does_not_stand_for_the_action_of_another_move(self):
        moves = (LIVE, LIVE)
        record = ScenarioRecord(
            live.lines(
                [
                    (1, action_of("first", "Error")),
                    (2, action_of("second", None)),
                    (3, action_of("second", "Success")),
                ]
            ),
            live.SCENARIO,
        )
        server = dataclasses.replace(live.introduced(SHR, SOURCE), expected=moves)
        found = action_succeeded(record, server)
        self.assertEqual((FAIL, (1,)), (found.outcome, found.evidence))


if __name__ == "__main__":
    unittest.main()
