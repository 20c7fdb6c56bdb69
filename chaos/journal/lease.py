# SPDX-License-Identifier: Apache-2.0
"""A lease: who runs now, and until when it may be silent before it is taken for dead.

The holder keeps a shared lock on a file, which the kernel takes back the moment the last process
of the run ends, however that ends; and it writes down, again and again, until when it is good, for
the case that it hangs. Time is the clock that goes on while the machine sleeps and that nobody
sets. Knows files and clocks only.
"""

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from chaos import errors

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_WIDTH = 64


def now() -> float:
    """Seconds since the start of this machine, sleep included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Lease:
    """The lease of one run.

    :param path: its file
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    # The holder's side.

    def take(self, seconds: float) -> None:
        """Take it and renew it from now on, together with other processes of the same run.

        :param seconds: so long it stays good after the last renewal
        :raises chaos.errors.LeaseLost: if it was taken away, by the run's keeper
        :raises chaos.errors.JournalError: if it cannot be written
        """
        try:
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as exc:
            raise self._unwritable(exc) from exc
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            raise errors.LeaseLost(
                "the run's keeper has taken its lease away",
                remedy="see with 'migration-chaos status' that all is recovered, start a new run",
            ) from None
        self._fd = fd
        try:
            self._renew(seconds)
        except OSError as exc:
            self.release()
            raise self._unwritable(exc) from exc
        self._thread = threading.Thread(
            target=self._renew_until_stopped, args=(seconds,), name="lease", daemon=True
        )
        self._thread.start()

    def release(self) -> None:
        """Give it back; harmless if it is not held."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    @property
    def held(self) -> bool:
        """Whether this process holds it, and it is good still."""
        return self._fd is not None and not self.expired

    def _unwritable(self, exc: OSError) -> errors.JournalError:
        return errors.JournalError(
            f"{self.path} cannot be written: {exc.strerror}",
            expected="room for a run's lease beside its journal, before any fault",
            remedy="free space there or choose another folder",
        )

    def _renew_until_stopped(self, seconds: float) -> None:
        while not self._stop.wait(seconds / 4):
            # One that ran out stays so: the keeper may be at work already.
            if self.expired:
                return
            with contextlib.suppress(OSError):
                self._renew(seconds)

    def _renew(self, seconds: float) -> None:
        assert self._fd is not None
        text = f"{now() + seconds:.3f} {BOOT_ID.read_text().strip()}"
        os.pwrite(self._fd, text.ljust(_WIDTH).encode(), 0)

    # Everybody's side.

    @property
    def expired(self) -> bool:
        """Whether it has not been renewed in time, or was taken before the machine restarted."""
        try:
            until, boot_id = self.path.read_text(encoding="ascii").split()
            return boot_id != BOOT_ID.read_text().strip() or float(until) < now()
        except (OSError, ValueError):
            return True

    @property
    def alive(self) -> bool:
        """Whether some process holds it."""
        return locked_by_others(self.path)

    @contextlib.contextmanager
    def taken_away(self) -> Iterator[None]:
        """Wait until nobody holds it, and keep it from everybody."""
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)


def locked_by_others(path: Path) -> bool:
    """Whether any other open file has a lock on the file at `path`."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False
