# SPDX-License-Identifier: Apache-2.0
"""Tempest's own runner and stestr, with two workers, make one run folder each, and judge the same.

One lab. What anybody does who runs Tempest plugins: `tempest init`, then `tempest run`; and stestr
over the plugin's tests. Two scenarios are chosen; workers that come at the same time take turns.
"""

import configparser
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from counting import COMMAND, TOP, Count
from on_lab import Checks, OnLab, prove_on_lab

SCENARIOS = ("evacuate_ephemeral", "live_migrate_shared")
CHOSEN = r"migration_tests\..*\.(EvacuateEphemeral|LiveMigrateShared)\."
BIN = Path(COMMAND).parent
WORKERS = ("--concurrency", "2")


def run() -> Count:
    """Try both on one lab."""
    return prove_on_lab("runners", prove, "--computes", "4")


def prove(lab: OnLab, checks: Checks) -> None:
    """Run the same scenarios by each runner."""
    with tempfile.TemporaryDirectory(prefix="runners-") as name:
        folder = Path(name)
        for runner, words in (("tempest run", _tempest), ("stestr", _stestr)):
            print(f"{runner} {' '.join(WORKERS)}", flush=True)
            place = folder / runner.replace(" ", "-")
            runs = TOP / "runs" / "nightly-runners" / place.name
            before = _folders(runs)
            done = lab.exec("--", *words(place, _conf(lab, place.parent, runs)))
            made = sorted(_folders(runs) - before)
            said = _tail(done.stdout, done.stderr)
            checks.check(f"{runner} ends well", done.returncode == 0, said)
            checks.check("it makes one run folder", len(made) == 1, len(made))
            for one in made[-1:]:
                _judged(checks, one)


def _judged(checks: Checks, folder: Path) -> None:
    found = json.loads((folder / "verdicts.json").read_text())["verdicts"]
    count = {
        outcome: sum(one["outcome"] == outcome for one in found)
        for outcome in ("pass", "fail", "unknown", "skip")
    }
    there = sorted({one["scenario"] for one in found})
    checks.check("both scenarios are judged in it", there == list(SCENARIOS), there)
    bad = [f"{one['judge']}: {one['reason']}" for one in found if one["outcome"] in
           ("fail", "unknown")]  # fmt: skip
    checks.check("and every promise is kept", count["pass"] > 0 and not bad, bad or count)
    tested = sum(bool(one["test"]) for one in found)
    checks.check("each verdict names its test", tested == len(found), f"{tested} of {len(found)}")


def _tempest(place: Path, conf: Path) -> Sequence[str]:
    """`tempest init` makes a workspace, `tempest run` runs in it."""
    script = (
        '"$0/tempest" init "$1" >/dev/null && cp "$2" "$1/etc/tempest.conf" && cd "$1" && '
        'unset TEMPEST_CONFIG_DIR && exec "$0/tempest" run --concurrency 2 --regex "$3"'
    )
    return ("sh", "-c", script, str(BIN), str(place), str(conf), CHOSEN)


def _stestr(place: Path, conf: Path) -> Sequence[str]:
    """stestr alone, over the plugin's own tests."""
    script = (
        'mkdir "$1" && cp "$2" "$1/tempest.conf" && cd "$1" && export TEMPEST_CONFIG_DIR="$1" && '
        'exec "$0/stestr" --test-path "$4/migration_tests/tests/scenario" --top-dir "$4" '
        '--group_regex "([^\\.]*\\.)*" run --concurrency 2 "$3"'
    )
    return ("sh", "-c", script, str(BIN), str(place), str(conf), CHOSEN, str(TOP))


def _conf(lab: OnLab, folder: Path, runs: Path) -> Path:
    """Return a copy of the lab's tempest.conf that says where run folders are made."""
    conf = configparser.ConfigParser(interpolation=None)
    conf.read(lab.product / "tempest.conf")
    conf["migration_chaos"]["runs_dir"] = str(runs)
    path = folder / "tempest.conf"
    path.touch(mode=0o600)
    with path.open("w") as stream:
        conf.write(stream)
    return path


def _folders(runs: Path) -> set[Path]:
    return {one for one in runs.glob("*") if one.is_dir() and not one.is_symlink()}


def _tail(*texts: str) -> str:
    lines = [line for text in texts for line in text.splitlines() if line.strip()]
    return " / ".join(line.strip() for line in lines[-3:])
