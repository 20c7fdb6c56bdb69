# SPDX-License-Identifier: Apache-2.0
"""The steps from nothing to a cloud, and the order of things; what each does stands elsewhere."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lab import template
from lab.core import tools
from lab.core.cache import Cache
from lab.core.steps import Step
from lab.hosts.engine import LabEngine
from lab.lifecycle.ingredients import Ingredients
from lab.lifecycle.runner import Report, RunnerError, ask
from lab.loading import changing, starting
from lab.loading.patch import Patch
from lab.model.networks import PROVIDER, RUNNER_OCTET
from lab.model.plan import Host, Plan
from lab.outputs import products
from lab.outputs.tempest_conf import Registered
from lab.services import all as services

# What the suite's floating IPs are taken from; the runner is the gateway of the network.
PUBLIC_NETWORK = {
    "physical": "physnet1",
    "cidr": f"{PROVIDER}.0/24",
    "gateway": f"{PROVIDER}.{RUNNER_OCTET}",
    "first": f"{PROVIDER}.50",
    "last": f"{PROVIDER}.250",
}

# Run on the runner's side; by its name, because it takes a second to import the cloud's client.
_FILLING = "lab.lifecycle.filling"

BOOT_SECONDS = 240
FILL_SECONDS = 240
SECONDS_FOR_EACH_FURTHER_HOST = 10


def _allowed(seconds: float, plan: Plan) -> float:
    """Return `seconds`, and more for each host beyond four: all share the processors."""
    return seconds + SECONDS_FOR_EACH_FURTHER_HOST * max(len(plan.computes) - 4, 0)

# In the lab's folder: what a fresh cloud has, for whoever makes it fresh again.
KEPT = "kept.json"


class MakingError(Exception):
    """The lab cannot be made as asked, or did not become usable; the message says why."""


class Making:
    """One go at making a lab: its steps share what the earlier ones found.

    :param plan: what the lab shall be.
    :param cache: where what can be used again is kept.
    :param folder: of the lab, made already.
    :param product: where tempest.conf, clouds.yaml and hosts.yaml shall lie.
    :param patches: the remedies and defects that services shall start with.
    """

    def __init__(
        self,
        plan: Plan,
        cache: Cache,
        folder: Path,
        product: Path,
        patches: Sequence[Patch] = (),
    ):
        self._plan = plan
        self._folder = folder
        self._product = product
        self._patches = tuple(patches)
        self._ingredients = Ingredients(plan.choices, cache)
        self._engine = LabEngine(plan, folder)
        self._units: dict[str, tuple[str, ...]] = {}

    def steps(self) -> list[Step]:
        """Return all steps."""
        lab = str(self._plan.choices)
        before_computes = ("control",) if self._plan.many_hosts else ("outer", "template")
        return [
            *self._ingredients.steps(),
            Step("outer", "make namespaces, networks, disks", self._start_outer, ("rootfs",),
                 like=lab),
            Step("control", "boot the controller", self._boot_control, ("outer", "template"),
                 like=lab),
            Step("computes", "boot the compute hosts", self._boot_computes, before_computes,
                 like=lab),
            Step("fill", "fill the cloud", self._fill, ("control", "guest"), like=lab),
            Step("finish", "tidy up", self._finish, ("fill", "computes"), like=lab),
        ]  # fmt: skip

    def _start_outer(self, report: Report) -> None:
        self._engine.make(self._ingredients.rootfs)

    def _prepare(self, host: Host, archive: bytes = b"") -> None:
        rendered = services.render(self._plan, host)
        rendered.append(starting.render(host, rendered, self._patches))
        self._units[host.name] = tuple(unit for part in rendered for unit in part.units)
        self._engine.prepare(host.name, rendered, archive)

    def _boot_control(self, report: Report) -> None:
        control = self._plan.control
        self._prepare(control, template.archive(self._ingredients.template))
        self._engine.power_on(control.name)
        boot = _allowed(BOOT_SECONDS, self._plan)
        self._engine.wait_for_units(control.name, self._units[control.name], boot)

    def _boot_computes(self, report: Report) -> None:
        for host in self._plan.computes:
            self._prepare(host)
            self._engine.power_on(host.name)
        boot = _allowed(BOOT_SECONDS, self._plan)
        for host in self._plan.computes:
            self._engine.wait_for_units(host.name, self._units[host.name], boot)

    def _fill(self, report: Report) -> None:
        products.write_access(self._plan, self._product)
        wanted: dict[str, Any] = {
            "cloud": products.CLOUD,
            "seconds": _allowed(FILL_SECONDS, self._plan),
            "image": str(self._ingredients.guest_image),
            "network": PUBLIC_NETWORK,
            "volume_types": self._plan.choices.backends,
            "extras": self._plan.choices.extras,
            "hosts": [
                {"name": host.name, "kind": host.kind, "zone": host.zone}
                for host in self._plan.computes
            ],
        }
        try:
            answer = ask(self._engine, self._product, _FILLING, wanted, report)
        except RunnerError as error:
            why = f"The cloud is not usable:\n{str(error).strip()}"
            raise MakingError(f"{why}\n{self._engine.most_restarted()}") from error
        (self._folder / KEPT).write_text(json.dumps(answer.pop("kept")))
        registered = Registered.read(json.dumps(answer))
        products.write_tempest(
            self._plan, self._product, registered, self._ingredients.guest_image
        )

    def _finish(self, report: Report) -> None:
        changing.verify(self._engine, self._patches, BOOT_SECONDS)
        # Services that write their identity once (nova-compute) do not always sync it, and a
        # host that loses it at its first power cut would be another one.
        for host in self._plan.hosts:
            self._engine.execute(host.name, ["sync"])
        tools.write(self._ingredients.rootfs, self._folder / "tools")
