# SPDX-License-Identifier: Apache-2.0
"""A lab for the length of a trial, what can be done on it, and a count of what was found true.

Knows the lab's commands and its products; nothing of what a trial proves.
"""

import functools
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import labs
import yaml
from counting import COMMAND, TOP, Count, cannot_carry_a_lab

TICK = 0.5

# Runs a function of a trial's module where the tests run, with a connection to the cloud.
_ASK = """\
import importlib, json, sys
sys.path[:0] = sys.argv[1:3]
import openstack
function = getattr(importlib.import_module(sys.argv[3]), sys.argv[4])
json.dump(function(openstack.connect(), *json.loads(sys.argv[5])), sys.stdout)
"""


class TrialError(Exception):
    """The trial cannot go on: a command it rests on failed."""


class Checks:
    """Counts what was found true, and says each."""

    def __init__(self) -> None:
        self.count = Count()

    def check(self, what: str, holds: bool, found: object = "") -> None:
        """Count and print whether `what` holds, with what was found."""
        said = f": {found}" if found != "" else ""
        print(f"  {'ok  ' if holds else 'FAIL'} {what}{said}", flush=True)
        self.count += Count(passed=1) if holds else Count(failed=1)


class OnLab:
    """A lab that is up inside the ``with`` block, and gone afterwards whatever happens.

    :param trial: the trial's name; the lab is called ``nightly-<trial>``.
    :param options: of ``lab up``.
    """

    def __init__(self, trial: str, *options: str):
        self.name = f"nightly-{trial}"
        self._options = options

    def __enter__(self) -> "OnLab":
        began = time.monotonic()
        try:
            self.migration_chaos("lab", "up", "--name", self.name, *self._options)
        except BaseException:
            self._down()
            raise
        self.seconds = time.monotonic() - began
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._down()

    def _down(self) -> None:
        subprocess.run([COMMAND, "lab", "down", "--name", self.name], check=False)

    def migration_chaos(self, *words: str) -> None:
        """Run a command of the project, its output shown.

        :raises TrialError: it failed.
        """
        done = subprocess.run([COMMAND, *words], check=False)
        if done.returncode:
            raise TrialError(f"migration-chaos {' '.join(words)}: status {done.returncode}")

    def exec(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run words of ``lab exec`` and return how that ended, its output captured."""
        command = [COMMAND, "lab", "exec", "--name", self.name, *words]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def shell(self, host: str, script: str) -> str:
        """Run a shell script on a host and return what it printed, stripped.

        :raises TrialError: it failed.
        """
        done = self.exec(host, "--", "sh", "-ec", script)
        if done.returncode:
            raise TrialError(f"{host}: {script!r} failed: {done.stderr.strip()}")
        return done.stdout.strip()

    @property
    def product(self) -> Path:
        """The folder of tempest.conf, clouds.yaml and hosts.yaml."""
        return Path(self.show["product"])

    @functools.cached_property
    def show(self) -> dict[str, Any]:
        """What ``lab show`` says of the lab."""
        return labs.show(self.name)

    def power(self, host: str, action: str) -> None:
        """Switch a host by its BMC, as an operator would.

        :param action: ``on``, ``off``
        :raises TrialError: the BMC refused.
        """
        hosts = yaml.safe_load((self.product / "hosts.yaml").read_text())["hosts"]
        (bmc,) = [each["bmc"] for each in hosts if each["name"] == host]
        password = str(self.product / bmc["password"]["file"])
        done = self.exec(
            *("--", "ipmitool", "-I", "lanplus", "-C", str(bmc["cipher_suite"])),
            *("-H", bmc["address"], "-U", bmc["user"], "-f", password),
            *("chassis", "power", action),
        )
        if done.returncode:
            raise TrialError(f"the BMC of {host} refused {action!r}: {done.stderr.strip()}")

    def ask(self, function: Callable[..., Any], *arguments: object) -> Any:
        """Call a trial's function, on the runner's side, with a connection to the cloud.

        :param function: of a module; takes the connection and `arguments`; all but the
            connection is made of what JSON can carry.
        :raises TrialError: it raised.
        """
        command = [
            *(sys.executable, "-c", _ASK, str(TOP), str(TOP / "tools")),
            *(function.__module__, function.__name__, json.dumps(arguments)),
        ]
        done = self.exec("--", *command)
        if done.returncode:
            tail = done.stderr.strip().splitlines()[-1:]
            raise TrialError(f"{function.__name__}: {' '.join(tail)}")
        return json.loads(done.stdout)


def prove_on_lab(
    trial: str, prove: Callable[[OnLab, Checks], None], *options: str
) -> Count:
    """Bring a trial's lab up, have everything proved on it, take it down; count what held.

    :param options: of ``lab up``.
    """
    if cannot_carry_a_lab():
        return Count(skipped=1)
    checks = Checks()
    try:
        with OnLab(trial, *options) as lab:
            prove(lab, checks)
    except TrialError as error:
        checks.check("the trial runs to its end", False, error)
    return checks.count


def until(what: str, seconds: float, look: Callable[[], bool]) -> None:
    """Return as soon as `look` is true.

    :raises TrialError: it is not within `seconds`.
    """
    end = time.monotonic() + seconds
    while not look():
        if time.monotonic() > end:
            raise TrialError(f"not within {seconds:.0f} s: {what}")
        time.sleep(TICK)
