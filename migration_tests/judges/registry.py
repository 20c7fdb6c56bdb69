# SPDX-License-Identifier: Apache-2.0
"""The judges: what each asks, of whom, and in which order; each registers itself.

May not know: any question, any record.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from migration_tests.judges.course import planned
from migration_tests.judges.finding import Finding
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record.events import PlannedServer, ScenarioPlanned, ServerIntroduced

# The groups of questions, in the order of a report, and what they are about. Judges of a group
# concern the same scenarios: a test class takes in each group whose questions arise in its own.
GROUPS = {
    "ready": "Could the scenario begin at all.",
    "host_died": "Was a host disturbed, and did the cloud see it.",
    "stayed_down": "Did a host that boots again leave alone what is evacuated from it.",
    "refused": "Do moves that must not be made come to nothing.",
    "evacuated": "The course of an evacuation.",
    "migrated": "The course of any other move.",
    "decided": "Was a move that waits for it confirmed or reverted.",
    "rescued": "Does a rescue system run in a server's place, with its disk, and leave nothing.",
    "copied": "Is a server carried to another zone by an image, with all its data, and goes on.",
    "started": "Does a server run again that its move left stopped.",
    "moved": "What holds for every move.",
    "identity": "What of a server must stay the same.",
    "flavor": "Has a server its flavor that was not to be resized for good.",
    "resized": "Is a resized server as large as it must be.",
    "network": "Is a server reached where it is.",
    "data_kept": "Is everything there that was acknowledged.",
    "disk_pristine": "Is a disk new that must be new.",
    "volume": "Are volumes attached as they must be.",
    "live": "Did a server run on while it was moved.",
    "bystander": "Did servers notice that had nothing to do with it.",
    "host_back": "Is the disturbed host whole again.",
    "clean_up": "Is nothing left behind, is everything where it must be.",
    "stayed": "Is a server there again that was not moved from a host that died.",
    "copies": "Does a server run, once, with its disks in place.",
    "rebooted": "Does a server come back from a hard reboot with all its data.",
}

T = TypeVar("T")
Target = PlannedServer | ServerIntroduced  # both tell storage, role, state and expectations
AskScenario = Callable[[ScenarioRecord], Finding]
AskServer = Callable[[ScenarioRecord, ServerIntroduced], Finding]


class RegistryError(Exception):
    """The judges contradict each other: says which, and what to do."""


@dataclass(frozen=True)
class Which(Generic[T]):
    """Which scenarios or servers a judge asks about.

    :ivar words: what there must be for the question to arise, as the end of "there is no ..."
    """

    words: str
    holds: Callable[[T], bool]

    def __call__(self, one: T) -> bool:
        """Say whether the question arises."""
        return self.holds(one)


@dataclass(frozen=True, kw_only=True)
class Judge:
    """One question. Use ScenarioJudge or ServerJudge.

    :ivar name: stable name, as it stands in verdicts.json
    :ivar question: what is asked, as a statement that should be true
    :ivar group: one of GROUPS
    :ivar applies: of which scenarios (their plan) or of which servers it is asked
    :ivar ask: the function that answers; its docstring says what a failure means
    :ivar needs: judges that must have passed (for the same server) before this one is asked
    :ivar excused_by: judges whose failure explains a failure of this one
    :ivar explained_by: judges whose fail or unknown explains why evidence of this one is missing;
        what it finds in the evidence that is there stands
    :ivar steps: kinds of steps whose stopping is held against this judge
    :ivar evidence: what must be planned to be recorded for the question to be asked at all:
        a kind of event, or kind and moment, ``data.read:running``
    """

    name: str
    question: str
    group: str
    applies: Which[Any]
    ask: Callable[..., Finding]
    needs: tuple[str, ...] = ()
    excused_by: tuple[str, ...] = ()
    explained_by: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()

    @property
    def first(self) -> tuple[str, ...]:
        """Return the judges that must be asked before this one."""
        return (*self.needs, *self.excused_by, *self.explained_by)

    @property
    def means(self) -> str:
        """What a failure means, as the docstring of the function has it; may be empty."""
        text = " ".join((self.ask.__doc__ or "").split())
        return text.partition("A failure means: ")[2]


@dataclass(frozen=True, kw_only=True)
class ScenarioJudge(Judge):
    """A question about the scenario as a whole."""

    ask: AskScenario


@dataclass(frozen=True, kw_only=True)
class ServerJudge(Judge):
    """A question asked for each server that it applies to."""

    ask: AskServer


_registered: dict[str, Judge] = {}


def register(judge: Judge) -> Judge:
    """Add a judge to those that are asked.

    :raises RegistryError: when there is one of its name, or its group is none of GROUPS
    """
    if judge.name in _registered:
        raise RegistryError(f"there are two judges named {judge.name}: give one another name")
    if judge.group not in GROUPS:
        known = ", ".join(GROUPS)
        raise RegistryError(f"{judge.name} is of the group {judge.group}; there are: {known}")
    _registered[judge.name] = judge
    registered.cache_clear()
    return judge


def scenario_judge(
    *,
    question: str,
    group: str,
    applies: Which[ScenarioPlanned],
    needs: tuple[str, ...] = (),
    excused_by: tuple[str, ...] = (),
    explained_by: tuple[str, ...] = (),
    steps: tuple[str, ...] = (),
    evidence: tuple[str, ...] = (),
) -> Callable[[AskScenario], AskScenario]:
    """Register a function as a judge of whole scenarios; its name is the function's."""

    def decorate(ask: AskScenario) -> AskScenario:
        register(
            ScenarioJudge(
                name=ask.__name__,
                question=question,
                group=group,
                applies=applies,
                needs=needs,
                excused_by=excused_by,
                explained_by=explained_by,
                steps=steps,
                evidence=evidence,
                ask=ask,
            )
        )
        return ask

    return decorate


