# SPDX-License-Identifier: Apache-2.0
"""``migration-chaos lab`` as a user runs it, followed line by line, ended at any point."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

COMMAND = str(Path(sys.executable).with_name("migration-chaos"))


class WrongError(Exception):
    """Something is not as it must be; the message says what was found."""


class Command:
    """A command of the lab that runs.

    :param words: after ``migration-chaos lab``.
    :param before: what the command line begins with, such as one that enters namespaces.
    :param environment: added to this process's own.
    """

    def __init__(self, *words: str, before: Sequence[str] = (), **environment: str):
        self.lines: list[str] = []
        self._news = threading.Condition()
        self._over = False
        self.process = subprocess.Popen(
            [*before, COMMAND, "lab", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            env={**os.environ, **environment},
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            with self._news:
                self.lines.append(line.rstrip())
                self._news.notify_all()
        with self._news:
            self._over = True
            self._news.notify_all()

    @property
    def said(self) -> str:
        """All that it printed so far."""
        return "\n".join(self.lines)

    def until(self, wanted: Callable[[str], object], seconds: float = 300) -> str | None:
        """Return the first line that is `wanted`, as soon as it is printed; None if none is."""
        end, seen = time.monotonic() + seconds, 0
        with self._news:
            while True:
                for line in self.lines[seen:]:
                    if wanted(line):
                        return line
                seen = len(self.lines)
                if self._over or time.monotonic() > end:
                    return None
                self._news.wait(1)

    def end(self, number: int = signal.SIGKILL) -> int:
        """Send it a signal and return its status; an interrupt goes to all, as a terminal's."""
        if number == signal.SIGINT:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)
        return self.process.wait()

    def wait(self, seconds: float = 400) -> int:
        """Return its status once it has ended by itself and all it printed was read."""
        status = self.process.wait(seconds)
        # What it started may hold its output open for ever.
        self._reader.join(2)
        return status


def begins(title: str) -> Callable[[str], object]:
    """Return what finds the line that says a step begins."""
    return re.compile(rf"s\] {re.escape(title)}( \(about \d+ s left\))?$").search


def is_done(title: str) -> Callable[[str], object]:
    """Return what finds the line that says a step is done."""
    return re.compile(rf"s\] done: {re.escape(title)}, ").search
