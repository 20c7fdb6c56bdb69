# SPDX-License-Identifier: Apache-2.0
"""`migration-chaos certify`: runs the suite against a cloud and shows the verdicts.

It makes the run folder, runs the tests in one process of their own, shows what happens, judges
the record and prints the table. It needs no Tempest workspace and works from any folder. May
not know: any scenario, judges, hosts.
"""

from __future__ import annotations

import argparse
import configparser
import os
import re
import shutil
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from cliff.command import Command

from migration_tests.cli import samples
from migration_tests.cli.app import version
from migration_tests.cli.progress import Progress
from migration_tests.cli.worker import LOCKS, Worker, WorkerError, results, tests
from migration_tests.config import GROUP_NAME
from migration_tests.judges.document import write_verdicts
from migration_tests.record import history, run_folder, words
from migration_tests.record.events import (
    RunFinished,
    ScenarioSkipped,
    TestErrored,
    TestSkipped,
    TestsPlanned,
)
from migration_tests.record.history import History, HistoryError
from migration_tests.record.run_folder import RunFolder, RunFolderError
from migration_tests.record.verdicts import Verdicts, VerdictsError
from migration_tests.report import table
from migration_tests.scenarios import profiles

BROKEN, USAGE, INTERRUPTED = 1, 2, 130  # exit statuses besides 0
VOLUME_TYPE = f"OS_{GROUP_NAME.upper()}__VOLUME_TYPE"
TICK = 0.5  # seconds between two looks at the history
_SET_UP = re.compile(r"\w+ \((.+)\)")  # what the stream calls the set-up of a class


class InputError(Exception):
    """Something the run needs is missing or wrong; every problem at once, with what to do."""


@dataclass(frozen=True)
class Inputs:
    """What a run is made from, checked."""

    tempest_conf: Path
    runs: Path
    cloud: str


class Certify(Command):
    """Run the suite against a cloud, judge what happened and print the verdicts."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of this command's words."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--tempest-conf",
            metavar="FILE",
            type=Path,
            help="tempest.conf of the cloud (default: as TEMPEST_CONFIG_DIR and TEMPEST_CONFIG"
            " say, else tempest.conf or etc/tempest.conf here)",
        )
        parser.add_argument(
            "--runs",
            metavar="FOLDER",
            type=Path,
            help="where run folders are kept (default: as tempest.conf says, else runs)",
        )
        parser.add_argument(
            "--regex",
            default="",
            help="run only the tests whose name this regular expression finds (default: all)",
        )
        parser.add_argument(
            "--profile",
            choices=words.PROFILES,
            default=words.FULL,
            help="how much is run: a first look, at least one scenario of each kind, or all"
            f" (default: {words.FULL})",
        )
        parser.add_argument(
            "--volume-type",
            default="",
            metavar="NAME",
            help="volume type that servers boot from, in place of the one in tempest.conf: which"
            " storage backend is tried",
        )
        parser.add_argument(
            "--defect",
            action="append",
            default=[],
            metavar="NAME",
            help="note in the verdicts that the cloud carries this defect on purpose; repeatable",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Run and report; 0 only when something passed and nothing failed or is unknown."""
        out: TextIO = self.app.stdout
        try:
            inputs = check(parsed_args.tempest_conf, parsed_args.runs, parsed_args.regex)
            out.write("Looking for the tests ...\n")
            out.flush()
            if parsed_args.volume_type:
                # oslo.config reads it before the file, and so does every process of the run.
                os.environ[VOLUME_TYPE] = parsed_args.volume_type
            names = tests(inputs.tempest_conf, parsed_args.regex)
            if not names:
                raise InputError(f"no test's name is found by --regex {parsed_args.regex!r}")
            if parsed_args.profile != words.FULL:
                names = _of_profile(names, parsed_args.profile)
            run = run_folder.create(
                inputs.runs,
                suite=version(),
                cloud=inputs.cloud,
                profile=_profile(parsed_args),
                defects=tuple(parsed_args.defect),
            )
        except (InputError, WorkerError, RunFolderError) as error:
            self.app.stderr.write(f"{error}\n")
            return USAGE
        out.write(f"{len(names)} tests{_estimate(names)}. Run folder: {run.path}\n")
        out.flush()
        try:
            interrupted = carry_out(names, inputs.tempest_conf, run, out)
            result = write_verdicts(run)
        except (HistoryError, VerdictsError) as error:
            self.app.stderr.write(f"{error}\nWhat was recorded is in {run.path}\n")
            return BROKEN
        return self._show(result, run, interrupted)

    def _show(self, result: Verdicts, run: RunFolder, interrupted: bool) -> int:
        self.app.stdout.write(f"\n{table.render(result)}Run folder: {run.path}\n")
        if interrupted:
            return INTERRUPTED
        return 0 if result.good else BROKEN


