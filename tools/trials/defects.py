# SPDX-License-Identifier: Apache-2.0
"""Each ready-made defect, loaded into a whole lab, fails exactly the judges that it names.

One lab. First every scenario that shows a defect is run without any: nothing may fail or be
unknown. Then defects are loaded, several at once where they do not touch each other (no judge of
the one is a judge of the other for servers on the same storage, and none ends the scenario), the
smallest scenario that shows them is run, and the pairs of judge and storage that fail must be the
union of those that the defects name. At the end stands the matrix of all defects and judges, and
which judges no defect has proved.

DEFECTS in the environment names those to try (default: all), with blanks between; ``none`` is the
run without any. DEFECTS_RESUME=1 leaves out what runs before have shown, whatever was loaded
beside it then: their verdicts are read again.
"""

import configparser
import dataclasses
import json
import os
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

import labs
from counting import COMMAND, TOP, Count, cannot_carry_a_lab

LAB = "nightly-defects"
RUNS = TOP / "runs" / LAB
HEALTHY = "none"
MOST_AT_ONCE = 12
# Some show only where a zone has two hosts of a kind, and another zone has one.
COMPUTES = "6"
STORAGES = ("volume", "shared", "ephemeral")
ANY_EVACUATION = "evacuate_ephemeral"  # the smallest with a disk that is made anew

# A server that nobody can reach, and an evacuation that never ends, need not be waited for as long
# as on a machine where anything may be slow. What a busy machine does to a bystander is no defect.
LIMITS = {
    "server_boot_timeout": "180",
    "evacuation_timeout": "240",
    "live_migration_timeout": "240",
    "bystander_max_gap": "10",
    "live_gap_limit": "10",
}

Pair = tuple[str, str | None]  # judge, and the storage of the servers it fails for


@dataclasses.dataclass(frozen=True)
class Defect:
    """A ready-made defect, as `migration-chaos lab defect list` has it.

    :ivar judges: those that must fail
    :ivar storages: kinds of servers that show it
    :ivar scenario: the smallest scenario that shows it
    :ivar stops: the scenario cannot go on with it
    :ivar hides: judges that say nothing of their own while it is there
    """

    name: str
    judges: frozenset[str]
    storages: frozenset[str]
    scenario: str
    stops: bool
    hides: frozenset[str]

    def touches(self, other: "Defect") -> bool:
        """Whether the two cannot be told apart in one run."""
        alone = self.stops or other.stops or self.scenario != other.scenario
        hidden = self.hides & other.judges or other.hides & self.judges
        same = self.judges & other.judges and self.storages & other.storages
        return alone or bool(hidden or same)


def catalogue() -> dict[str, Defect]:
    """Return all ready-made defects by name."""
    return {
        name: Defect(
            name=name,
            judges=frozenset(row["Judges"]),
            storages=frozenset(STORAGES if "any" in row["Storages"] else row["Storages"]),
            scenario=(row["Scenarios"] or [ANY_EVACUATION])[0],
            stops=row["Stops"],
            hides=frozenset(row["Hides"]),
        )
        for name, row in labs.defects().items()
    }


def grouped(defects: Iterable[Defect]) -> list[list[Defect]]:
    """Put defects together that do not touch each other, in their order."""
    groups: list[list[Defect]] = []
    for defect in defects:
        fitting = (
            group
            for group in groups
            if len(group) < MOST_AT_ONCE and not any(defect.touches(other) for other in group)
        )
        group = next(fitting, None)
        if group is None:
            groups.append([defect])
        else:
            group.append(defect)
    return groups


def lab(*words: str) -> bool:
    """Run a command of the lab and say whether it went well."""
    noun, *rest = words
    verbs = [rest.pop(0)] if noun in ("defect", "fault") else []
    command = [COMMAND, "lab", noun, *verbs, "--name", LAB, *rest]
    return subprocess.run(command, check=False, cwd=TOP).returncode == 0


def class_of(scenario: str) -> str:
    """Return the name of the test class of a scenario: the scenario's, in one word."""
    return "".join(word.capitalize() for word in scenario.split("_"))


