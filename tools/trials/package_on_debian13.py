# SPDX-License-Identifier: Apache-2.0
"""The wheel on another Python: a Debian 13 made for it, whose python3.13 installs and runs it.

What is tried there is what the part 'package' of ``./run test`` tries here.
"""

import json
import shutil
import tempfile
from pathlib import Path

import package
from counting import TOP, Count, cannot_carry_a_lab, tried

# As that machine sees them; there is a clone of the checkout as well.
HERE = "/root/here"
PYTHON = "/root/installed/bin/python"

# $0 the wheel, $1 the constraints.
_INSTALL = f"""
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -qqy --no-install-recommends python3-venv
cd /
python3.13 -m venv /root/installed
{PYTHON} -m pip install --quiet --disable-pip-version-check -c "$1" "$0"
"""


def run() -> Count:
    """Make the machine, install there, and count what is as it must be."""
    if cannot_carry_a_lab():
        return Count(skipped=1)
    from lab.core.cache import Cache
    from lab.tests.functional import debian13

    Cache().folder.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="debian13-", dir=Cache().folder))
    root, here = scratch / "root", scratch / "root" / HERE.lstrip("/")
    try:
        count = tried("a Debian 13", lambda: debian13.make(root, TOP))
        if count.failed:
            return count
        here.mkdir()
        wheel = Path(shutil.copy(package.wheel(scratch / "clone"), here))
        expected = package.expectation(scratch / "clone", wheel)
        (here / "expected.json").write_text(json.dumps(expected), encoding="utf-8")
        constraints = Path(shutil.copy(package.CONSTRAINTS, here))
        shutil.copy(package.INSTALLED, here)
        given = (f"{HERE}/{path.name}" for path in (wheel, constraints))
        install = ("sh", "-ec", _INSTALL, *given)
        count += tried(
            "the wheel is installed by python3.13", lambda: debian13.inside(root, install)
        )
        if not count.failed:
            words = (PYTHON, "-I", f"{HERE}/{package.INSTALLED.name}", f"{HERE}/expected.json")
            away = ("sh", "-c", 'cd "$0" && "$@" || true', "/root", *words)
            count += package.counted(debian13.inside(root, away))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return count
