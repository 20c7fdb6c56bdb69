# SPDX-License-Identifier: Apache-2.0
"""Each ready-made defect, loaded into a whole lab, fails exactly the judges that it names.

One lab. First every scenario that shows a defect is run without any: nothing may fail or be
unknown. Then defects are loaded, several at once where they do not touch each other (no judge of
the one is a judge of the other for servers on the same storage, and none ends the scenario), the
smallest scenario that shows them is run, and the pairs of judge and storage that fail must be the
union of those that the defects name. At the end stands the matrix of all defects and judges, and
which judges no defect has proved.

DEFECTS in the environment names those to try (default: all), with blanks between; ``none`` is the
run without any. DEFECTS_RESUME=1 leaves out what the run before has tried and found right.
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


def as_expected(name: str, found: Sequence[dict[str, str]], wanted: set[Pair]) -> bool:
    """Whether exactly the expected pairs fail and, without any defect, nothing is unknown."""
    failed, unknown = pairs(found, "fail"), pairs(found, "unknown")
    right = bool(found) and failed == wanted and (bool(wanted) or not unknown)
    said = f"{name}: {text(failed) or 'no judge'} failed"
    if failed != wanted:
        said += f", expected was {text(wanted) or 'none'}"
    if unknown:
        said += f" (unknown: {text(unknown)})"
    print(("as it must be: " if right else "WRONG: ") + said, flush=True)
    for verdict in found:
        if verdict["outcome"] in ("fail", "unknown"):
            print(f"    {verdict['judge']}, {verdict['storage']}: {verdict['reason']}")
    return right


def text(some: set[Pair]) -> str:
    """Return pairs for people."""
    return ", ".join(sorted(f"{judge} ({of})" if of else judge for judge, of in some))


def tried(scenario: str, defects: Sequence[Defect]) -> bool:
    """Load defects into a whole lab, look what fails, and make the lab whole again."""
    names = [each.name for each in defects]
    if names and not lab("defect", "load", *names):
        return False
    found = verdicts(scenario, defects)
    name = " + ".join(names) or f"{HEALTHY} ({scenario})"
    right = as_expected(name, found, expected(defects, found))
    whole = not names or lab("defect", "unload", *names)
    # What a defect switched on in the lab outlives it.
    whole = lab("fault", "clear", "--all") and whole
    # A host that was not given back, and what else a scenario could not take back.
    whole = (not names or lab("reset")) and whole
    outcome = folder(scenario, defects) / "outcome.json"
    outcome.parent.mkdir(parents=True, exist_ok=True)
    outcome.write_text(json.dumps({"right": right, "failed": text(pairs(found, "fail"))}))
    return whole and right


def before(scenario: str, defects: Sequence[Defect]) -> bool:
    """Whether the run before has tried this and found it right."""
    path = folder(scenario, defects) / "outcome.json"
    resumed = os.environ.get("DEFECTS_RESUME") == "1"
    return resumed and path.is_file() and bool(json.loads(path.read_text())["right"])


def matrix(groups: Sequence[tuple[str, list[Defect]]]) -> None:
    """Print which judges failed with which defects, and which no defect has proved."""
    proved: set[str] = set()
    judged: set[str] = set()
    print("\nDefect(s): judges that failed")
    for scenario, defects in groups:
        where = folder(scenario, defects)
        latest = where / "latest" / "verdicts.json"
        if not latest.is_file():
            continue
        found = json.loads(latest.read_text())["verdicts"]
        judged |= {one["judge"] for one in found}
        failed = pairs(found, "fail")
        proved |= {judge for judge, _ in failed}
        print(f"  {where.relative_to(RUNS)}: {text(failed) or 'none'}")
    unproved = ", ".join(sorted(judged - proved)) or "none"
    print(f"Judges without a defect that proves them: {unproved}")


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
    groups = [(group[0].scenario, group) for group in grouped(picked)]
    scenarios = dict.fromkeys(each.scenario for each in picked or known.values())
    if HEALTHY in chosen:
        groups = [*((scenario, []) for scenario in scenarios), *groups]
    os.environ["PATH"] = os.pathsep.join([str(Path(COMMAND).parent), os.environ["PATH"]])
    todo = [one for one in groups if not before(*one)]
    count = Count(passed=len(groups) - len(todo))
    try:
        if todo and not lab("up"):
            return Count(failed=len(todo))
        for scenario, defects in todo:
            count += Count(passed=1) if tried(scenario, defects) else Count(failed=1)
    finally:
        lab("down")
    matrix(groups)
    return count
