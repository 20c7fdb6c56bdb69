# SPDX-License-Identifier: Apache-2.0
"""Other machines: a Debian 13 carries a lab, and those that cannot say why in one sentence each.

ELSEWHERE in the environment names what to try (default: all), with blanks between: ``lacking``,
``debian13`` (which builds everything there is to build, in a machine made for it).
"""

import os
import shutil
import tempfile
from pathlib import Path

from counting import TOP, Count, cannot_carry_a_lab, tried

PARTS = ("lacking", "debian13")


def run() -> Count:
    """Try them all; say 'n/n' at the end."""
    if cannot_carry_a_lab():
        return Count(skipped=1)
    from lab.core.cache import Cache
    from lab.tests.functional import debian13, elsewhere

    chosen = os.environ.get("ELSEWHERE", "").split() or PARTS
    count = Count()
    Cache().folder.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="elsewhere-", dir=Cache().folder))
    try:
        if "lacking" in chosen:
            for place in elsewhere.places(scratch):
                count += tried(place.title, lambda place=place: elsewhere.try_it(place, scratch))
        if "debian13" in chosen:
            root = scratch / "debian13"
            made = tried("a Debian 13", lambda: debian13.make(root, TOP))
            count += made
            if made.passed:
                count += tried("a lab on it", lambda: debian13.use(root))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    print(f"{count.passed}/{count.passed + count.failed}")
    return count
