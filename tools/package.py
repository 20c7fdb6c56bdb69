# SPDX-License-Identifier: Apache-2.0
"""What is built of the commit that is checked out, and what can be done with it once installed.

The part 'package' of ``./run test``. sdist and wheel are built from a clone and from an export by
``git archive``, compared with what git tracks, and installed into empty environments outside the
checkout. What is not committed is not in them. Knows git, uv and the names of files; nothing of
what is in the packages.
"""

import dataclasses
import functools
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.message import Message
from email.parser import Parser
from importlib import metadata
from pathlib import Path

from counting import TOP, Count, tried

NAME = "migration-chaos-tempest-plugin"
UV = str(Path(sys.executable).with_name("uv"))
INSTALLED = TOP / "tools" / "installed.py"
CONSTRAINTS = TOP / "constraints.txt"
SAMPLES = "etc/migration-chaos-tempest.conf.sample"

# Nothing is run under it: what is required is resolved for it, and that is said.
RESOLVED_ONLY = "3.12"

# Of no use to anyone but git.
NOT_IN_SDIST = {".gitignore"}


class PackageError(Exception):
    """What was built or installed is not as it must be; says what was found."""


@dataclasses.dataclass(frozen=True)
class Built:
    """What was built from one export of the commit: an sdist, and a wheel from that sdist."""

    sdist: Path
    wheel: Path

    @classmethod
    def of(cls, folder: Path) -> "Built":
        """Return what lies in a folder."""
        (sdist,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
        return cls(sdist, wheel)


def package() -> Count:
    """Build, compare and install; count what is as it must be."""
    if _run("git", "status", "--porcelain", cwd=TOP):
        print("Here is what is not committed: it is not in what is built.")
    with scratch() as folder:
        clone, export = folder / "clone", folder / "export"
        _run("git", "clone", "--quiet", "--no-local", str(TOP), str(clone))
        count = tried("built from a clone: sdist, and a wheel from it", lambda: build(clone))
        if count.failed:
            return count
        made = Built.of(clone / "dist")
        version = str(_metadata(made.wheel)["Version"])
        count += tried(
            "built from an export by git archive: the same",
            lambda: _same_from_export(clone, export, made, version),
        )
        count += tried(
            "built from the clone: the same wheel without an sdist",
            lambda: _same_wheel(_wheel_of(clone, folder / "straight"), made.wheel),
        )
        for title, check, found in (
            ("the sdist carries what git tracks", _sdist_whole, made.sdist),
            ("the wheel carries what git tracks below its packages", _wheel_whole, made.wheel),
            ("the wheel declares what requirements.txt names", _declared, made.wheel),
        ):
            count += tried(title, functools.partial(check, clone, found))
        count += tried(
            f"the editable installation has the same version, {version}",
            lambda: _same("versions", metadata.version(NAME), version),
        )
        expected = folder / "expected.json"
        expected.write_text(json.dumps(expectation(clone, made.wheel)), encoding="utf-8")
        for kind, source in (("wheel", made.wheel), ("sdist", made.sdist)):
            count += _installed(f"the {kind}", folder / kind, expected, (str(source),))
        # As the guide for other test suites has it.
        expected.write_text(json.dumps({"alone": True}), encoding="utf-8")
        needs = ("--requirement", str(clone / "chaos" / "requirements.txt"))
        only = ("--no-deps", str(made.wheel))
        title = "the wheel with what chaos needs"
        count += _installed(title, folder / "alone", expected, needs, only)
        count += tried(
            f"what it requires can be had for Python {RESOLVED_ONLY} (resolved only: nothing was"
            " run there)",
            lambda: resolve(made.wheel, RESOLVED_ONLY),
        )
    return count


@contextmanager
def scratch() -> Iterator[Path]:
    """Yield a folder outside the checkout that is gone afterwards.

    It is beside uv's cache, so that packages are linked and not copied.
    """
    cache = os.environ.get("MIGRATION_CHAOS_CACHE")
    if cache:
        Path(cache).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="package-", dir=cache) as name:
        yield Path(name)


