# SPDX-License-Identifier: Apache-2.0
"""The steps from nothing to a cloud, and the order of things; what each does stands elsewhere."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lab import guest, rootfs, template
from lab.core import tools
from lab.core.cache import Cache
from lab.core.steps import Step
from lab.hosts.engine import LabEngine
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
REGISTER_SECONDS = 240
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
        self._cache = cache
        self._folder = folder
        self._product = product
        self._patches = tuple(patches)
        self._lock = plan.choices.lock_text
        self._services = services.declared(plan.choices.extras)
        self._engine = LabEngine(plan, folder)
        self._units: dict[str, tuple[str, ...]] = {}

    @property
    def rootfs(self) -> Path:
        """Where the root file system is, or will be."""
        return self._cache.built("rootfs", rootfs.key(self._lock))

    @property
    def _template(self) -> Path:
        return self._cache.built("template", template.key(self._lock, self._services))

    @property
    def guest(self) -> Path:
        """Where the guest image's folder is, or will be."""
        return self._cache.built("guest", guest.key(rootfs.base_key()))

    @property
    def ingredients(self) -> tuple[Path, ...]:
        """What of the cache the lab is made of, there or not."""
        return (
            *rootfs.ingredients(self._cache, self._lock), self.rootfs, self._template, self.guest
        )

    def steps(self) -> list[Step]:
        """Return all steps."""
        # What is built is the same for all labs of a release; what boots differs with the lab.
        built, lab = self._plan.choices.release, str(self._plan.choices)
        before_computes = ("control",) if self._plan.many_hosts else ("outer", "template")
        return [
            Step("rootfs", "build the root file system", self._build_rootfs,
                 like=built, there=self.rootfs.is_dir()),
            Step("template", "make the database template", self._build_template, ("rootfs",),
                 like=built, there=self._template.exists()),
            Step("guest", "build the guest image", self._build_guest, ("rootfs",),
                 like=built, there=self.guest.exists()),
            Step("outer", "make namespaces, networks, disks", self._start_outer, ("rootfs",),
                 like=lab),
            Step("control", "boot the controller", self._boot_control, ("outer", "template"),
                 like=lab),
            Step("computes", "boot the compute hosts", self._boot_computes, before_computes,
                 like=lab),
            Step("register", "fill the cloud", self._register, ("control", "guest"), like=lab),
            Step("finish", "tidy up", self._finish, ("register", "computes"), like=lab),
        ]  # fmt: skip

    def _build_rootfs(self, report: Report) -> None:
        rootfs.build(self._cache, self._lock, report)

    def _build_template(self, report: Report) -> None:
        with self._cache.building("template"):
            template.build(self.rootfs, self._template, self._services)

    def _build_guest(self, report: Report) -> None:
        with self._cache.building("guest"):
            guest.build(self.rootfs, self.guest)

    def _start_outer(self, report: Report) -> None:
        self._engine.make(self.rootfs)

    def _prepare(self, host: Host, archive: bytes = b"") -> None:
        rendered = services.render(self._plan, host)
        rendered.append(starting.render(host, rendered, self._patches))
        self._units[host.name] = tuple(unit for part in rendered for unit in part.units)
        self._engine.prepare(host.name, rendered, archive)

    def _boot_control(self, report: Report) -> None:
        control = self._plan.control
        self._prepare(control, template.archive(self._template))
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

    def _register(self, report: Report) -> None:
        products.write_access(self._plan, self._product)
        wanted: dict[str, Any] = {
            "cloud": products.CLOUD,
            "seconds": _allowed(REGISTER_SECONDS, self._plan),
            "image": str(self.guest / guest.IMAGE),
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
            self._plan, self._product, registered, self.guest / guest.IMAGE
        )

    def _finish(self, report: Report) -> None:
        changing.verify(self._engine, self._patches, BOOT_SECONDS)
        # Services that write their identity once (nova-compute) do not always sync it, and a
        # host that loses it at its first power cut would be another one.
        for host in self._plan.hosts:
            self._engine.execute(host.name, ["sync"])
        tools.write(self.rootfs, self._folder / "tools")
