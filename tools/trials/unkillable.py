# SPDX-License-Identifier: Apache-2.0
"""A lab killed at any step, on a full disk, over a restart: down leaves nothing, and up works.

UNKILLABLE in the environment names what to try (default: all), with blanks between: ``whole``
(a whole lab is brought up first), ``steps`` or some of ``lab up``'s steps by their names,
``others``, ``disk``, ``builds`` (which builds a root file system and takes longest).
"""

import os
import shutil
import tempfile
from pathlib import Path

from counting import Count, cannot_carry_a_lab, tried

PARTS = ("whole", "steps", "others", "disk", "builds")


def run() -> Count:
    """Try them all; say 'n/n' at the end."""
    if cannot_carry_a_lab():
        return Count(skipped=1)
    from lab import rootfs
    from lab.core.cache import Cache
    from lab.model.choices import Choices
    from lab.tests.functional import unkillable

    chosen = os.environ.get("UNKILLABLE", "").split()
    rootfs.build(Cache(), Choices().lock_text, print)
    count = Count()
    for kinds in ("rootfs|base|template|guest", "none"):
        folder = Path(tempfile.mkdtemp(prefix="unkillable-", dir=Cache().folder))
        trial = unkillable.Trial(unkillable.linked_cache(folder, kinds))
        chosen = chosen or list(PARTS)
        if "steps" in chosen:
            chosen += [step.name for step in trial.steps]
        try:
            if kinds == "none":
                for title, check in trial.builds() if "builds" in chosen else ():
                    count += tried(title, check)
                continue
            if "whole" in chosen:
                count += tried("a whole lab", trial.whole_lab)
                count += tried("its first process killed", trial.outer_killed)
            for title, check in trial.points(chosen):
                count += tried(title, check)
            if "others" in chosen:
                count += tried("a second command at once", trial.second_at_once)
                count += tried("the machine restarted", trial.restarted)
            if "disk" in chosen:
                count += tried("a full disk", unkillable.full_disk)
        finally:
            trial.lab.remove()
            shutil.rmtree(folder, ignore_errors=True)
    print(f"{count.passed}/{count.passed + count.failed}")
    return count