def verdicts(scenario: str, defects: Sequence[Defect]) -> list[dict[str, str]]:
    """Run a scenario and return what the judges say; nothing if it could not be run."""
    runs = folder(scenario, defects)
    words = ["--tempest-conf", str(tempest_conf()), "--runs", str(runs)]
    words += ["--regex", rf"\.{class_of(scenario)}\."]
    for defect in defects:
        words += ["--defect", defect.name]
    lab("exec", "--", COMMAND, "certify", *words)
    try:
        return json.loads((runs / "latest" / "verdicts.json").read_text())["verdicts"]
    except (OSError, ValueError, KeyError) as error:
        print(f"no verdicts: {error}")
        return []


def folder(scenario: str, defects: Sequence[Defect]) -> Path:
    """Return where the runs of a trial are kept."""
    return RUNS / scenario / ("+".join(defect.name for defect in defects) or HEALTHY)


def tempest_conf() -> Path:
    """Return a copy of the lab's tempest.conf that waits less long."""
    conf = configparser.ConfigParser(interpolation=None)
    conf.read(Path(labs.show(LAB)["product"]) / "tempest.conf")
    conf["migration_chaos"].update(LIMITS)
    RUNS.mkdir(parents=True, exist_ok=True)
    path = RUNS / "tempest.conf"
    path.touch(mode=0o600)
    with path.open("w") as stream:
        conf.write(stream)
    return path


def pairs(found: Sequence[dict[str, str]], outcome: str) -> set[Pair]:
    """Return judge and storage of the verdicts with an outcome."""
    return {(one["judge"], one["storage"]) for one in found if one["outcome"] == outcome}


def expected(defects: Sequence[Defect], found: Sequence[dict[str, str]]) -> set[Pair]:
    """Return the pairs that must fail, of those that were judged at all.

    A judge that asks about the whole scenario has no storage. A defect that no server of the
    scenario can show has been shown by nothing: all its pairs stay wanted.
    """
    there = {(one["judge"], one["storage"]) for one in found}
    wanted: set[Pair] = set()
    for defect in defects:
        for judge in defect.judges:
            whole = any(one["judge"] == judge and one["outcome"] != "skip" for one in found
                        if one["storage"] is None)  # fmt: skip
            pairs_of = {(judge, one) for one in defect.storages}
            wanted |= {(judge, None)} if whole else (pairs_of & there or pairs_of)
    return wanted


def shown(defects: Sequence[Defect], found: Sequence[dict[str, str]]) -> list[Defect]:
    """Return those of the defects loaded whose judges failed; none if any other did."""
    failed = pairs(found, "fail")
    if failed - expected(defects, found):
        return []
    return [defect for defect in defects if expected([defect], found) <= failed]


def healthy(found: Sequence[dict[str, str]]) -> bool:
    """Whether verdicts of a run without any defect are right: nothing fails or is unknown."""
    return bool(found) and not pairs(found, "fail") and not pairs(found, "unknown")


def say(defects: Sequence[Defect], found: Sequence[dict[str, str]], name: str) -> None:
    """Print which judges failed, and which had to."""
    failed, unknown = pairs(found, "fail"), pairs(found, "unknown")
    wanted = expected(defects, found)
    right = failed == wanted if defects else healthy(found)
    said = f"{name}: {text(failed) or 'no judge'} failed"
    if failed != wanted:
        said += f", expected was {text(wanted) or 'none'}"
    if unknown:
        said += f" (unknown: {text(unknown)})"
    print(("as it must be: " if right else "WRONG: ") + said, flush=True)
    for verdict in found:
        if verdict["outcome"] in ("fail", "unknown"):
            print(f"    {verdict['judge']}, {verdict['storage']}: {verdict['reason']}")


def text(some: set[Pair]) -> str:
    """Return pairs for people."""
    return ", ".join(sorted(f"{judge} ({of})" if of else judge for judge, of in some))


