# SPDX-License-Identifier: Apache-2.0
"""Removes from the cache what no lab uses and this version of the lab would not use again.

Safe beside labs that run, are made or are built for: what a lab has noted down is kept, and what
is mounted somewhere; what may be put together just now is left alone. Knows the names of things in
the cache; nothing of what they are.
"""

import dataclasses
import itertools
import os
import re
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

from lab.core.cache import Cache
from lab.lifecycle.building import Lab, LabError
from lab.lifecycle.ingredients import GUEST, TEMPLATE, Ingredients
from lab.model.choices import Choices, extras, releases
from lab.rootfs import BASE, ENVIRONMENT, LOCK, ROOTFS

# Kind of thing -> what its builders hold.
_LOCKS = {BASE: LOCK, ENVIRONMENT: LOCK, ROOTFS: LOCK, TEMPLATE: TEMPLATE, GUEST: GUEST}
_NAME = re.compile(rf"({'|'.join(_LOCKS)})-[0-9a-f]{{12}}(\..+)?")
_GOING = ".pruned-"

_OLD = "of another version of the lab"
_HALF = "left by a build that was broken off"
_BROKEN_OFF = "left by pruning that was broken off"


@dataclasses.dataclass(frozen=True)
class Found:
    """A thing in the cache.

    :param reason: why it can go, or why it stays.
    """

    path: Path
    goes: bool
    reason: str


def wanted() -> set[str]:
    """Return the names of all that this version of the lab would use, whatever is chosen."""
    names: set[str] = set()
    cache = Cache()
    there = extras()
    for release, count in itertools.product(releases(), range(len(there) + 1)):
        for chosen in itertools.combinations(there, count):
            choices = Choices(release=release, extras=chosen)
            names |= {path.name for path in Ingredients(choices, cache).paths}
    return names


def used(cache: Cache) -> dict[str, str]:
    """Return what labs were made of or are being made of, with the name of a lab for each.

    :raises LabError: the notes of a lab cannot be read.
    """
    names: dict[str, str] = {}
    for lab_name in cache.labs:
        state = Lab(lab_name, cache).state
        if state is None:
            raise LabError(
                f"What the lab {lab_name!r} uses is not known: another version of this command "
                f"made it, or it was broken off. Remove it, then prune: migration-chaos lab down "
                f"--name {lab_name}"
            )
        for name in (*state.made_of, Path(state.rootfs).name):
            names[name] = lab_name
    return names


def mounted(proc: Path = Path("/proc")) -> str:
    """Return the mounts of all processes of the machine, as text."""
    texts = set()
    for path in proc.glob("[0-9]*/mountinfo"):
        try:
            texts.add(path.read_text())
        except OSError:  # gone, or another user's
            continue
    return "\n".join(texts)


def look(cache: Cache, keep: Collection[str], mounts: str) -> Iterator[Found]:
    """Go through the things in the cache and say which can go.

    :param keep: names that are not to be removed, whoever uses them.
    :param mounts: what is mounted anywhere.
    :raises LabError: the notes of a lab cannot be read.
    """
    labs = used(cache)
    for path in sorted(cache.folder.iterdir()) if cache.folder.is_dir() else ():
        match = _NAME.fullmatch(path.name)
        if path.name.startswith(_GOING):
            yield Found(path, True, _BROKEN_OFF)
        elif not match:
            continue
        elif path.name in labs:
            yield Found(path, False, f"the lab {labs[path.name]!r} uses it")
        elif path.name in mounts:
            yield Found(path, False, "it is mounted")
        elif match[2]:
            yield Found(path, True, _HALF)
        elif path.name in keep:
            yield Found(path, False, "labs of this version use it")
        else:
            yield Found(path, True, _OLD)


def prune(
    cache: Cache,
    keep: Collection[str],
    say: Callable[[str], None],
    *,
    dry_run: bool = False,
    mounts: Callable[[], str] = mounted,
) -> int:
    """Remove what can go, and return the bytes that are free again by it.

    :param keep: names that are not to be removed, whoever uses them.
    :param say: called with a line for each thing.
    :param dry_run: remove nothing, only say what would go.
    :raises LabError: the notes of a lab cannot be read; nothing was removed.
    """
    going: list[Path] = []
    with cache.pruning():
        found = list(look(cache, keep, mounts()))
        for thing in found:
            if not thing.goes:
                say(f"kept     {thing.path.name}: {thing.reason}")
        for lock in sorted({*_LOCKS.values()}):
            going += _set_aside(cache, lock, found, say, dry_run)
    freed = size(going)
    if not dry_run:
        for path in going:
            _remove(path)
    return freed


def _set_aside(
    cache: Cache, lock: str, found: Iterable[Found], say: Callable[[str], None], dry_run: bool
) -> Iterator[Path]:
    """Take away the names of what goes, of one lock's kinds, unless its builders are at work."""
    things = [thing for thing in found if thing.goes and _lock(thing.path.name) == lock]
    with cache.idle(lock) as idle:
        for thing in things:
            if not idle:
                say(f"kept     {thing.path.name}: something of its kind is being built")
                continue
            say(f"{'to go' if dry_run else 'removed':8} {thing.path.name}: {thing.reason}")
            path = thing.path
            if not dry_run and not path.name.startswith(_GOING):
                path = path.rename(path.with_name(f"{_GOING}{path.name}"))
            yield path


def _lock(name: str) -> str:
    match = _NAME.fullmatch(name.removeprefix(_GOING))
    return _LOCKS[match[1]] if match else LOCK


def size(paths: Iterable[Path]) -> int:
    """Return the bytes on disk that only these files and folders hold: other links keep theirs."""
    links: dict[tuple[int, int], int] = {}
    held: dict[tuple[int, int], tuple[int, int]] = {}
    for path in itertools.chain.from_iterable(map(_below, paths)):
        status = path.lstat()
        inode = (status.st_dev, status.st_ino)
        links[inode] = links.get(inode, 0) + 1
        there = 1 if path.is_dir() and not path.is_symlink() else status.st_nlink
        held[inode] = (there, status.st_blocks * 512)
    return sum(taken for inode, (there, taken) in held.items() if links[inode] >= there)


def _below(path: Path) -> Iterator[Path]:
    yield path
    if path.is_dir() and not path.is_symlink():
        for folder, folders, files in os.walk(path):
            yield from (Path(folder, name) for name in (*folders, *files))


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
