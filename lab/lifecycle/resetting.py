# SPDX-License-Identifier: Apache-2.0
"""Takes a lab back to how it was made, without making it again.

The machine's side of it: power, units, what is left on hosts. What is done over the cloud's API
stands in `lab.cloud.clearing`.
"""

import concurrent.futures
import json
from pathlib import Path
from typing import Any

from lab.core.steps import Step
from lab.hosts.engine import LabEngine
from lab.lifecycle import leftovers
from lab.lifecycle.making import KEPT
from lab.lifecycle.runner import Report, RunnerError, ask
from lab.model.plan import Host
from lab.outputs import products

# Run on the runner's side; by its name, because it takes a second to import the cloud's client.
_CLEARING = "lab.cloud.clearing"

# Starts what the host's target wants and somebody has stopped, or what has failed.
_START_UNITS = """
cd /etc/systemd/system/lab.target.wants
systemctl reset-failed
systemctl start --no-block -- *
"""


class ResettingError(Exception):
    """The lab could not be taken back; the message says why, and what to do."""


class Resetting:
    """One go at taking a lab back.

    :param folder: of the lab.
    :param product: of the lab: the folder of clouds.yaml.
    :param seconds: for the cloud to be empty and all hosts to serve.
    """

    def __init__(self, engine: LabEngine, folder: Path, product: Path, seconds: float):
        self._engine = engine
        self._product = product
        self._seconds = seconds
        self._kept = folder / KEPT
        self.removed: dict[str, int] = {}
        self.left: list[str] = []

    def steps(self) -> list[Step]:
        """Return all steps."""
        like = str(self._engine.plan.choices)
        return [
            Step("reset-hosts", "power all hosts on", self._power_on, like=like),
            Step("reset-cloud", "empty the cloud", self._clear, like=like),
            Step("reset-disks", "look at what is left on hosts and in Ceph", self._find_leftovers,
                 ("reset-hosts", "reset-cloud"), like),
        ]  # fmt: skip

    def _power_on(self, report: Report) -> None:
        def serve(host: Host) -> None:
            if not self._engine.running(host.name):
                report(f"{host.name} was off")
                self._engine.power_on(host.name)
            else:
                self._engine.execute(host.name, ["sh", "-c", _START_UNITS])

        hosts = self._engine.plan.hosts
        with concurrent.futures.ThreadPoolExecutor(len(hosts)) as pool:
            list(pool.map(serve, hosts))

    def _clear(self, report: Report) -> None:
        wanted = {
            "cloud": products.CLOUD,
            "seconds": self._seconds,
            "kept": self._what_stays(),
            "hosts": [
                {"name": host.name, "kind": host.kind, "zone": host.zone}
                for host in self._engine.plan.computes
            ],
        }
        try:
            answer = ask(
                self._engine, self._product, _CLEARING, wanted, report, serve=self._restart
            )
        except RunnerError as error:
            raise ResettingError(
                f"The cloud is not as it was:\n{error}\n"
                "Try again, or make the lab anew: migration-chaos lab down, then lab up"
            ) from error
        self.removed = answer["removed"]

    def _what_stays(self) -> dict[str, list[str]]:
        try:
            kept: dict[str, list[str]] = json.loads(self._kept.read_text())
        except (OSError, ValueError) as error:
            raise ResettingError(
                "It is not known what this lab had when it was made "
                f"({error}): make it anew, with migration-chaos lab down and lab up."
            ) from error
        return kept

    def _restart(self, request: dict[str, Any]) -> None:
        self._engine.execute(request["restart"], ["systemctl", "restart", "nova-compute"])

    def _find_leftovers(self, report: Report) -> None:
        self.left = leftovers.find(self._engine, remove=True)
        for line in self.left:
            report(f"left behind: {line}")
