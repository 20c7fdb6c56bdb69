# SPDX-License-Identifier: Apache-2.0
"""Puts together the lab's root file systems: a Debian, and one release of OpenStack in it.

A root file system is the read-only lower layer of every host of a lab. It is made of hard links to
the files of two things that are built once each: the Debian that all releases share, called the
*base*, and the release's Python *environment*. So nobody may ever write to any of the three.
What lies in the two is the affair of `debian` and `environment`; both take their names from what
they are made from, and this file has no part in the names.
"""

import concurrent.futures
import inspect
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import IO

from lab.core.cache import Cache, digest
from lab.core.sandbox import SandboxError, alone
from lab.rootfs import debian, environment

Report = Callable[[str], None]

LOCK = "rootfs"
"""What whoever builds or removes a base or a root file system holds (`Cache.building`)."""

BASE = "base"
ROOTFS = "rootfs"
ENVIRONMENT = "environment"

# What to see to when a part fails, by the part's log.
_ADVICE = {
    BASE: "Debian's packages come from the mirror that this machine's own apt uses: see that"
    " `apt-get update` works here, and that there is room on the disk.",
    ENVIRONMENT: "OpenStack comes from the index that this machine's pip and uv use: see that"
    " `uv pip install` works here, and that there is room on the disk.",
    ROOTFS: "See that there is room on the disk.",
}


class RootfsError(Exception):
    """The root file system could not be built; says at which step, with the end of the log."""


def base_key() -> str:
    """Return the name of the Debian below all root file systems."""
    return digest(inspect.getsource(debian))


def environment_key(lock: str) -> str:
    """Return the name of the environment made with the OpenStack lock file's text `lock`."""
    return digest(inspect.getsource(environment), lock)


def key(lock: str) -> str:
    """Return the name of the root file system made with the OpenStack lock file's text `lock`."""
    return digest(base_key(), inspect.getsource(environment), lock)


def ingredients(cache: Cache, lock: str) -> tuple[Path, Path]:
    """Return where the base and the environment of a root file system are, or will be."""
    return cache.built(BASE, base_key()), cache.built(ENVIRONMENT, environment_key(lock))


def build(cache: Cache, lock: str, report: Report) -> Path:
    """Return the root file system's folder, built now if it is not there.

    :param lock: text of the lock file (pip's format, with hashes) of the OpenStack environment.
    :param report: called with what is being done, from several threads.
    :raises RootfsError: a step failed; what was half-made is started afresh next time.
    """
    ready = cache.built(ROOTFS, key(lock))
    if ready.is_dir():
        return ready
    with cache.building(LOCK):
        if not ready.is_dir():
            _Building(cache, lock, report).run()
    return ready


class _Building:
    """One go at building a root file system, its base included if that is not there."""

    def __init__(self, cache: Cache, lock: str, report: Report):
        self._cache = cache
        self._lock = lock
        self._report = report
        self._base, self._environment = ingredients(cache, lock)
        self._rootfs = cache.built(ROOTFS, key(lock))

    def run(self) -> None:
        if self._base.is_dir():
            self._make_environment(self._base)
        else:
            self._make_base()
        self._step("putting the two together", ROOTFS, self._put_together)

    def _make_base(self) -> None:
        """Make the base and, as soon as it has a Python, the environment beside the rest of it."""
        root = _emptied(self._cache.under_construction(BASE, base_key()))
        self._step("Debian base", BASE, lambda log: debian.bootstrap(root, log))
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            beside = pool.submit(self._make_environment, root)
            title = f"{len(debian.PACKAGES)} packages and what they need"
            self._step(title, BASE, lambda log: debian.install(root, log))
            # Not before the other is done: it works in the folder that is renamed here.
            concurrent.futures.wait([beside])
            Cache.complete(root, self._base)
            beside.result()

    def _make_environment(self, root: Path) -> None:
        if self._environment.is_dir():
            return
        folder = self._cache.under_construction(ENVIRONMENT, environment_key(self._lock))
        _emptied(folder)
        self._step(
            "OpenStack from PyPI",
            ENVIRONMENT,
            lambda log: environment.make(root, folder, self._lock, log),
        )
        Cache.complete(folder, self._environment)

    def _put_together(self, log: IO[bytes]) -> None:
        root = self._cache.under_construction(ROOTFS, key(self._lock))
        shutil.rmtree(root, ignore_errors=True)
        inside = root / environment.INSIDE.lstrip("/")
        _link(self._base, root, log)
        shutil.rmtree(inside, ignore_errors=True)
        _link(self._environment, inside, log)
        environment.bind(root)
        Cache.complete(root, self._rootfs)

    def _step(self, title: str, log_name: str, run: Callable[[IO[bytes]], None]) -> None:
        self._report(title)
        path = self._cache.folder / f"{log_name}.log"
        with path.open("wb") as log:
            try:
                run(log)
            except (
                SandboxError, environment.ToolError, OSError, subprocess.CalledProcessError
            ) as error:
                log.flush()
                end = path.read_text(errors="replace")[-1500:].strip()
                raise RootfsError(
                    f"It was at: {title}. {_why(error)}\n{end}\n"
                    f"The whole log is {path}. {_ADVICE[log_name]} "
                    "`lab up` again goes on from the last part that was finished."
                ) from error


def _link(source: Path, target: Path, log: IO[bytes]) -> None:
    command = alone(["cp", "-al", str(source), str(target)])
    subprocess.run(command, stdout=log, stderr=log, check=True)


def _why(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        # The command line is in the log; here it would only hide what comes after it.
        return f"A command ended with status {error.returncode}; the end of its log:"
    return f"{error}"


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