def tried(scenario: str, defects: Sequence[Defect]) -> Count:
    """Load defects into a whole lab, look what fails, and make the lab whole again.

    :return: a defect counts as one, and so does a run without any.
    """
    names = [each.name for each in defects]
    if names and not lab("defect", "load", *names):
        return Count(failed=len(names))
    found = verdicts(scenario, defects)
    say(defects, found, " + ".join(names) or f"{HEALTHY} ({scenario})")
    if names:
        right = len(shown(defects, found))
        count = Count(right, len(names) - right)
        whole = lab("defect", "unload", *names)
    else:
        count = Count(passed=1) if healthy(found) else Count(failed=1)
        whole = True
    # What a defect switched on in the lab outlives it.
    whole = lab("fault", "clear", "--all") and whole
    # A host that was not given back, and what else a scenario could not take back.
    whole = (not names or lab("reset")) and whole
    if not whole:
        print("The lab could not be made whole again.")
        count += Count(failed=1)
    return count


def recorded(known: dict[str, Defect]) -> Iterable[tuple[str, list[Defect], list[dict[str, str]]]]:
    """Return what was tried so far: scenario, defects, and what the judges said."""
    for path in sorted(RUNS.glob("*/*/latest/verdicts.json")):
        scenario, loaded, *_ = path.relative_to(RUNS).parts
        names = [] if loaded == HEALTHY else loaded.split("+")
        if set(names) <= set(known):
            found = json.loads(path.read_text())["verdicts"]
            yield scenario, [known[name] for name in names], found


def matrix(known: dict[str, Defect]) -> None:
    """Print which judges failed with which defects, and which no defect has proved."""
    proved: set[str] = set()
    judged: set[str] = set()
    right: set[str] = set()
    print("\nDefect: judges that failed")
    for scenario, defects, found in recorded(known):
        judged |= {one["judge"] for one in found}
        failed = pairs(found, "fail")
        proved |= {judge for judge, _ in failed}
        right |= {each.name for each in shown(defects, found)}
        if not defects:
            print(f"  {HEALTHY} ({scenario}): {text(failed) or 'none'}")
        for each in defects:
            own = failed & expected([each], found)
            print(f"  {each.name} ({scenario}): {text(own) or 'NONE'}")
        others = failed - expected(defects, found)
        if others and defects:
            print(f"  WRONG beside {'+'.join(one.name for one in defects)}: {text(others)}")
    print(f"Right judge {len(right)}/{len(known)}; not shown: {_listed(set(known) - right)}")
    print(f"Judges without a defect that proves them: {_listed(judged - proved)}")


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def run() -> Count:
    """Try them all on one lab."""
    if cannot_carry_a_lab():
        return Count(skipped=1)
    known = catalogue()
    chosen = os.environ.get("DEFECTS", "").split() or [HEALTHY, *known]
    wrong = [name for name in chosen if name not in (HEALTHY, *known)]
    if wrong:
        print(f"There is no defect {wrong[0]!r}; there are: {', '.join(known)}.")
        return Count(failed=1)
    picked = [known[name] for name in chosen if name != HEALTHY]
    wanted = dict.fromkeys(each.scenario for each in picked or known.values())
    without = list(wanted) if HEALTHY in chosen else []
    count = Count()
    if os.environ.get("DEFECTS_RESUME") == "1":
        before = list(recorded(known))
        right = {each.name for _, defects, found in before for each in shown(defects, found)}
        whole = {scenario for scenario, defects, found in before if not defects and healthy(found)}
        count = Count(passed=sum(one.name in right for one in picked))
        count += Count(passed=sum(one in whole for one in without))
        picked = [one for one in picked if one.name not in right]
        without = [one for one in without if one not in whole]
    todo: list[tuple[str, list[Defect]]] = [(scenario, []) for scenario in without]
    todo += [(group[0].scenario, group) for group in grouped(picked)]
    os.environ["PATH"] = os.pathsep.join([str(Path(COMMAND).parent), os.environ["PATH"]])
    try:
        if todo and not lab("up", "--computes", COMPUTES):
            return Count(failed=len(todo))
        for scenario, defects in todo:
            count += tried(scenario, defects)
    finally:
        lab("down")
    matrix(known)
    return count
