# SPDX-License-Identifier: Apache-2.0
"""The process that runs the tests, and the stream it leaves.

It is stestr's own worker (see `process`), started once: scenarios come one after the other, and
whoever interrupts must reach exactly one process, which then undoes what it did. May not know:
scenarios, judges, what a test does.
"""

from __future__ import annotations

import datetime
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import subunit
from testtools import StreamResult

import migration_tests
from migration_tests.record.run_folder import ENVIRONMENT, RunFolder

PACKAGE = Path(migration_tests.__file__).resolve().parent
TESTS = PACKAGE / "tests" / "scenario"  # as the plugin tells Tempest
DISCOVER = ("-m", "migration_tests.cli.process", "discover", "-t", str(PACKAGE.parent), str(TESTS))
LOCKS = "locks"  # folder of the lock files of Tempest, in the run folder while it runs
LOOSE = "output"  # name of what belongs to no test
LISTING = 120  # seconds in which the tests must have been found


class WorkerError(Exception):
    """The tests cannot be found or started; holds what the process said."""


@dataclass(frozen=True)
class TestResult:
    """How one test ended, as the stream tells."""

    __test__ = False
    test: str
    status: str  # "success", "fail", "skip", "xfail", "uxsuccess", "inprogress"
    details: Mapping[str, str] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """Why it was skipped."""
        return self.details.get("reason", "").strip() or self.last_word

    @property
    def last_word(self) -> str:
        """The line that says most: the end of a traceback."""
        text = self.details.get("traceback") or "\n".join(self.details.values())
        lines = [line.strip() for line in text.splitlines() if line.strip(" ~^")]
        return lines[-1] if lines else f"it ended as {self.status} without a word"


def environment(tempest_conf: Path, folder: Path, run: RunFolder | None) -> dict[str, str]:
    """Return the environment of a test process.

    :param folder: where Tempest may keep its lock files.
    :param run: the run it is part of; None when tests are only listed.
    """
    return {
        **os.environ,
        "TEMPEST_CONFIG_DIR": str(tempest_conf.parent),
        "TEMPEST_CONFIG": tempest_conf.name,
        "PYTHONUNBUFFERED": "1",
        # oslo.config reads these before the file: nothing is left outside the run folder.
        "OS_OSLO_CONCURRENCY__LOCK_PATH": str(folder / LOCKS),
        "OS_DEFAULT__USE_STDERR": "false",
        "OS_DEFAULT__LOG_DIR": "",
        "OS_DEFAULT__LOG_FILE": str(run.log if run else folder / "tempest.log"),
        **({ENVIRONMENT: str(run.path)} if run else {}),
    }


def tests(tempest_conf: Path, regex: str) -> list[str]:
    """Return the names of the suite's tests that match, in their order.

    :raises WorkerError: when the tests cannot be imported or found in time.
    """
    with tempfile.TemporaryDirectory() as scratch:
        try:
            listed = subprocess.run(
                [sys.executable, *DISCOVER, "--list"],
                env=environment(tempest_conf, Path(scratch), None),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=LISTING,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise WorkerError(f"the tests were not found within {LISTING} s") from error
        stream = Path(scratch, "list.bin")
        stream.write_bytes(listed.stdout)
        found = _Results()
        _replay(stream, found)
    if listed.returncode != 0:
        said = "".join(found.details(LOOSE).values()) or listed.stderr.decode(errors="replace")
        raise WorkerError(f"the tests cannot be loaded:\n{_end(said)}")
    return [name for name in found.names if re.search(regex, name)]


class Worker:
    """The running test process; its stream and its words go to the run folder.

    :param names: the tests to run.
    """

    def __init__(self, names: Sequence[str], tempest_conf: Path, run: RunFolder) -> None:
        self._run = run
        wanted = run.path / "tests.txt"
        wanted.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
        # Files, not pipes: the tests go on to their recovery even if whoever watches them is gone.
        with run.subunit.open("wb") as stream, run.output.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, *DISCOVER, "--load-list", str(wanted)],
                env=environment(tempest_conf, run.path, run),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=output,
                # The terminal's Ctrl-C reaches us alone; we pass it on, once.
                start_new_session=True,
            )

    def wait(self, seconds: float) -> int | None:
        """Wait for the end; return the exit status, or None when it still runs."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def interrupt(self) -> None:
        """Ask the tests to stop; they undo what they did first."""
        self._process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """End the tests and what they started at once; nothing is undone."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def said(self) -> str:
        """Return the end of what the process wrote besides its stream."""
        return _end(self._run.output.read_text(encoding="utf-8", errors="replace"))


def results(run: RunFolder) -> list[TestResult]:
    """Return how the tests of a run ended, in their order, from its stream."""
    found = _Results()
    if run.subunit.exists():
        _replay(run.subunit, found)
    return [TestResult(name, status, found.details(name)) for name, status in found.ended.items()]


def _replay(path: Path, target: StreamResult) -> None:
    with path.open("rb") as stream:
        subunit.ByteStreamToStreamResult(stream, non_subunit_name=LOOSE).run(target)


class _Results(StreamResult):
    """Gathers a stream: the tests' names, how they ended and what they attached."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.ended: dict[str, str] = {}  # those that began, with their last status
        self._files: dict[str, dict[str, bytes]] = {}

    def status(  # noqa: PLR0917 - the signature of StreamResult
        self,
        test_id: str | None = None,
        test_status: str | None = None,
        test_tags: set[str] | None = None,
        runnable: bool = True,
        file_name: str | None = None,
        file_bytes: bytes | None = None,
        eof: bool = False,
        mime_type: str | None = None,
        route_code: str | None = None,
        timestamp: datetime.datetime | None = None,
    ) -> None:
        """Take one event of the stream."""
        if test_id is not None and test_status == "exists":
            self.names.append(test_id)
        elif test_id is not None and test_status is not None:
            self.ended[test_id] = test_status
        if file_name is not None and file_bytes is not None:
            files = self._files.setdefault(test_id or LOOSE, {})
            files[file_name] = files.get(file_name, b"") + bytes(file_bytes)

    def details(self, name: str) -> dict[str, str]:
        """Return what a test attached, as text."""
        files = self._files.get(name, {})
        return {name: content.decode(errors="replace") for name, content in files.items()}


def _end(text: str, lines: int = 15) -> str:
    return "\n".join(text.strip().splitlines()[-lines:])
