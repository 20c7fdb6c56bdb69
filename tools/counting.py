# SPDX-License-Identifier: Apache-2.0
"""Runs parts of a command one after another and counts what passed, failed and was skipped."""

import dataclasses
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent


@dataclasses.dataclass(frozen=True)
class Count:
    """How many checks ended how."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(
            self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped
        )

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def cannot_carry_a_lab() -> bool:
    """Whether this machine cannot carry the usual lab; says why."""
    sys.path.insert(0, str(TOP))
    from lab import requirements
    from lab.choices import Choices
    from lab.core.cache import Cache

    try:
        requirements.check(Cache().folder, Choices())
    except requirements.RequirementsError as error:
        print(f"{error}\nWhat needs the lab is skipped.")
        return True
    return False


def tried(title: str, check: Callable[[], object]) -> Count:
    """Do one check, which raises if something is wrong, and say how it ended."""
    try:
        check()
    except Exception as error:  # whatever it is, it is not as it must be
        print(f"WRONG: {title}: {type(error).__name__}: {error}", flush=True)
        return Count(failed=1)
    print(f"as it must be: {title}", flush=True)
    return Count(passed=1)


def run_parts(parts: Mapping[str, Callable[[], Count]]) -> int:
    """Run each part, say how each ended and then the sum.

    :return: exit status, 0 if none failed; 130 if an interrupt ended a part, which has by then
        taken its labs down.
    """
    # A shell lets what it runs in the background ignore interrupts, and children inherit that;
    # some of what is tried here is what an interrupt does.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    total = Count()
    summary = []
    for number, (name, part) in enumerate(parts.items(), 1):
        print(f"[{number}/{len(parts)}] {name}", flush=True)
        began = time.monotonic()
        try:
            count = part()
        except KeyboardInterrupt:
            print(f"interrupted: {name}, and what comes after it", flush=True)
            return 130
        total += count
        summary.append(f"{name:20} {count}  ({time.monotonic() - began:.0f} s)")
    print("\n".join(["", *summary]))
    print(total)
    return 1 if total.failed or not total.passed else 0
