# SPDX-License-Identifier: Apache-2.0
"""The folder in which runs leave what must outlive them: journals, leases, keepers' logs.

One folder for all runs of this machine and user, so that any of them sees what the others have
injected. Knows file systems; nothing of hosts.
"""

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from chaos import errors

VARIABLE = "MIGRATION_CHAOS_STATE"

# What is gone after a restart of the machine, or tidied away by it.
TEMPORARY = ("/tmp", "/var/tmp", "/run", "/dev/shm")
_VOLATILE = frozenset({"tmpfs", "ramfs", "devtmpfs"})


def default_folder() -> Path:
    """Return the folder to use if nobody names one.

    ``MIGRATION_CHAOS_STATE``, else ``/var/lib/migration-chaos`` for root, else the user's own
    state folder as the XDG base directory specification has it.
    """
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named).absolute()
    if os.geteuid() == 0:
        return Path("/var/lib/migration-chaos")
    home = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(home) / "migration-chaos"


class StateFolder:
    """The folder, made when it is first needed.

    :param path: by default :func:`default_folder`
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self.path = Path(path).absolute() if path else default_folder()

    def journal(self, run: str) -> Path:
        """Return where the journal of a run is, or will be."""
        return self.path / f"{run}.jsonl"

    def journals(self) -> tuple[Path, ...]:
        """Return the journals of all runs there have been, in the order of their names."""
        return tuple(sorted(self.path.glob("*.jsonl")))

    def check(self) -> None:
        """Refuse a place that does not survive a restart of the machine.

        :raises chaos.errors.JournalError: if it is such a place, or cannot be made
        """
        where = self.path.resolve()
        for folder in {*TEMPORARY, tempfile.gettempdir()} if TEMPORARY else ():
            if where.is_relative_to(Path(folder).resolve()):
                raise self._refused(f"{self.path} lies in the temporary folder {folder}")
        kind = _file_system(where)
        if kind in _VOLATILE and TEMPORARY:
            raise self._refused(f"{self.path} lies on a {kind}, which is memory")
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as exc:
            raise self._refused(f"{self.path} cannot be made: {exc.strerror}") from exc

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder against all other runs, to look at them all and then decide.

        :raises chaos.errors.JournalError: if it cannot be locked
        """
        self.check()
        try:
            stream = (self.path / ".lock").open("w")
        except OSError as exc:
            raise self._refused(f"{self.path} cannot be written: {exc.strerror}") from exc
        with stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            yield

    @staticmethod
    def _refused(found: str) -> errors.JournalError:
        return errors.JournalError(
            found,
            expected="a folder that survives a restart of this machine",
            remedy=f"set {VARIABLE} to one",
        )


def _file_system(path: Path) -> str:
    """Return the kind of file system that holds a path, or that its nearest folder is on."""
    while not path.exists():
        path = path.parent
    device = path.stat().st_dev
    wanted = f"{os.major(device)}:{os.minor(device)}"
    with contextlib.suppress(OSError), open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        for line in mounts:
            if line.split()[2] == wanted:
                return line.partition(" - ")[2].split()[0]
    return ""
