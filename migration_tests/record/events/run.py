# SPDX-License-Identifier: Apache-2.0
"""Events of the run as a whole and of its tests. May not know: scenarios."""

from __future__ import annotations

from dataclasses import dataclass

from migration_tests.record.event import Event


@dataclass(frozen=True, kw_only=True)
class RunStarted(Event):
    """The run folder was made. Written once, by whoever made the folder."""

    kind = "run.started"
    run: str  # the folder's name, UTC time
    suite: str  # version of this suite
    cloud: str = ""  # the cloud's identity URI, to tell two records apart
    profile: str = ""  # what was selected: a regex or a profile's name
    defects: tuple[str, ...] = ()  # defects known to be loaded into the cloud, if named


@dataclass(frozen=True, kw_only=True)
class RunFinished(Event):
    """The test runner ended."""

    kind = "run.finished"
    exit_status: int
    interrupted: bool = False


@dataclass(frozen=True, kw_only=True)
class RequestsCounted(Event):
    """How many requests a scenario made to the cloud's APIs, from its place to its end."""

    kind = "requests.counted"
    unread = {"requests": "a measure of the suite's own; no promise"}  # noqa: RUF012
    requests: int


@dataclass(frozen=True, kw_only=True)
class TestsPlanned(Event):
    """Which test asks which judge, written once when a scenario's class is set up.

    Ties each verdict to its test's name and UUID; to read a verdict adds nothing to the record.
    """

    __test__ = False
    kind = "tests.planned"
    tests: tuple[tuple[str, str, str], ...]  # (judge, the test's full ID, its idempotent ID)


@dataclass(frozen=True, kw_only=True)
class TestErrored(Event):
    """A test ended in an error outside every judge: its class could not be set up, for one."""

    __test__ = False
    kind = "test.errored"
    test: str
    error: str


@dataclass(frozen=True, kw_only=True)
class TestSkipped(Event):
    """A test or its whole class was skipped before any judge was asked."""

    __test__ = False
    kind = "test.skipped"
    test: str
    reason: str
