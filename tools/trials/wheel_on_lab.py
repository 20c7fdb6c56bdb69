# SPDX-License-Identifier: Apache-2.0
"""The suite from its wheel: an empty environment, a lab made from there, one scenario on it.

Nothing of the checkout is used once the wheel is built. Nothing may be written where the package
is installed.
"""

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from counting import TOP, Count, cannot_carry_a_lab, tried
from package import NAME, clean, environment, scratch, wheel
from suite import verdicts

# The smallest scenario there is.
SCENARIO = r"\.EvacuateEphemeral\."
LAB = "wheel"
OPTIONS = ("--computes", "4")

# Where `lab exec` says that the lab's tempest.conf is.
CERTIFY = '"$0" certify --tempest-conf "$TEMPEST_CONFIG_DIR/tempest.conf" --regex "$1" --runs "$2"'


class TrialError(Exception):
    """A command failed, or left what it must not."""


def run() -> Count:
    """Install the wheel, make the lab, run the scenario, remove the lab; count its verdicts."""
    if cannot_carry_a_lab():
        return Count(skipped=1)
    with scratch() as folder:
        installed = folder / "installed"
        count = tried("the wheel is installed, with the lab's extra", lambda: _install(folder))
        if count.failed:
            return count
        before = _files(installed)
        command = str(installed / "bin" / "migration-chaos")
        try:
            up = (command, "lab", "up", "--name", LAB, *OPTIONS)
            count += tried("lab up from the wheel", lambda: _call(folder, up))
            if not count.failed:
                count += _scenario(folder, command)
        finally:
            down = (command, "lab", "down", "--name", LAB)
            count += tried("lab down from the wheel", lambda: _call(folder, down))
        count += tried(
            "nothing was written where it is installed",
            lambda: _same(before, _files(installed)),
        )
    return count


def _install(folder: Path) -> Path:
    made = wheel(folder / "clone")
    return environment(folder / "installed", (f"{NAME}[lab] @ {made.as_uri()}",))


def _scenario(folder: Path, command: str) -> Count:
    # Kept where those of other trials are.
    runs = TOP / "runs" / "nightly-wheel"
    began = time.time()
    certify = ("sh", "-c", CERTIFY, command, SCENARIO, str(runs))
    words = (command, "lab", "exec", "--name", LAB, "--", *certify)
    count = tried(f"certify --regex {SCENARIO} from the wheel", lambda: _call(folder, words))
    return count + verdicts(runs, began)


def _call(folder: Path, command: Sequence[str]) -> None:
    """Run a command where nothing of the checkout is found.

    :raises TrialError: it failed.
    """
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    status = subprocess.run(command, cwd=elsewhere, env=clean(), check=False).returncode
    if status:
        raise TrialError(f"status {status}")


def _files(installed: Path) -> set[str]:
    """Return the files of the packages, but for bytecode."""
    return {
        str(path)
        for path in installed.glob("lib/python*/site-packages/*/**/*")
        if "__pycache__" not in path.parts
    }


def _same(before: set[str], after: set[str]) -> None:
    if before != after:
        raise TrialError(f"changed: {', '.join(sorted(before ^ after)[:10])}")