def server_judge(
    *,
    question: str,
    group: str,
    applies: Which[Target],
    needs: tuple[str, ...] = (),
    excused_by: tuple[str, ...] = (),
    explained_by: tuple[str, ...] = (),
    steps: tuple[str, ...] = (),
    evidence: tuple[str, ...] = (),
) -> Callable[[AskServer], AskServer]:
    """Register a function as a judge of each server; its name is the function's."""

    def decorate(ask: AskServer) -> AskServer:
        register(
            ServerJudge(
                name=ask.__name__,
                question=question,
                group=group,
                applies=applies,
                needs=needs,
                excused_by=excused_by,
                explained_by=explained_by,
                steps=steps,
                evidence=evidence,
                ask=ask,
            )
        )
        return ask

    return decorate


@functools.cache
def registered() -> tuple[Judge, ...]:
    """Return all judges, in the order in which they are asked."""
    return ordered(_registered.values())


def ordered(judges: Iterable[Judge]) -> tuple[Judge, ...]:
    """Return judges by group, each after those that it names.

    :raises RegistryError: when one needs a judge there is none of, or two wait for each other
    """
    order = list(GROUPS)
    left = sorted(judges, key=lambda judge: order.index(judge.group))  # keeps their order
    names = {judge.name for judge in left}
    for judge in left:
        unknown = sorted({*judge.first} - names)
        if unknown:
            raise RegistryError(f"{judge.name} names judges that there are not: {unknown}")
    found: list[Judge] = []
    done: set[str] = set()
    while left:
        ready = [judge for judge in left if {*judge.first} <= done]
        if not ready:
            waiting = ", ".join(judge.name for judge in left)
            raise RegistryError(f"these judges wait for each other: {waiting}")
        found.append(ready[0])
        done.add(ready[0].name)
        left.remove(ready[0])
    return tuple(found)


def by_group() -> dict[str, tuple[Judge, ...]]:
    """Return the judges of each group, in the order of GROUPS."""
    judges = registered()
    return {name: tuple(j for j in judges if j.group == name) for name in GROUPS}


def named(name: str) -> Judge:
    """Return a judge.

    :raises RegistryError: when there is none of this name
    """
    if name not in _registered:
        raise RegistryError(f"there is no judge {name}; there are: {', '.join(_registered)}")
    return _registered[name]


def missing_evidence(judge: Judge, plan: ScenarioPlanned) -> str:
    """Return what a judge needs that a plan does not bring, or nothing."""
    return next((one for one in judge.evidence if not planned(plan, one)), "")


def concerned(judge: Judge, plan: ScenarioPlanned, servers: Sequence[Target]) -> bool:
    """Say whether a judge applies to a scenario: to it as a whole, or to one of its servers."""
    if isinstance(judge, ScenarioJudge):
        return judge.applies(plan)
    return any(judge.applies(server) for server in servers)


def applying(plan: ScenarioPlanned) -> tuple[str, ...]:
    """Return the names of the judges that apply to a plan and whose evidence it brings."""
    return tuple(
        judge.name
        for judge in registered()
        if concerned(judge, plan, plan.servers) and not missing_evidence(judge, plan)
    )
