# SPDX-License-Identifier: Apache-2.0
"""What the BMCs of a lab are configured with: files in the lab's folder, one set for each.

Knows the format of `lab.bmc.config`, and which commands switch a host; nothing of protocols.
"""

import json
from pathlib import Path

from lab.core import containers
from lab.core.outer import SELF
from lab.model.authority import Authority
from lab.model.plan import BMC_USER, Host, Plan, PlanError

IPMI_PORT, REDFISH_PORT = 623, 443

_ACTIONS = {
    "power_on": "on",
    "power_off": "off",
    "status": "status",
    "shutdown": "shutdown",
    "restart": "restart",
}


def config(plan: Plan, folder: Path, host: str) -> Path:
    """Return the path of the configuration of a host's BMC, as this machine sees it.

    :param folder: of the lab.
    :raises PlanError: there is no such host, or it has no BMC.
    """
    if plan.host(host).bmc is None:
        raise PlanError(f"The host {host!r} has no BMC: it is never switched off.")
    return folder / "bmc" / f"{host}.json"


def configure(plan: Plan, folder: Path) -> list[str]:
    """Write the configuration of each BMC and return the command that runs them all.

    :param folder: of the lab.
    """
    authority = plan.secrets.authority(plan.name)
    paths = [_configure(plan, folder, host, authority) for host in plan.computes]
    inside = [word for path in paths for word in ("--config", f"{SELF}/bmc/{path.name}")]
    return ["/opt/openstack/bin/python", "-m", "lab.bmc", *inside]


def _configure(plan: Plan, folder: Path, host: Host, authority: Authority) -> Path:
    assert host.bmc
    path = config(plan, folder, host.name)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    issued = authority.issue(f"bmc-{host.name}", host.bmc)
    credentials = {"user": BMC_USER, "password": plan.bmc_password(host)}
    secrets = {
        ".credentials": json.dumps(credentials),
        ".key": issued.key,
        ".crt": issued.certificate,
    }
    for suffix, text in secrets.items():
        secret = path.with_suffix(suffix)
        secret.touch(mode=0o600)
        secret.write_text(text)
    commands = {
        name: containers.power_command(action, host.name) for name, action in _ACTIONS.items()
    }
    path.write_text(
        json.dumps(
            {
                "name": host.name,
                "uuid": plan.system_uuid(host),
                "address": host.bmc,
                "port": IPMI_PORT,
                "credentials_file": f"{host.name}.credentials",
                **commands,
                "redfish": {
                    "port": REDFISH_PORT,
                    "certificate_file": f"{host.name}.crt",
                    "key_file": f"{host.name}.key",
                },
            },
            indent=1,
        )
    )
    return path
