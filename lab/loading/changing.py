# SPDX-License-Identifier: Apache-2.0
"""Changes what is loaded into a running lab: only what has to start anew does.

Hosts that are off get it on their disks, and have it at their next boot.
"""

import contextlib
import dataclasses
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from lab.core import containers
from lab.core.engine import RUNNER, CommandError
from lab.core.files import HostFiles
from lab.hosts.engine import LabEngine
from lab.loading import looking, starting
from lab.loading.looking import Service
from lab.loading.patch import Patch, PatchError
from lab.model.plan import Host, Plan
from lab.outputs import products
from lab.services.all import render

SECONDS = 180
COMPUTE = "nova-compute"
# What nova-compute reports by: a report under way is lost with it, and misses for a minute.
CONDUCTOR = "nova-conductor"

Report = Callable[[str], None]


@dataclasses.dataclass(frozen=True)
class Access:
    """A lab that is up, to be changed.

    :param product: the folder of its clouds.yaml.
    :param report: called with what happens, in words.
    """

    engine: LabEngine
    product: Path
    report: Report


class NotAppliedError(Exception):
    """A defect or remedy could not be applied, or a service does not run with it."""


def rendered(plan: Plan) -> dict[str, Sequence[HostFiles]]:
    """Return the parts of each host of a lab, as without any defect or remedy."""
    return {host.name: render(plan, host) for host in plan.hosts}


def check(plan: Plan, patches: Sequence[Patch]) -> None:
    """Check that `patches` go with a lab.

    :raises PatchError: one names a host or a service that the lab does not have.
    """
    starting.check(patches, starting.places(plan, rendered(plan)))


def verify(engine: LabEngine, patches: Sequence[Patch], seconds: float) -> None:
    """Return once every service of the hosts that are on runs with just what it shall.

    :param seconds: how long a service that only just started may take.
    :raises NotAppliedError: one does not; says why.
    """
    end = time.monotonic() + seconds
    for host, parts in rendered(engine.plan).items():
        plan = starting.wanted(engine.plan.host(host), parts, patches)
        if plan and engine.running(host):
            _wait(engine, host, plan, {}, end)


def bring(
    access: Access,
    patches: Sequence[Patch],
    known: Sequence[Patch],
    instead: Sequence[Patch] = (),
) -> None:
    """Return when every host carries exactly `patches`, and what had to start anew runs.

    :param known: all there are whose units may be on a host, whether wanted or not, to be removed.
    :param instead: what was being brought before and shall not be: a service that was to have it
        starts anew even if it has not come to applying it.
    :raises NotAppliedError: a service does not run with them.
    """
    engine, report = access.engine, access.report
    end = time.monotonic() + SECONDS
    all_units = list(dict.fromkeys(patch.unit for patch in known if patch.unit))
    before: dict[tuple[str, str], int] = {}
    waiting: dict[str, dict[str, list[Patch]]] = {}
    serving: list[str] = []
    for name, parts in rendered(engine.plan).items():
        host = engine.plan.host(name)
        files = starting.render(host, parts, patches)
        if not _write(engine, host, files, all_units):
            continue
        wanted = starting.wanted(host, parts, patches)
        there = looking.services(engine, name, starting.services(parts))
        if COMPUTE in there and there[COMPUTE].pid:
            serving.append(name)
        begun = starting.wanted(host, parts, instead) if instead else wanted
        late = [
            each
            for each, service in there.items()
            if service.applied != _marks(wanted.get(each, []))
            or service.noted != (each in wanted)
            or begun.get(each, []) != wanted.get(each, [])
        ]
        before |= {(name, each): there[each].pid for each in late}
        if late:
            report(f"{name}: {', '.join(late)} start anew")
            engine.execute(name, starting.restart_command(late))
            waiting[name] = {each: wanted.get(each, []) for each in late}
        _switch(engine, name, all_units, files.units)
    for name, services in waiting.items():
        _wait(engine, name, services, before, end)
    computes = [name for name, services in waiting.items() if COMPUTE in services]
    if any(CONDUCTOR in services for services in waiting.values()):
        computes = serving
    if computes:
        report(f"waiting for {COMPUTE} to report: {', '.join(computes)}")
        wait_for_reports(access, computes, time.time(), end)


def _marks(patches: Sequence[Patch]) -> tuple[tuple[str, str], ...]:
    return tuple(patch.mark for patch in patches)