def build(source: Path, **environment: str) -> Built:
    """Build an sdist of a folder and a wheel of the sdist, as ``python -m build`` does.

    :raises PackageError: it cannot be built.
    """
    _run(UV, "build", "--quiet", *_builders(), str(source), **environment)
    return Built.of(source / "dist")


def wheel(folder: Path) -> Path:
    """Build the wheel of the commit that is checked out in the folder, which is made.

    :raises PackageError: it cannot be built.
    """
    _run("git", "clone", "--quiet", "--no-local", str(TOP), str(folder))
    return build(folder).wheel


def environment(folder: Path, *installs: Sequence[str]) -> Path:
    """Make an environment and return its Python.

    :param installs: what is installed, each as ``uv pip install`` is given it.
    :raises PackageError: something cannot be installed.
    """
    python = folder / "bin" / "python"
    _run(UV, "venv", "--quiet", "--no-project", "--python", sys.executable, str(folder))
    always = ("--quiet", "--python", str(python), *_builders(), "--constraint", str(CONSTRAINTS))
    for words in installs:
        _run(UV, "pip", "install", *always, *words)
    return python


def clean() -> dict[str, str]:
    """Return this process's environment without what could lead back to the checkout."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PYTHON") and name != "VIRTUAL_ENV"
    }


def expectation(source: Path, wheel: Path) -> dict[str, object]:
    """Return what `installed` must find where a wheel is that was built in the folder `source`."""
    tracked = _tracked(source)
    defects = [Path(path).stem for path in tracked if re.match(r"lab/.*\bdefects/[a-z]", path)]
    options = re.findall(r"^#(\w+) =", (source / SAMPLES).read_text(), re.MULTILINE)
    samples = [Path(path).name for path in tracked if re.match(r"etc/.*\.sample$", path)]
    version = str(_metadata(wheel)["Version"])
    return {"version": version, "defects": defects, "options": options, "samples": samples}


def counted(output: str) -> Count:
    """Show what `installed` printed, and return what it counted."""
    print("".join(f"  {line}\n" for line in output.splitlines()), end="", flush=True)
    ended = re.search(r"^(\d+) passed, (\d+) failed$", output, re.MULTILINE)
    return Count(int(ended[1]), int(ended[2])) if ended else Count(failed=1)


def resolve(wheel: Path, python: str) -> None:
    """See that all that a wheel requires, its extras too, can be had for a Python.

    :raises PackageError: it cannot.
    """
    _run(
        UV, "pip", "compile", "--quiet", "--python-version", python,
        "--constraint", str(CONSTRAINTS), "-",
        input=f"{NAME}[lab] @ {wheel.as_uri()}\n",
    )  # fmt: skip


def _installed(title: str, folder: Path, expected: Path, *installs: Sequence[str]) -> Count:
    """Install into an empty environment, try what is to work there, and count that."""
    count = tried(f"installed: {title}", lambda: environment(folder, *installs))
    if count.failed:
        return count
    # Nothing but the environment is to be found there.
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    done = subprocess.run(
        [str(folder / "bin" / "python"), "-I", str(INSTALLED), str(expected)],
        cwd=elsewhere, env=clean(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        check=False,
    )  # fmt: skip
    return count + counted(done.stdout)


def _same_from_export(clone: Path, export: Path, made: Built, version: str) -> None:
    export.mkdir()
    archive = export.with_suffix(".tar")
    _run("git", "archive", "--output", str(archive), "HEAD", cwd=clone)
    _run("tar", "--extract", "--file", str(archive), cwd=export)
    built = build(export, PBR_VERSION=version)
    # pbr writes down of which commit an sdist is, and who wrote it, where it can ask git.
    of_git = {"AUTHORS", "ChangeLog", f"{NAME.replace('-', '_')}.egg-info/pbr.json"}
    _same("sdists", _in_sdist(built.sdist) | of_git, _in_sdist(made.sdist) | of_git)
    _same_wheel(built.wheel, made.wheel)


def _wheel_of(source: Path, out: Path) -> Path:
    _run(UV, "build", "--quiet", "--wheel", *_builders(), "--out-dir", str(out), str(source))
    (found,) = out.glob("*.whl")
    return found


def _same_wheel(one: Path, other: Path) -> None:
    _same("wheels", _in_wheel(one), _in_wheel(other))
    declared = [sorted(_metadata(each).get_all("Requires-Dist") or []) for each in (one, other)]
    _same("requirements", *declared)


def _sdist_whole(clone: Path, sdist: Path) -> None:
    missing = set(_tracked(clone)) - NOT_IN_SDIST - _in_sdist(sdist)
    if missing:
        raise PackageError(f"missing: {', '.join(sorted(missing))}")


def _wheel_whole(clone: Path, wheel: Path) -> None:
    tracked = _tracked(clone)
    packages = tuple(path[: -len("__init__.py")] for path in tracked
                     if path.endswith("/__init__.py") and path.count("/") == 1)  # fmt: skip
    inside = {path: mode for path, mode in tracked.items() if path.startswith(packages)}
    with zipfile.ZipFile(wheel) as archive:
        found = {one.filename: one.external_attr >> 16 for one in archive.infolist()}
    missing = set(inside) - set(found)
    if missing or not inside:
        raise PackageError(f"missing: {', '.join(sorted(missing))}")
    wrong = [path for path, mode in inside.items() if bool(found[path] & 0o111) != (mode & 1)]
    if wrong:
        raise PackageError(f"executable, or not, other than in git: {', '.join(sorted(wrong))}")


def _declared(clone: Path, wheel: Path) -> None:
    """Compare what the wheel requires with requirements.txt and what that includes."""
    required = _metadata(wheel).get_all("Requires-Dist") or []
    wanted = set(_requirements(clone / "requirements.txt"))
    _same("requirements", {one for one in required if "extra ==" not in one}, wanted)


def _requirements(path: Path) -> Iterator[str]:
    for line in path.read_text().splitlines():
        if line.startswith("-r "):
            yield from _requirements(path.parent / line.removeprefix("-r "))
        elif line and not line.startswith("#"):
            yield line


def _tracked(clone: Path) -> dict[str, int]:
    """Return the files git tracks, and the mode of each as git has it."""
    lines = _run("git", "ls-files", "--stage", cwd=clone).splitlines()
    return {line.partition("\t")[2]: int(line.split()[0], 8) for line in lines}


def _in_sdist(path: Path) -> set[str]:
    with tarfile.open(path) as archive:
        return {one.name.partition("/")[2] for one in archive if one.isfile()}


def _in_wheel(path: Path) -> set[tuple[str, int]]:
    """Return the files, each with its checksum; not what is written about the build itself."""
    with zipfile.ZipFile(path) as archive:
        return {
            (one.filename, one.CRC)
            for one in archive.infolist()
            if not one.filename.endswith((".dist-info/pbr.json", ".dist-info/RECORD"))
        }


def _metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (one for one in archive.namelist() if one.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


def _same(what: str, one: object, other: object) -> None:
    if one == other:
        return
    if isinstance(one, set) and isinstance(other, set):
        raise PackageError(f"{what} differ: {sorted(one - other)} against {sorted(other - one)}")
    raise PackageError(f"{what} differ: {one} against {other}")


def _builders() -> tuple[str, str]:
    """Let what builds be as the lock file has it, too."""
    return ("--build-constraint", str(CONSTRAINTS))


def _run(*command: str, cwd: Path | None = None, input: str = "", **more: str) -> str:
    """Run a command and return what it printed.

    :param cwd: by default the root folder, so that nothing of the checkout is found by accident.
    :param more: of its environment.
    :raises PackageError: it failed.
    """
    done = subprocess.run(
        command, cwd=cwd or "/", env={**clean(), **more}, input=input, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise PackageError(f"{' '.join(command[:3])}: {(done.stdout + done.stderr)[-2000:]}")
    return done.stdout.strip()
