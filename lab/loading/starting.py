# SPDX-License-Identifier: Apache-2.0
"""How a host's services start with defects and remedies: files and units, as data. Pure.

Knows how units are written, and nothing of what a defect or a remedy does.
"""

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from lab.core.files import File, HostFiles
from lab.core.units import unit
from lab.loading.patch import FOLDER, Patch, PatchError
from lab.model.plan import Host, Plan
from lab.services import collector

UNITS = "/etc/systemd/system"
LOADER = f"{FOLDER}/load.py"
DROP_IN = "patches.conf"

# Where the programs lie that are Python and the cloud's own.
_PROGRAMS = ("/opt/openstack/bin/", "/usr/local/lib/lab/in-process/")
_PYTHON = "/opt/openstack/bin/python"
_SERVED = re.compile(r"--module=(\S+):application")


def services(parts: Iterable[HostFiles]) -> dict[str, str]:
    """Return how a host starts each service that can be changed, by the service's name.

    :param parts: what was rendered for the host.
    """
    found = {}
    for file in (file for part in parts for file in part.files):
        folder, _, name = file.path.rpartition("/")
        if folder == UNITS and name.endswith(".service"):
            command = _start(file)
            if command.startswith(_PROGRAMS):
                found[name.removesuffix(".service")] = command
    return found


def _start(file: File) -> str:
    text = file.content if isinstance(file.content, str) else file.content.decode()
    for line in text.splitlines():
        if line.startswith("ExecStart="):
            return line.removeprefix("ExecStart=")
    return ""


def check(patches: Iterable[Patch], places: Mapping[str, Iterable[str]]) -> None:
    """Check that the lab has the hosts and services that each of `patches` names.

    :param places: services that can be changed, by host.
    :raises PatchError: it has not; says what it has.
    """
    for patch in patches:
        for host in patch.hosts:
            if host not in places:
                raise PatchError(
                    f"The {patch.kind} {patch.name} is for the host {host!r}, which this lab does"
                    f" not have; its hosts are {', '.join(places)}."
                )
        on = {name for host in patch.hosts or places for name in places[host]}
        for service in patch.services:
            if service not in on:
                where = f" on {', '.join(patch.hosts)}" if patch.hosts else ""
                raise PatchError(
                    f"The {patch.kind} {patch.name} is for the service {service!r}, which cannot"
                    f" be changed{where}; those that can are {', '.join(sorted(on)) or 'none'}."
                )


def meant(patch: Patch, host: Host, there: Iterable[str]) -> tuple[str, ...]:
    """Return the services of a host that a patch is for.

    :param there: those of its services that can be changed.
    """
    if patch.unit or (patch.hosts and host.name not in patch.hosts):
        return ()
    return tuple(name for name in there if name in patch.services)


def runs_unit(patch: Patch, host: Host) -> bool:
    """Whether a patch is a unit that runs on this host."""
    return bool(patch.unit) and patch.role == host.role


def wanted(
    host: Host, parts: Sequence[HostFiles], patches: Sequence[Patch]
) -> dict[str, list[Patch]]:
    """Return the services of a host that start otherwise than as published, and with what."""
    there = services(parts)
    found: dict[str, list[Patch]] = {}
    for patch in patches:
        for name in meant(patch, host, there):
            found.setdefault(name, []).append(patch)
    return found


def render(host: Host, parts: Sequence[HostFiles], patches: Sequence[Patch]) -> HostFiles:
    """Return what makes a host carry `patches`.

    :param parts: what was rendered for the host without them.
    """
    starts = services(parts)
    files: dict[str, File] = {}
    for name, carried in wanted(host, parts, patches).items():
        source = Path(__file__).with_name("load.py").read_text()
        files[LOADER] = File(LOADER, source)
        files |= {patch.path: File(patch.path, patch.source) for patch in carried}
        path = f"{UNITS}/{name}.service.d/{DROP_IN}"
        files[path] = File(path, _drop_in(name, starts[name], carried))
    units = []
    for patch in patches:
        if runs_unit(patch, host):
            script = f"{FOLDER}/{patch.kind}/{patch.name}"
            path = f"{UNITS}/{patch.unit}"
            files[script] = File(script, patch.script, mode=0o755)
            files[path] = File(path, unit(patch.summary, script))
            units.append(patch.unit)
    return HostFiles(tuple(files.values()), tuple(units))


def _drop_in(service: str, command: str, patches: Sequence[Patch]) -> str:
    paths = " ".join(patch.path for patch in patches)
    served = _SERVED.search(command)
    lines = ["[Service]", "ExecStart="]
    if served:
        changed = _SERVED.sub(f"--module={Path(LOADER).stem}:application", command)
        lines.append(f"ExecStart={changed}")
        environment = {
            # What the unit itself has there is replaced.
            "PYTHONPATH": f"{FOLDER}:{collector.FOLDER}",
            "LAB_SERVED": served[1],
            "LAB_SERVICE": service,
            "LAB_PATCHES": paths,
        }
        lines += [f'Environment="{key}={value}"' for key, value in environment.items()]
    else:
        lines.append(f"ExecStart={_PYTHON} {LOADER} {service} {paths} -- {command}")
    return "\n".join([*lines, ""])


def places(plan: Plan, rendered: Mapping[str, Sequence[HostFiles]]) -> dict[str, tuple[str, ...]]:
    """Return the services that can be changed, by host.

    :param rendered: the parts of each host.
    """
    return {host.name: tuple(services(rendered[host.name])) for host in plan.hosts}


# Makes a host's disk carry nothing but what comes in as a tar archive. $1 the root of the disk,
# then the units that may be there. Synced: a power cut must not undo it.
REPLACE = f"""
cd "$1"
shift
for unit in "$@"; do
    rm -f ".{UNITS}/$unit" ".{UNITS}/lab.target.wants/$unit"
done
rm -rf .{FOLDER}
rm -f .{UNITS}/*.service.d/{DROP_IN}
tar --extract --preserve-permissions --no-overwrite-dir
sync
"""


def restart_command(names: Iterable[str]) -> list[str]:
    """Return the command that lets a host's services start anew, by what is on its disk now."""
    script = "systemctl daemon-reload\n"
    for name in map(shlex.quote, names):
        script += f"rm -f /run/lab/patches/{name}\nsystemctl reset-failed {name}.service || :\n"
        script += f"systemctl restart --no-block {name}.service\n"
    return ["sh", "-ec", script]