def _profile(parsed: argparse.Namespace) -> str:
    parts = [parsed.regex or "all" if parsed.profile == words.FULL else parsed.profile]
    parts += [parsed.regex] if parsed.regex and parsed.profile != words.FULL else []
    parts += [f"volume type {parsed.volume_type}"] if parsed.volume_type else []
    return ", ".join(parts)


def _of_profile(names: Sequence[str], profile: str) -> list[str]:
    """Return the tests of a profile's scenarios.

    :raises InputError: when none of them is among the tests
    """
    wanted = re.compile(profiles.regex(profiles.of(profile)))
    found = [name for name in names if wanted.search(name)]
    if not found:
        raise InputError(f"no test of the profile {profile} is found by --regex")
    return found


def _estimate(names: Sequence[str]) -> str:
    """Return how long the tests will take, for people; nothing if that is not known."""
    budgets = {name.partition("[")[0].rpartition(".")[0]: profiles.budget(name) for name in names}
    if not all(budgets.values()):
        return ""
    minutes = sum(budgets.values()) / 60
    return f" of {len(budgets)} scenarios, about {minutes:.0f} min on a cloud at rest"


def check(tempest_conf: Path | None, runs: Path | None, regex: str) -> Inputs:
    """Return what to run from, or say everything that is wrong with it at once.

    :raises InputError: with one line for each problem.
    """
    problems = []
    try:
        re.compile(regex)
    except re.error as error:
        problems.append(f"--regex {regex!r} is no regular expression: {error}")
    path = (tempest_conf or _default_conf()).absolute()
    parser = configparser.RawConfigParser(strict=False, interpolation=None)
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except OSError as error:
        problems.append(
            f"{path} cannot be read: {error.strerror}; name the cloud's tempest.conf with"
            " --tempest-conf (a lab's own is in its product folder)"
        )
    except (configparser.Error, UnicodeDecodeError) as error:
        problems.append(f"{path} is no configuration file: {error}")
    else:
        problems += _problems(parser, path)
    if problems:
        raise InputError("\n".join(problems))
    named = parser.get(GROUP_NAME, "runs_dir", fallback="runs")
    cloud = parser.get("identity", "uri_v3", fallback="")
    return Inputs(path, (runs or Path(named)).absolute(), cloud)


def _default_conf() -> Path:
    folder = os.environ.get("TEMPEST_CONFIG_DIR")
    name = os.environ.get("TEMPEST_CONFIG", "tempest.conf")
    if folder:
        return Path(folder, name)
    return next((path for path in (Path(name), Path("etc", name)) if path.is_file()), Path(name))


