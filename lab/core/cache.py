# SPDX-License-Identifier: Apache-2.0
"""Where the lab keeps what it builds: one folder, and the names of what lies in it.

Everything the lab writes on the machine is below this folder. Things that take long to make are
named by a hash of what they are made from, appear under their name only when complete, and are
shared by all labs.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from lab.core import processes

VARIABLE = "MIGRATION_CHAOS_CACHE"

LEAST_ROOM = 32 << 20
"""Bytes; a disk with less free is full."""


class FullError(Exception):
    """The disk is full; the message says which and what to do."""


def digest(*inputs: str | bytes) -> str:
    """Return a short name for a thing made from `inputs`; any change gives another name."""
    total = hashlib.sha256()
    for item in inputs:
        data = item.encode() if isinstance(item, str) else item
        total.update(len(data).to_bytes(8, "big"))
        total.update(data)
    return total.hexdigest()[:12]


class Cache:
    """The lab's folder on this machine.

    :param folder: the folder; by default the one in ``MIGRATION_CHAOS_CACHE``, else
        ``~/.cache/migration-chaos``.
    """

    def __init__(self, folder: Path | None = None):
        default = Path.home() / ".cache" / "migration-chaos"
        self.folder = (folder or Path(os.environ.get(VARIABLE) or default)).absolute()

    def check_room(self, cause: Exception | None = None) -> None:
        """Raise if the disk is full: what fails then fails with words of its own, or waits.

        :param cause: what failed.
        :raises FullError: it is.
        """
        place = next(path for path in (self.folder, *self.folder.parents) if path.exists())
        if shutil.disk_usage(place).free < LEAST_ROOM:
            raise FullError(
                f"The disk of {self.folder} is full: free some room on it "
                "(`migration-chaos lab prune` may find some), then run lab up again; "
                "lab down works in any case."
            ) from cause

    def built(self, kind: str, key: str) -> Path:
        """Return the path of the `kind` of thing made from what hashes to `key`."""
        return self.folder / f"{kind}-{key}"

    def under_construction(self, kind: str, key: str) -> Path:
        """Return where that thing is put together before it is renamed into place."""
        return self.folder / f"{kind}-{key}.partial"

    @contextlib.contextmanager
    def building(self, kind: str) -> Iterator[None]:
        """Hold that kind of thing against others that build one; waits for them.

        The lock ends with the process that holds it, however that ends.
        """
        with self._flock(f".building-{kind}.lock", fcntl.LOCK_EX):
            # Of a builder that was killed as it started something: nobody may write beside us.
            processes.end(processes.orphans)
            yield

    @contextlib.contextmanager
    def choosing(self) -> Iterator[None]:
        """Hold what is in the cache against `pruning`, until it is noted what will be used."""
        with self._flock(".pruning.lock", fcntl.LOCK_SH):
            yield

    @contextlib.contextmanager
    def pruning(self) -> Iterator[None]:
        """Hold the cache against whoever is about to note what it will use."""
        with self._flock(".pruning.lock", fcntl.LOCK_EX):
            yield

    @contextlib.contextmanager
    def idle(self, kind: str) -> Iterator[bool]:
        """Say whether nobody is `building` that kind of thing; if so, nobody begins meanwhile."""
        try:
            with self._flock(f".building-{kind}.lock", fcntl.LOCK_EX | fcntl.LOCK_NB):
                yield True
        except BlockingIOError:
            yield False

    @contextlib.contextmanager
    def _flock(self, name: str, how: int) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / name).open("w") as stream:
            fcntl.flock(stream, how)
            yield

    @staticmethod
    def complete(fresh: Path, place: Path) -> None:
        """Give what was put together its lasting name, once all of it has reached the disk.

        A machine that loses its power just after must not find the name with empty files below.
        """
        subprocess.run(["sync", "--file-system", str(fresh)], check=True)
        fresh.rename(place)

    def lab(self, name: str) -> Path:
        """Return the folder of the lab called `name`."""
        return self.folder / "labs" / name

    @property
    def labs(self) -> list[str]:
        """Names of the labs that have a folder."""
        folder = self.folder / "labs"
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
