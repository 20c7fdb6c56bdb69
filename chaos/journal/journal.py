# SPDX-License-Identifier: Apache-2.0
"""The journal: what is about to be injected into which host, and what recovers it, beforehand.

One file of JSON lines, append-only, each line fsynced before the call returns. It holds data, not
code: another process, of another version or on another machine, can read from it what is still to
be recovered. Several processes may write to one journal; a lock on the file keeps their lines and
their decisions apart. Holds no secret: it names hosts, and how to reach them stands in the hosts
file.

How it is read stands in :mod:`chaos.journal.reading`. Knows nothing of hosts or of what a fault
does.
"""

import contextlib
import fcntl
import json
import os
import platform
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chaos import errors
from chaos.journal.reading import BEGUN, CLOSED, OPENED, VERSION, Entry, JournalReader


class Journal(JournalReader):
    """A journal file that is written to as well.

    :param path: the file; made, with its folder, at the first entry. Choose a place that survives
        a restart of the machine, never a temporary folder.
    """

    def __init__(self, path: str | Path) -> None:
        super().__init__(path)
        self._thread_lock = threading.RLock()
        self._fd: int | None = None

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the journal against all other processes and threads, to read and then decide.

        :raises chaos.errors.JournalError: if it cannot be opened or locked
        """
        with self._thread_lock:
            if self._fd is not None:
                yield
                return
            self._fd = self._open()
            try:
                yield
            finally:
                # Closing gives the lock back.
                os.close(self._fd)
                self._fd = None

    def open_entry(
        self, fault: str, host: str, recovery: str, data: Mapping[str, Any]
    ) -> Entry:
        """Write down a fault that is about to be injected.

        When this returns, the line is on the disk.

        :raises chaos.errors.JournalError: if it is not; then nothing may be touched
        """
        entry = Entry(
            id=str(uuid.uuid4()),
            fault=fault,
            host=host,
            recovery=recovery,
            data=dict(data),
            opened_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            by={"machine": platform.node(), "pid": os.getpid()},
        )
        self._append(
            {
                "version": VERSION,
                "entry": entry.id,
                "event": OPENED,
                "fault": fault,
                "host": host,
                "recovery": recovery,
                "by": dict(entry.by),
                "data": dict(data),
            },
            entry.opened_at,
        )
        return entry

    def note(self, entry: Entry | str, event: str, data: Mapping[str, Any] | None = None) -> None:
        """Add an event to an entry.

        :raises chaos.errors.JournalError: if it cannot be written
        """
        name = entry if isinstance(entry, str) else entry.id
        self._append({"entry": name, "event": event, "data": dict(data or {})})

    def close_entry(self, entry: Entry | str, data: Mapping[str, Any] | None = None) -> None:
        """Note that a fault is over and seen to be over."""
        self.note(entry, CLOSED, data)

    def begin(self, run: str, hosts_file: Path, hosts: Mapping[str, str]) -> None:
        """Write down whose journal it is, before anything else.

        :param hosts: the hosts the run may disturb, name to address
        :raises chaos.errors.JournalError: if it cannot be written
        """
        self._append(
            {
                "version": VERSION,
                "event": BEGUN,
                "run": run,
                "by": {"machine": platform.node(), "pid": os.getpid()},
                "hosts_file": str(hosts_file.absolute()),
                "hosts": dict(hosts),
            }
        )

    def mark(self, event: str, data: Mapping[str, Any] | None = None) -> None:
        """Note something of the whole run.

        :raises chaos.errors.JournalError: if it cannot be written
        """
        self._append({"event": event, "data": dict(data or {})})

    def _open(self) -> int:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            fd = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as exc:
            raise self._unwritable(exc) from exc
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            # The name of a new file must survive a power cut as well as its lines.
            folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as exc:
            os.close(fd)
            raise self._unwritable(exc) from exc
        return fd

    def _append(self, record: dict[str, Any], t_wall: str | None = None) -> None:
        stamp = t_wall or datetime.now(UTC).isoformat(timespec="milliseconds")
        record = {"t_wall": stamp, "t_mono": time.monotonic(), **record}
        line = (json.dumps(record, separators=(",", ":")) + "\n").encode()
        with self.locked():
            assert self._fd is not None
            try:
                self._drop_torn_end(self._fd)
                size = os.fstat(self._fd).st_size
                try:
                    if os.write(self._fd, line) != len(line):
                        raise OSError(28, "No space left on device")
                    os.fsync(self._fd)
                except OSError:
                    os.ftruncate(self._fd, size)
                    raise
            except OSError as exc:
                raise self._unwritable(exc) from exc

    def _drop_torn_end(self, fd: int) -> None:
        """Remove a line that a writer died over; it was never acted on."""
        size = os.fstat(fd).st_size
        if size == 0 or os.pread(fd, 1, size - 1) == b"\n":
            return
        end = os.pread(fd, size, 0).rfind(b"\n") + 1
        os.ftruncate(fd, end)

    def _unwritable(self, exc: OSError) -> errors.JournalError:
        return errors.JournalError(
            f"{self.path} cannot be written: {exc.strerror}",
            expected="a journal on a disk with room, before any fault",
            remedy="free space there or choose another folder",
        )
