# SPDX-License-Identifier: Apache-2.0
"""Whether a login led to the guest it should have led to. May not know: any judge."""

from __future__ import annotations

from migration_tests.judges.course import Seen
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record.events import SshAnswered


def another_guest(record: ScenarioRecord, login: Seen[SshAnswered]) -> str:
    """Say why it may not have been this guest that answered, or nothing.

    Guests are distinguished by their boot IDs.
    """
    boot_id = login.event.boot_id
    if not boot_id:
        return "SSH answered, but not with the guest's boot ID: it may be another guest."
    for other in record.everywhere(SshAnswered):
        if other.event.boot_id == boot_id and other.event.server != login.event.server:
            return f"The same guest answers as this server and as {other.event.server}."
    return ""
