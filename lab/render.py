# SPDX-License-Identifier: Apache-2.0
"""How a part of the lab says what it wants on a host: files and units, as data.

Knows the shape of ini files and systemd units, and nothing of any service.
"""

import dataclasses
from collections.abc import Mapping, Sequence

Value = str | int | float | bool | Sequence[str]


@dataclasses.dataclass(frozen=True)
class File:
    """A file of a host's own disk.

    :param path: absolute path on the host.
    :param content: text or bytes.
    :param mode: permission bits; 0o600 for anything secret.
    :param owner: ``user`` or ``user:group``, names as the lab's root file system knows them.
    """

    path: str
    content: str | bytes
    mode: int = 0o644
    owner: str = "root"


@dataclasses.dataclass(frozen=True)
class HostFiles:
    """What one part wants on one host: its files, and the units lab.target shall start."""

    files: tuple[File, ...] = ()
    units: tuple[str, ...] = ()


NOTHING = HostFiles()


def _ini_value(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ",".join(str(item) for item in value)
    return str(value)


def ini(sections: Mapping[str, Mapping[str, Value]]) -> str:
    """Write an oslo.config style file; lists are joined by commas, sections keep their order."""
    lines = []
    for section, values in sections.items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {_ini_value(value)}" for key, value in values.items()]
        lines.append("")
    return "\n".join(lines)


def unit(
    description: str,
    exec_start: str,
    *,
    after: Sequence[str] = (),
    wants: Sequence[str] = (),
    requires: Sequence[str] = (),
    user: str | None = None,
    environment: Mapping[str, str] | None = None,
    oneshot: bool = False,
    ready: str | None = None,
    urgent: bool = False,
    **service_keys: str | int,
) -> str:
    """Write a systemd service unit.

    :param oneshot: runs once at boot and counts as active from then on.
    :param ready: a command line that returns once the service answers (``ExecStartPost``):
        units ordered after this one then start only when it can be used.
    :param urgent: others wait for it at the start: it gets the processor before them.
    :param service_keys: further keys of the ``[Service]`` section, given as they are.
    """
    lines = ["[Unit]", f"Description={description}", "DefaultDependencies=no"]
    lines.append("Conflicts=shutdown.target")
    lines.append(f"After={' '.join(['systemd-tmpfiles-setup.service', *after])}")
    lines.append("Before=shutdown.target")
    if wants:
        lines.append(f"Wants={' '.join(wants)}")
    if requires:
        lines.append(f"Requires={' '.join(requires)}")
    lines += ["", "[Service]"]
    service: dict[str, str | int] = {"Type": "oneshot" if oneshot else "simple"}
    if oneshot:
        service["RemainAfterExit"] = "yes"
    else:
        service |= {"Restart": "on-failure", "RestartSec": 1}
    service["ExecStart"] = exec_start
    if ready:
        service["ExecStartPost"] = ready
    if urgent:
        service["Nice"] = -10
    if user:
        service["User"] = user
    # What the caller gives wins: a daemon that says itself when it is ready has Type=notify.
    service |= service_keys
    lines += [f"{key}={value}" for key, value in service.items()]
    lines += [f'Environment="{key}={value}"' for key, value in (environment or {}).items()]
    return "\n".join([*lines, ""])
