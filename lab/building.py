# SPDX-License-Identifier: Apache-2.0
"""Makes a lab: the steps from nothing to a cloud, and back.

The one place that knows the order of things; what each step does stands elsewhere.
"""

import contextlib
import dataclasses
import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import lab
from lab import breaking, guest, products, requirements, template
from lab.core import cgroups, rootfs, tools
from lab.core.cache import Cache
from lab.core.engine import RUNNER, Engine
from lab.core.outer import Outer
from lab.core.steps import Progress, Step, run_steps
from lab.parts.all import PARTS
from lab.plan import PROVIDER, RUNNER_OCTET, Host, Plan, make_plan

RELEASE = "2026.2"
Report = Callable[[str], None]

# What the suite's floating IPs are taken from; the runner is the gateway of the network.
PUBLIC_NETWORK = {
    "physical": "physnet1",
    "cidr": f"{PROVIDER}.0/24",
    "gateway": f"{PROVIDER}.{RUNNER_OCTET}",
    "first": f"{PROVIDER}.50",
    "last": f"{PROVIDER}.250",
}

BOOT_SECONDS = 240
REGISTER_SECONDS = 240


class LabError(Exception):
    """The lab cannot do what was asked; the message says why and what to do."""


def lock_text(release: str = RELEASE) -> str:
    """Return the lock file of an OpenStack release: every package with its hashes."""
    return (Path(lab.__file__).parent / "locks" / f"openstack-{release}.txt").read_text()


@dataclasses.dataclass(frozen=True)
class State:
    """What is remembered of a lab between two commands."""

    computes: int
    rootfs: str
    defects: tuple[str, ...] = ()
    complete: bool = False