def _write(engine: LabEngine, host: Host, files: HostFiles, units: Sequence[str]) -> bool:
    """Write the files onto the host's disk; return whether it is on and has to take them up."""
    links = {
        f"{starting.UNITS}/lab.target.wants/{unit}": f"{starting.UNITS}/{unit}"
        for unit in files.units
    }
    data = containers.archive(files.files, links)
    script = ["sh", "-ec", starting.REPLACE, "sh"]
    if not engine.running(host.name):
        containers.change(engine.outer, host.name, [*script, ".", *units], data)
        if not engine.running(host.name):
            return False
        # It was switched on meanwhile; what it does not see of its disk is written again.
    engine.execute(host.name, [*script, "/", *units], data)
    return True


def _switch(engine: LabEngine, host: str, known: Sequence[str], wanted: Sequence[str]) -> None:
    """Start and stop the units that are remedies of their own."""
    states = looking.units(engine, host, known) if known else {}
    for unit, state in states.items():
        if (unit in wanted) != (state == "active"):
            engine.execute(host, ["systemctl", "daemon-reload"])
            engine.execute(host, ["systemctl", "start" if unit in wanted else "stop", unit])


def _wait(
    engine: LabEngine,
    host: str,
    wanted: Mapping[str, Sequence[Patch]],
    before: Mapping[tuple[str, str], int],
    end: float,
) -> None:
    """Return when each service runs with what is wanted of it.

    :param before: number of the main process that must be gone, by host and service.
    """
    while True:
        late = []
        for name, service in looking.services(engine, host, wanted).items():
            if service.failed and not service.applied:
                raise NotAppliedError(_not_applied(host, service))
            anew = service.pid not in (0, before.get((host, name)))
            applied = service.applied == _marks(wanted[name])
            if not (anew and applied and service.state == "active"):
                late.append(service)
        if not late:
            return
        if time.monotonic() > end or not engine.running(host):
            raise NotAppliedError(_not_applied(host, late[0]))
        time.sleep(0.3)


def _not_applied(host: str, service: Service) -> str:
    where = f"{service.name} on {host}"
    look = f"See: migration-chaos lab logs {service.name} --host {host}"
    if service.failed:
        kind, name = Path(service.failed).parts[-2:]
        name = name.removesuffix(".py")
        return f"The {kind} {name} cannot be applied in {where}: {service.why}. {look}"
    loaded = ", ".join(Path(path).stem for path in service.paths) or "nothing"
    return f"{where} is {service.state} with {loaded} loaded, which is not as asked for. {look}"


def wait_for_reports(access: Access, hosts: Sequence[str], since: float, end: float) -> None:
    """Return when nova-compute of each of these hosts has reported to the cloud.

    :param since: seconds of the wall clock; earlier reports do not count.
    :raises NotAppliedError: one did not.
    """
    seconds = max(5.0, end - time.monotonic())
    program = [sys.executable, "-m", "lab.loading.reports", str(since), str(seconds), *hosts]
    clouds = str(access.product / "clouds.yaml")
    cloud = {"OS_CLIENT_CONFIG_FILE": clouds, "OS_CLOUD": products.CLOUD}
    with contextlib.suppress(subprocess.TimeoutExpired):
        done = subprocess.run(
            access.engine.command(RUNNER, program),
            env={**os.environ, **cloud},
            capture_output=True,
            text=True,
            timeout=seconds + 30,
            check=False,
        )
        if done.returncode == 0:
            return
        raise NotAppliedError(done.stderr.strip().splitlines()[-1] if done.stderr else "no answer")
    raise NotAppliedError(f"the compute API did not say how {', '.join(hosts)} are")


def replace(
    access: Access, wanted: Sequence[Patch], former: Sequence[Patch], known: Sequence[Patch]
) -> None:
    """Load `wanted` in place of `former`; if that fails, `former` is loaded again.

    :param known: all remedies and these, see `bring`.
    :raises PatchError: one of them does not go with the lab; nothing was done.
    :raises NotAppliedError: a service does not run with them; the lab is as before.
    """
    check(access.engine.plan, wanted)
    try:
        bring(access, wanted, known)
    except (NotAppliedError, CommandError, KeyboardInterrupt) as error:
        access.report("that failed: the services start as before")
        try:
            bring(access, former, known, instead=wanted)
        except (NotAppliedError, CommandError) as second:
            raise NotAppliedError(
                f"{error}\nNor could what was loaded before be brought back: {second}"
            ) from error
        if isinstance(error, KeyboardInterrupt):
            raise
        raise NotAppliedError(f"{error}\nThe lab is as it was before.") from error


__all__ = ["NotAppliedError", "PatchError", "bring", "check", "rendered", "replace", "verify"]
