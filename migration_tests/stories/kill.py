# SPDX-License-Identifier: Apache-2.0
"""The disaster: a host loses its power, and what the witnesses say of it is recorded.

May not know: what runs on the host and what comes afterwards.
"""

from __future__ import annotations

from chaos import errors
from chaos.faults.power_off import PowerOff
from migration_tests.record import words
from migration_tests.record.events import HostKilled, Reading
from migration_tests.record.history import Recorder
from migration_tests.stories.base import StoryStop


def inject(fault: PowerOff) -> None:
    """Inject the fault; it proves itself, or its verdict stays unknown.

    :raises StoryStop: when it is refused before anything is touched
    """
    try:
        fault.setUp()
    except errors.FaultRefused as refused:
        raise StoryStop(words.HARNESS, str(refused)) from refused


def tell(fault: PowerOff, record: Recorder) -> None:
    """Record what became of the host.

    :raises StoryStop: when its death is not proved
    """
    host = fault.host.name
    record(
        HostKilled(
            host=host,
            via=fault.via,
            verdict=fault.verdict,
            readings=tuple(
                Reading(
                    witness=one.witness,
                    says=one.says,
                    detail=one.detail,
                    t_mono=one.t_mono,
                    driver=one.driver,
                )
                for one in fault.observations
            ),
            t_injected=fault.t_injected,
        )
    )
    if fault.verdict != "injected":
        raise StoryStop(
            words.HARNESS,
            f"the death of {host} is not proved, and to evacuate from a living host would start "
            "servers twice",
        )
