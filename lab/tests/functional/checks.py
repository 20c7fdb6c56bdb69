# SPDX-License-Identifier: Apache-2.0
"""Checks that are run one after the other, whatever comes of each; the last line says ``n/n``."""

import sys
from collections.abc import Callable, Iterable

Check = tuple[str, Callable[[], object]]


class Score:
    """How many checks held, out of how many."""

    def __init__(self) -> None:
        self.held = self.all = 0

    def check(self, title: str, check: Callable[[], object]) -> bool:
        """Do one check, which raises if something is wrong, and say how it ended."""
        self.all += 1
        try:
            check()
        except Exception as error:  # whatever it is, it is not as it must be
            print(f"WRONG: {title}: {type(error).__name__}: {error}", flush=True)
            return False
        print(f"as it must be: {title}", flush=True)
        self.held += 1
        return True

    def check_all(self, checks: Iterable[Check]) -> None:
        """Do all of them."""
        for title, check in checks:
            self.check(title, check)

    def end(self) -> None:
        """Print the score, and end this process: with status 0 if all held."""
        print(f"{self.held}/{self.all}", flush=True)
        sys.exit(self.held != self.all)
