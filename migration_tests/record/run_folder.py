# SPDX-License-Identifier: Apache-2.0
"""The folder of one run: where its files are, how it is made and found again.

May not know: what stands in the files.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

from migration_tests.record import processes
from migration_tests.record.events import RunStarted
from migration_tests.record.history import History

ENVIRONMENT = "MIGRATION_CHAOS_RUN"  # tells the test processes the folder of the run they are of
LATEST = "latest"
RUNNERS = ".runners"  # folder of the notes which runner has which run folder
_NAME = re.compile(r"\d{8}T\d{6}Z(-\d+)?")


class RunFolderError(Exception):
    """A run folder cannot be made or is none; says what was found and what to do."""


@dataclass(frozen=True)
class RunFolder:
    """The files of one run."""

    path: Path

    @property
    def name(self) -> str:
        """The run's ID: the UTC time it began, as text that sorts."""
        return self.path.name

    @property
    def history(self) -> Path:
        """What happened, one JSON line for each event."""
        return self.path / "history.jsonl"

    @property
    def verdicts(self) -> Path:
        """What was concluded from it."""
        return self.path / "verdicts.json"

    @property
    def subunit(self) -> Path:
        """The test runner's own stream."""
        return self.path / "subunit.bin"

    @property
    def log(self) -> Path:
        """Tempest's log."""
        return self.path / "tempest.log"

    @property
    def output(self) -> Path:
        """What the test runner printed."""
        return self.path / "runner.log"


def create(
    runs: Path,
    *,
    suite: str,
    cloud: str = "",
    profile: str = "",
    defects: tuple[str, ...] = (),
) -> RunFolder:
    """Make a new run folder under `runs`, let `runs/latest` point to it, begin its history.

    :param suite: the version of the suite.
    :param cloud: the cloud's identity URI.
    :param profile: what was selected to run.
    :param defects: defects the cloud is known to carry.
    :raises RunFolderError: when the folder cannot be made.
    """
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    try:
        runs.mkdir(parents=True, exist_ok=True)
        path = _make(runs.resolve(), stamp)
        _point(runs.resolve() / LATEST, path.name)
    except OSError as error:
        raise RunFolderError(
            f"no run folder can be made in {runs}: {error}; choose a folder you may write to"
        ) from error
    folder = RunFolder(path)
    started = RunStarted(
        run=folder.name, suite=suite, cloud=cloud, profile=profile, defects=defects
    )
    History(folder.history).append(started, source="run")
    return folder


def find(path: Path) -> RunFolder:
    """Return the run folder `path` means: the folder itself, or `runs` for its latest run.

    :raises RunFolderError: when there is no history in it.
    """
    for candidate in (path, path / LATEST):
        if (candidate / "history.jsonl").is_file():
            return RunFolder(candidate.resolve())
    raise RunFolderError(
        f"{path} is no run folder: no history.jsonl in it nor in {path / LATEST}; name a folder"
        " that 'migration-chaos certify' has made"
    )


def current(runs: Path, *, suite: str, cloud: str = "") -> RunFolder:
    """Return the folder of the run this process is part of.

    It is the one that `certify` names in the environment. Without that, the tests were started by
    Tempest or stestr: one run is one start of the runner, so all its workers get one folder. Who
    comes first makes it; a file under `runs` tells the others, by the runner's process ID and the
    time it was started.

    :raises RunFolderError: when the named folder is none, or none can be made.
    """
    named = os.environ.get(ENVIRONMENT)
    if named:
        return find(Path(named))
    try:
        notes = runs.resolve() / RUNNERS
        notes.mkdir(parents=True, exist_ok=True)
        with (notes / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            note = notes / processes.identity(processes.runner())
            if note.is_file():
                return find(runs.resolve() / note.read_text(encoding="utf-8").strip())
            folder = create(runs, suite=suite, cloud=cloud, profile="tempest")
            note.write_text(f"{folder.name}\n", encoding="utf-8")
            _tidy(notes)
    except OSError as error:
        raise RunFolderError(
            f"no run folder can be made in {runs}: {error}; choose a folder you may write to"
        ) from error
    return folder


def _tidy(notes: Path) -> None:
    """Remove the notes of runners that are gone."""
    for note in notes.iterdir():
        if note.name != "lock" and not processes.lives(note.name):
            note.unlink(missing_ok=True)


def _make(runs: Path, stamp: str) -> Path:
    for suffix in ("", *(f"-{number}" for number in range(2, 100))):
        path = runs / (stamp + suffix)
        with contextlib.suppress(FileExistsError):
            # Tempest logs what the cloud answers, keys that it makes included.
            path.mkdir(mode=0o700)
            return path
    raise FileExistsError(f"a hundred runs began at {stamp}")


def _point(link: Path, target: str) -> None:
    # A link is replaced by renaming another over it, so that there is a "latest" at all times.
    fresh = link.with_name(f".{LATEST}-{os.getpid()}")
    with contextlib.suppress(FileNotFoundError):
        fresh.unlink()
    fresh.symlink_to(target)
    fresh.replace(link)


def names(runs: Path) -> list[str]:
    """Return the names of the runs under `runs`, oldest first."""
    if not runs.is_dir():
        return []
    return sorted(entry.name for entry in runs.iterdir() if _NAME.fullmatch(entry.name))