class Lab:
    """A lab by name, whether it is there or not.

    :param name: letters, digits and dashes.
    :param cache: where it is kept.
    """

    def __init__(self, name: str, cache: Cache | None = None):
        if not name.replace("-", "").isalnum() or len(name) > 24:
            raise LabError(f"A lab's name is of letters, digits, dashes, up to 24: not {name!r}.")
        self.name = name
        self.cache = cache or Cache()
        self.folder = self.cache.lab(name)
        self._state_file = self.folder / "lab.json"

    @property
    def state(self) -> State | None:
        """What was made of it, or None if there is nothing."""
        try:
            return State(**json.loads(self._state_file.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    @property
    def up(self) -> bool:
        """Whether it is there, whole."""
        state = self.state
        return state is not None and state.complete and Outer(self.folder).alive

    @property
    def product(self) -> Path:
        """The folder of tempest.conf, clouds.yaml and hosts.yaml."""
        return self.folder / "product"

    def engine(self) -> Engine:
        """Return the machinery of the lab as it is.

        :raises LabError: there is none.
        """
        state = self.state
        if state is None:
            raise LabError(
                f"There is no lab {self.name!r}; make it with: migration-chaos lab up"
            )
        return Engine(self._plan(state.computes), self.folder)

    def _plan(self, computes: int) -> Plan:
        return make_plan(self.name, computes, self.folder / "secrets")

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the lab against a second `up` or `down` at once."""
        place = self.cache.folder / "labs"
        place.mkdir(parents=True, exist_ok=True)
        with (self.cache.folder / f".{self.name}.lock").open("w") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise LabError(
                    f"Another command is making or removing the lab {self.name!r}: wait for it."
                ) from error
            yield

    def make(
        self, computes: int, progress: Progress, defects: Sequence[breaking.Defect] = ()
    ) -> None:
        """Bring the lab up; nothing happens if it is up with that many compute hosts already.

        What an earlier, interrupted attempt left is removed first.

        :param defects: what shall be wrong with it.
        :raises LabError: it is up otherwise than asked for.
        :raises requirements.RequirementsError: this machine cannot carry it.
        :raises lab.core.steps.StepError: a step failed; the lab stays as it is, to be looked at.
        """
        with self._alone():
            state = self.state
            if self.up and state:
                wanted = [defect.path.name for defect in defects]
                if (state.computes, list(state.defects)) != (computes, wanted):
                    raise LabError(
                        f"The lab {self.name!r} is up with {state.computes} compute hosts and the "
                        f"defects {list(state.defects)}; take it down first: "
                        "migration-chaos lab down"
                    )
                progress.say(f"the lab {self.name!r} is up already")
                return
            requirements.check(self.cache.folder)
            if self.folder.exists():
                progress.say("removing what an earlier attempt left")
                self._remove()
            self.folder.mkdir(mode=0o700, parents=True)
            run_steps(Making(self, computes, defects).steps(), progress)

    def remember(self, state: State) -> None:
        """Write the lab's state down."""
        fresh = self._state_file.with_suffix(".new")
        fresh.write_text(json.dumps(dataclasses.asdict(state)))
        fresh.rename(self._state_file)

    def remove(self) -> bool:
        """End the lab and delete all of it; whether there was anything.

        :raises LabError: something could not be removed; says what.
        """
        with self._alone():
            there = self.folder.exists()
            if there:
                self._remove()
        (self.cache.folder / f".{self.name}.lock").unlink(missing_ok=True)
        return there

    def _remove(self) -> None:
        Outer(self.folder).kill()
        stuck = cgroups.remove(self.name)
        if stuck:
            raise LabError(f"These control groups are still in use: {', '.join(map(str, stuck))}.")
        shutil.rmtree(self.folder)


class Making:
    """One go at making a lab: its steps share what the earlier ones found."""

    def __init__(self, target: Lab, computes: int, defects: Sequence[breaking.Defect] = ()):
        self._lab = target
        self._defects = tuple(defects)
        self._computes = computes
        self._cache = target.cache
        self._lock = lock_text()
        self._plan = make_plan(target.name, computes, target.folder / "secrets")
        self._engine = Engine(self._plan, target.folder)
        self._units: dict[str, tuple[str, ...]] = {}

    @property
    def _rootfs(self) -> Path:
        return self._cache.built("rootfs", rootfs.key(self._lock))

    @property
    def _template(self) -> Path:
        return self._cache.built("template", template.key(self._lock))

    @property
    def _guest(self) -> Path:
        return self._cache.built("guest", guest.key(rootfs.key(self._lock)))

    def steps(self) -> list[Step]:
        """Return all steps."""
        return [
            Step("rootfs", "build the root file system", self._build_rootfs),
            Step("template", "make the database template", self._build_template, ("rootfs",)),
            Step("guest", "build the guest image", self._build_guest, ("rootfs",)),
            Step("outer", "make namespaces, networks, disks", self._start_outer, ("rootfs",)),
            Step("control", "boot the controller", self._boot_control, ("outer", "template")),
            Step("computes", "boot the compute hosts", self._boot_computes, ("outer", "template")),
            Step("register", "fill the cloud", self._register, ("control", "guest")),
            Step("finish", "tidy up", self._finish, ("register", "computes")),
        ]

    def _build_rootfs(self, report: Report) -> None:
        rootfs.build(self._cache, self._lock, report)

    def _build_template(self, report: Report) -> None:
        template.build(self._rootfs, self._template)

    def _build_guest(self, report: Report) -> None:
        guest.build(self._rootfs, self._guest)

    def _start_outer(self, report: Report) -> None:
        self._lab.remember(self._state())
        self._engine.start(self._rootfs)

    def _state(self, complete: bool = False) -> State:
        names = tuple(defect.path.name for defect in self._defects)
        return State(self._computes, str(self._rootfs), names, complete)

    def _prepare(self, host: Host, archive: bytes = b"") -> None:
        rendered = [part(self._plan, host) for part in PARTS]
        self._units[host.name] = tuple(unit for part in rendered for unit in part.units)
        if self._defects:
            rendered.append(breaking.break_parts(rendered, self._defects))
        self._engine.prepare(host, rendered, archive)

    def _boot_control(self, report: Report) -> None:
        control = self._plan.control
        self._prepare(control, template.archive(self._template))
        self._engine.power_on(control.name)
        self._engine.wait_for_units(control.name, self._units[control.name], BOOT_SECONDS)

    def _boot_computes(self, report: Report) -> None:
        for host in self._plan.computes:
            self._prepare(host)
            self._engine.power_on(host.name)
        for host in self._plan.computes:
            self._engine.wait_for_units(host.name, self._units[host.name], BOOT_SECONDS)

    def _register(self, report: Report) -> None:
        products.write_access(self._plan, self._lab.product)
        wanted = {
            "cloud": products.CLOUD,
            "seconds": REGISTER_SECONDS,
            "image": str(self._guest / guest.IMAGE),
            "network": PUBLIC_NETWORK,
            "hosts": [
                {"name": host.name, "kind": host.kind, "zone": host.zone}
                for host in self._plan.computes
            ],
        }
        process = subprocess.Popen(
            self._engine.command(RUNNER, [sys.executable, "-m", "lab.register"]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "OS_CLIENT_CONFIG_FILE": str(self._lab.product / "clouds.yaml")},
        )
        assert process.stdin and process.stderr and process.stdout
        json.dump(wanted, process.stdin)
        process.stdin.close()
        said = []
        for line in process.stderr:
            said.append(line)
            report(line.strip())
        answer = process.stdout.read()
        if process.wait():
            raise LabError(f"The cloud is not usable:\n{''.join(said[-15:])}")
        products.write_tempest(
            self._plan, self._lab.product, products.Registered(**json.loads(answer))
        )

    def _finish(self, report: Report) -> None:
        # Services that write their identity once (nova-compute) do not always sync it, and a
        # host that loses it at its first power cut would be another one.
        for host in self._plan.hosts:
            self._engine.execute(host.name, ["sync"])
        tools.write(self._rootfs, self._lab.folder / "tools")
        self._lab.remember(self._state(complete=True))
