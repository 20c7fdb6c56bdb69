# SPDX-License-Identifier: Apache-2.0
"""Writes systemd units. Knows the shape of a unit, and nothing of what it runs."""

from collections.abc import Mapping, Sequence


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
