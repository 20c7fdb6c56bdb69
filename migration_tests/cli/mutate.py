# SPDX-License-Identifier: Apache-2.0
"""`migration-chaos mutate`: puts the judges on trial with the evidence of a run.

May not know: how evidence is damaged (`judges.mutation`), any judge.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from cliff.command import Command

from migration_tests.judges import mutation
from migration_tests.judges.mutation import Mutation, Score, Trial
from migration_tests.judges.unnoticed import reason
from migration_tests.record import history, run_folder
from migration_tests.record.history import HistoryError
from migration_tests.record.run_folder import RunFolderError

ENOUGH = 0.95  # share of damages that must be noticed
WIDTH = 99
CHUNK = 20  # mutations that a process takes at once

_trial: Trial | None = None  # set before the processes are forked, so that each has it


class Mutate(Command):
    """Damage the evidence of a run field by field, and see whether its verdicts notice.

    A run of a healthy cloud tells most: only evidence of verdicts that pass is damaged.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of this command's words."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "history",
            type=Path,
            help="a run folder, or a history.jsonl",
        )
        parser.add_argument(
            "--scenario",
            action="append",
            default=[],
            help="judge this scenario only; may be given several times (default: all)",
        )
        parser.add_argument(
            "--sample",
            type=int,
            default=0,
            metavar="N",
            help="try only N of the damages, chosen at random (default: all)",
        )
        parser.add_argument(
            "--seed", type=int, default=1, help="what the choice begins with (default: 1)"
        )
        parser.add_argument(
            "--jobs",
            type=int,
            default=os.cpu_count() or 1,
            help="how many processes judge at once (default: one for each processor)",
        )
        parser.add_argument(
            "--list", action="store_true", help="name every line of what went unnoticed"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Print the score; the status is 0 when enough was noticed and no fail became a pass."""
        try:
            lines = history.read(_file(parsed_args.history))
        except (RunFolderError, HistoryError) as error:
            self.app.stderr.write(f"{error}\n")
            return 2
        trial = Trial(lines, parsed_args.scenario)
        mutations = trial.mutations()
        if parsed_args.sample:
            mutations = mutation.sample(mutations, parsed_args.sample, parsed_args.seed)
        if not mutations:
            self.app.stderr.write("No verdict of this history passes: there is no evidence.\n")
            return 2
        score = mutation.total(_results(trial, mutations, parsed_args.jobs))
        for line in _report(score, every_line=parsed_args.list):
            self.app.stdout.write(_wrapped(line) + "\n")
        return 0 if score.noticed >= ENOUGH and not score.turned else 1


def _file(path: Path) -> Path:
    return path if path.is_file() else run_folder.find(path).history


def _results(
    trial: Trial, mutations: Sequence[Mutation], jobs: int
) -> Iterator[tuple[Mutation, bool, str]]:
    """Try mutations in several processes; yield them as they are done, with what came of each."""
    global _trial  # noqa: PLW0603 - what forked processes are given
    _trial = trial
    with multiprocessing.get_context("fork").Pool(min(jobs, len(mutations))) as pool:
        answers = pool.imap(_try, mutations, chunksize=CHUNK)
        for done, (one, answer) in enumerate(zip(mutations, answers, strict=True), 1):
            if sys.stderr.isatty() and (done % CHUNK == 0 or done == len(mutations)):
                end = "\n" if done == len(mutations) else ""
                print(f"\r{done} of {len(mutations)} tried", end=end, file=sys.stderr, flush=True)
            yield one, *answer


def _try(one: Mutation) -> tuple[bool, str]:
    assert _trial is not None
    return _trial.try_one(one)


def _report(score: Score, *, every_line: bool) -> Iterator[str]:
    yield (
        f"{score.tried - score.missed} of {score.tried} damages noticed: {score.noticed:.1%}"
        f" (wanted: {ENOUGH:.0%})."
    )
    unread, count = mutation.unread_fields()
    yield (
        f"{len(unread)} of {count} fields ({len(unread) / count:.0%}) are read by no judge and"
        f" were left alone: {', '.join(unread)}."
    )
    if score.turned:
        yield "Failing verdicts that became a pass though their own evidence was left alone:"
        yield from (f"  {judge}: {one}" for one, judge in score.turned)
    if score.unnoticed:
        yield "Unnoticed:"
        yield from _unnoticed(score.unnoticed, every_line=every_line)


def _wrapped(line: str) -> str:
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return "\n".join(textwrap.wrap(line, WIDTH, subsequent_indent=indent, break_on_hyphens=False))


def _unnoticed(mutations: Iterable[Mutation], *, every_line: bool) -> Iterator[str]:
    """Yield what went unnoticed by event and field, with the reason where there is one."""
    groups: dict[tuple[str, str, str], list[Mutation]] = defaultdict(list)
    for one in mutations:
        groups[one.kind, one.field, one.what].append(one)
    by_reason: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for group in groups:
        by_reason[reason(*group)].append(group)
    for why in sorted(by_reason):
        yield f"  {why or 'without a reason: a hole in a judge'}:"
        for kind, field, what in sorted(by_reason[why]):
            found = groups[kind, field, what]
            yield f"    {kind} {field}: {what} ({len(found)})"
            if every_line:
                yield from (f"      {one}" for one in found)
