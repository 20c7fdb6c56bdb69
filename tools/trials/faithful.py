# SPDX-License-Identifier: Apache-2.0
"""Tempest's own tests pass on the lab; `faithful:SET` runs one set of them.

A set is of ``tools/tempest_sets.yaml``, which also lists the skips that are expected: one that is
new, gone or for another reason counts as a failure.
"""

import configparser
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import labs
import subunit
import tempest_sets
from counting import TOP, Count, cannot_carry_a_lab
from on_lab import COMMAND, OnLab, TrialError
from testtools import StreamToDict

HOSTS = 4
WORKER = TOP / "tools" / "workers" / "tempest_run.py"
RUNS = TOP / "runs" / "faithful"
# What the worker leaves in a set's folder.
STREAM, OUTPUT = "results.subunit", "output.txt"

PARTS = tuple(each.name for each in tempest_sets.load().sets)


def results(stream: Path) -> list[tempest_sets.Result]:
    """Return how each test of a stream ended; what did not run is not among them."""
    found = []

    def note(test: dict) -> None:
        if test["status"] == "exists":
            return
        reason = test["details"].get("reason")
        found.append(
            tempest_sets.Result(
                test["id"].partition("[")[0], test["status"], reason.as_text() if reason else ""
            )
        )

    target = StreamToDict(note)
    target.startTestRun()
    with stream.open("rb") as source:
        subunit.ByteStreamToStreamResult(source, non_subunit_name="output").run(target)
    target.stopTestRun()
    return [each for each in found if not each.test.startswith("output")]


def kind_options(name: str, kind: str, alone: bool) -> dict[str, dict[str, str]]:
    """Return the options of tempest.conf for servers on one kind of storage, by section.

    :param alone: no host of another kind takes servers.
    """
    command = [COMMAND, "lab", "tempest", "options", "--name", name, kind]
    command += ["--alone"] if alone else []
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    parser = configparser.RawConfigParser()
    parser.read_string(done.stdout)
    return {section: dict(parser[section]) for section in parser.sections()}


def run_set(name: str, each: tempest_sets.TestSet, skips: dict[str, tempest_sets.Skip]) -> Count:
    """Run one set on the lab called `name`, say what came of it and count."""
    lab = labs.show(name)
    options = {section: dict(values) for section, values in each.options.items()}
    kind = each.flavor or each.kind
    if kind:
        for section, values in kind_options(name, kind, alone=bool(each.kind)).items():
            options[section] = values | options.get(section, {})
    folder = RUNS / each.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    computes = [host for host in lab["hosts"] if host["role"] == "compute"]
    hosts = [host["name"] for host in computes if each.kind in (None, host["kind"])]
    wanted = {
        "folder": str(folder),
        "tempest_conf": str(Path(lab["product"]) / "tempest.conf"),
        "options": options,
        "hosts": hosts,
        "unzoned": hosts[:1] if each.unzoned else [],
        "tests": each.tests,
        "workers": each.workers,
    }
    began = time.monotonic()
    done = subprocess.run(
        [COMMAND, "lab", "exec", "--name", name, "--", sys.executable, str(WORKER)],
        input=json.dumps(wanted),
        text=True,
        check=False,
    )
    stream = folder / STREAM
    found = results(stream) if stream.exists() else []
    ended = [result.status for result in found]
    failed = [result for result in found if result.status not in ("success", "skip")]
    passed, skipped = ended.count(tempest_sets.PASSED), ended.count(tempest_sets.SKIPPED)
    seconds = time.monotonic() - began
    print(
        f"{each.name}: {passed} passed, {len(failed)} failed, {skipped} skipped ({seconds:.0f} s)"
    )
    for result in sorted(found, key=lambda result: result.test):
        if result.status == tempest_sets.SKIPPED:
            print(f"  skipped {result.test}: {result.reason.strip().partition(chr(10))[0]}")
    for result in failed:
        print(f"  FAILED {result.test}")
    wrong = tempest_sets.differences(skips, found)
    if done.returncode or not passed:
        wrong.append(f"the tests did not run: see {folder / OUTPUT}")
    for sentence in wrong:
        print(f"  WRONG {sentence}")
    if failed or wrong:
        print(f"  details: {folder / OUTPUT}, {folder / 'tempest.log'}")
    sys.stdout.flush()
    return Count(passed, len(failed) + len(wrong), skipped)


def run(part: str | None = None) -> Count:
    """Bring a lab up, run all sets on it or the one called `part`, take it down."""
    if cannot_carry_a_lab():
        return Count(skipped=1)
    known = tempest_sets.load()
    chosen = [known.named(part)] if part else known.sets
    total = Count()
    try:
        with OnLab("faithful", "--computes", str(HOSTS)) as lab:
            for each in chosen:
                total += run_set(lab.name, each, known.expected(each.name))
    except TrialError as error:
        print(error)
        total += Count(failed=1)
    return total