def _problems(parser: configparser.RawConfigParser, path: Path) -> list[str]:
    problems = []
    if not parser.get("identity", "uri_v3", fallback=""):
        problems.append(f"{path}: [identity] uri_v3 is not set; it names the cloud")
    hosts = parser.get(GROUP_NAME, "hosts_file", fallback="")
    if not hosts:
        problems.append(
            f"{path}: [{GROUP_NAME}] hosts_file is not set; it names hosts.yaml, the hosts that"
            f" may be disturbed (a sample: {samples.path('hosts.yaml.sample')})"
        )
    elif not Path(hosts).is_file():
        problems.append(f"{path}: [{GROUP_NAME}] hosts_file = {hosts}: there is no such file")
    return problems


def carry_out(names: list[str], tempest_conf: Path, run: RunFolder, out: TextIO) -> bool:
    """Run the tests to their end, showing what happens; return whether it was interrupted.

    The first Ctrl-C lets the tests stop, undo what they did and clean up; the second ends them
    at once.
    """
    progress = Progress(run.history, out)
    interrupts = 0
    with _interrupts() as asked:
        worker = Worker(names, tempest_conf, run)
        while (status := worker.wait(TICK)) is None:
            progress.look()
            if len(asked) > interrupts:
                interrupts += 1
                if interrupts == 1:
                    progress.say(
                        "interrupted: the tests undo what they did and clean up; wait, or"
                        " press Ctrl-C again to leave everything as it is"
                    )
                    worker.interrupt()
                else:
                    progress.say(
                        "the tests are ended at once; 'migration-chaos recover' brings back"
                        " hosts that are still down"
                    )
                    worker.kill()
        progress.look()
        if status and not interrupts:
            progress.say(f"the test process ended with status {status}")
        _close(run, names, status, bool(interrupts), worker.said())
    return bool(interrupts)


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """Gather Ctrl-C and its like instead of dying of them."""
    asked: list[int] = []
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    former = {one: signal.signal(one, lambda number, _: asked.append(number)) for one in signals}
    try:
        yield asked
    finally:
        for one, handler in former.items():
            signal.signal(one, handler)


def _close(
    run: RunFolder, names: Sequence[str], status: int, interrupted: bool, said: str
) -> None:
    """Note in the history how the tests ended, above all those whose scenario was never set up.

    :param names: of all tests that were to be run
    """
    writer = History(run.history)
    events = [line.event for line in history.read(run.history)]
    # A test of a scenario that was set up reads its judge's verdict, and fails as that says.
    planned = {
        test for event in events if isinstance(event, TestsPlanned) for _, test, _ in event.tests
    }
    skipped = {event.reason.strip() for event in events if isinstance(event, ScenarioSkipped)}
    noted = {event.test for event in events if isinstance(event, TestErrored)}
    ended = results(run)
    for result in ended:
        if result.test in planned | noted:
            continue
        if result.status in ("fail", "inprogress"):
            writer.append(TestErrored(test=result.test, error=result.last_word), source="certify")
        # A scenario that was skipped stands in the record as that.
        elif result.status == "skip" and result.reason not in skipped:
            test = TestSkipped(test=result.test, reason=result.reason)
            writer.append(test, source="certify")
    shutil.rmtree(run.path / LOCKS, ignore_errors=True)
    why = "the run was interrupted" if interrupted else f"the test process ended with {status}"
    for case, count in Counter(_never_run(names, [result.test for result in ended])).items():
        error = f"{count} of its tests were never run: {why}"
        if not ended and said:
            error += f", and said: {said}"
        writer.append(TestErrored(test=case, error=error), source="certify")
    writer.append(RunFinished(exit_status=status, interrupted=interrupted), source="certify")


def _never_run(names: Sequence[str], ended: Sequence[str]) -> list[str]:
    """Return the class of each test that neither ended itself nor has a class that did.

    A class whose set-up fails or skips stands in the stream in place of its tests.
    """
    cases = {found[1] for name in ended if (found := _SET_UP.fullmatch(name))}
    begun = set(ended)
    missing = [name for name in names if name not in begun]
    found_in = [name.partition("[")[0].rpartition(".")[0] for name in missing]
    return [case for case in found_in if case not in cases]
