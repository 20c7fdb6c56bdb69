# SPDX-License-Identifier: Apache-2.0
"""Events of probes. May not know: which gaps are too long."""

from __future__ import annotations

from dataclasses import dataclass

from migration_tests.record.event import Event, Part


@dataclass(frozen=True, kw_only=True)
class Gap(Part):
    """A time without answers."""

    t_start: float
    t_end: float
    error: float  # seconds, bound of the error of its length


@dataclass(frozen=True, kw_only=True)
class ProbeReport(Event):
    """A sequenced probe against a server has ended."""

    kind = "probe.report"
    nested = {"gaps": Gap}  # noqa: RUF012
    server: str
    interval: float  # seconds between two probes
    sent: int
    answered: int
    t_start: float
    t_end: float
    longest: float  # seconds, the longest gap; 0 when there was none
    error: float  # seconds, bound of the error of each gap's length
    threshold: float  # seconds; a longer gap counts as an outage
    gaps: tuple[Gap, ...] = ()  # the gaps that are longer than interval + error
