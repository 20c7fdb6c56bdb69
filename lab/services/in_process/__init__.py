# SPDX-License-Identifier: Apache-2.0
"""Services that call their privileged functions directly, without a root helper each.

OpenStack's services act as root through helper processes (oslo.privsep), one per purpose: three
for Neutron's agent, two or three for nova-compute, 108 MB and a second of processor time each.
On a host of the lab the services run as root already, and oslo.privsep has a switch for just
that (`PrivContext.set_client_mode`), but no configuration option: ``run.py`` flips it and then
becomes the service. Knows nothing of what the services do.
"""

from pathlib import Path

from lab.core.files import File, HostFiles
from lab.model import differences
from lab.model.plan import Host, Plan
from lab.services.in_process import run

SERVICES = ("nova-compute", "neutron-ovn-agent")

_FOLDER = "/usr/local/lib/lab/in-process"


def command(service: str) -> str:
    """Return the path of the command that stands for `service`'s own, and is called like it."""
    if service not in SERVICES:
        raise KeyError(service)
    return f"{_FOLDER}/{service}"


def render(plan: Plan, host: Host) -> HostFiles:
    """Return the starters; they are on every host."""
    text = Path(__file__).with_name("run.py").read_text()
    missing = "\n".join(differences.of(plan.choices.release).no_contexts)
    return HostFiles(
        (
            *(File(command(name), text, mode=0o755) for name in SERVICES),
            File(f"{_FOLDER}/{run.MISSING}", missing),
        )
    )
