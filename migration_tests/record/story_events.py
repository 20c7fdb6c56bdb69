# SPDX-License-Identifier: Apache-2.0
"""The vocabulary of the history: how the run and its stories go on.

What is seen of servers, data and hosts: `events`. Same conventions, and may not know the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from migration_tests.record.event import Event

# --- the run ---------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class RunStarted(Event):
    """The run folder was made. Written once, by whoever made the folder."""

    kind = "run.started"
    run: str  # the folder's name, UTC time
    suite: str  # version of this suite
    cloud: str = ""  # the cloud's identity URI, to tell two records apart
    profile: str = ""  # what was selected: a regex or a profile's name
    defects: tuple[str, ...] = ()  # defects known to be loaded into the cloud, if told


@dataclass(frozen=True, kw_only=True)
class RunFinished(Event):
    """The test runner ended."""

    kind = "run.finished"
    exit_status: int
    interrupted: bool = False


@dataclass(frozen=True, kw_only=True)
class TestAsked(Event):
    """A test method asks a judge: ties the verdict to the test's name and UUID."""

    __test__ = False
    kind = "test.asked"
    judge: str
    test: str  # the test's full ID
    uuid: str  # its idempotent ID


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


# --- the story -------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class StoryStarted(Event):
    """A story begins."""

    kind = "story.started"
    title: str  # a sentence: "compute1 is switched off over IPMI, its servers are evacuated"
    host: str = ""  # the host that will be disturbed: the source of the evacuations
    fault: str = ""  # "power_off"
    via: str = ""  # "ipmi" or "ssh"


@dataclass(frozen=True, kw_only=True)
class StoryPhase(Event):
    """A phase begins; `certify` shows it as what happens now."""

    kind = "story.phase"
    phase: str  # one of PHASES
    title: str  # what happens now, for the terminal: "waiting for compute1 to be seen down"


@dataclass(frozen=True, kw_only=True)
class StorySkipped(Event):
    """The story was not told because the cloud or the configuration does not allow it."""

    kind = "story.skipped"
    reason: str


@dataclass(frozen=True, kw_only=True)
class StoryStopped(Event):
    """The story can go no further (it still heals what it broke). Written at most once.

    Under `certify` an interrupt is an ordinary exception that is raised in the story once, in a
    phase that can be ended: a stop by the HARNESS after which it heals.
    """

    kind = "story.stopped"
    phase: str  # one of PHASES
    cause: str  # CLOUD: it did not do what it promises; HARNESS: our own failure
    reason: str  # a sentence: what was awaited, what was found


@dataclass(frozen=True, kw_only=True)
class StoryFinished(Event):
    """The last line of every story that was not torn down by force, stopped ones included."""

    kind = "story.finished"
    complete: bool  # False when it stopped before its end


@dataclass(frozen=True, kw_only=True)
class HarnessError(Event):
    """Something of ours failed (an observer, a probe, a client), and evidence is lost by it."""

    kind = "harness.error"
    where: str  # "observers.probe"
    error: str  # type and message
    lost: tuple[str, ...] = ()  # kinds of events that are missing because of it
    server: str | None = None  # None: all servers of the story
    traceback: str = ""
