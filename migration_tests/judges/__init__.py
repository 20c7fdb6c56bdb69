# SPDX-License-Identifier: Apache-2.0
"""The judges: each asks one question of the record. Pure functions, no client, no clock.

To add one, write it in the file of its family and name it in JUDGES, after those it needs.
May not know: the cloud, Tempest, the way the record was made.
"""

from __future__ import annotations

from collections.abc import Iterable

from migration_tests.judges import (
    bystander,
    data,
    evacuation,
    host,
    identity,
    leftovers,
    network,
    readiness,
    task_states,
)
from migration_tests.judges.engine import Judge, try_story
from migration_tests.judges.story_record import StoryRecord
from migration_tests.record.history import Line
from migration_tests.record.verdicts import Verdict

JUDGES: tuple[Judge, ...] = (
    readiness.SERVERS_READY,
    host.HOST_DIED,
    host.SERVICE_SEEN_DOWN,
    evacuation.EVACUATION_COMPLETED,
    evacuation.LANDED_ELSEWHERE,
    task_states.TASK_STATES_IN_ORDER,
    identity.ID_KEPT,
    identity.NAME_KEPT,
    identity.FLAVOR_KEPT,
    identity.PORT_IDS_KEPT,
    identity.MAC_KEPT,
    identity.FIXED_IP_KEPT,
    identity.FLOATING_IP_KEPT,
    network.PORT_BOUND,
    evacuation.SERVER_STARTED,
    network.SSH_ANSWERS,
    data.ACKNOWLEDGED_WRITES_PRESENT,
    data.EPHEMERAL_DISK_PRISTINE,
    leftovers.VOLUME_ATTACHED_ONCE,
    bystander.BYSTANDER_UNDISTURBED,
    host.HOST_RECOVERED,
    evacuation.CLEAN_UP_COMPLETED,
    leftovers.SOURCE_WITHOUT_DOMAIN,
    leftovers.SOURCE_WITHOUT_DISK,
    leftovers.SOURCE_WITHOUT_ALLOCATION,
    leftovers.DESTINATION_WHOLE,
    host.HOST_GIVEN_BACK,
)


def judge(lines: Iterable[Line], story: str) -> list[Verdict]:
    """Return the verdicts of all judges on one story.

    :param lines: a history, other stories' lines included.
    :param story: the story's name.
    """
    return try_story(StoryRecord(lines, story), JUDGES)
