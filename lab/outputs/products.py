# SPDX-License-Identifier: Apache-2.0
"""What a lab is for the rest of the world: clouds.yaml, hosts.yaml and tempest.conf.

For whoever reads these three the lab is a cloud like any other. Secrets are in the files they
refer to, or in files that only the owner reads.
"""

import os
from pathlib import Path
from typing import Any

import yaml

from lab.model.choices import NO_BMC
from lab.model.networks import INTERFACES
from lab.model.plan import BMC_USER, REGION, Host, Plan
from lab.outputs.tempest_conf import Registered, tempest_conf
from lab.services import sshd
from lab.services.common import auth

CLOUD = "admin"
BMC_AUTHORITY = "bmc-ca.crt"
# What a compute host has a link to.
CUT_OFF = ("management", "storage", "tunnel")


def clouds(plan: Plan) -> str:
    """Render clouds.yaml: one cloud, the administrator's."""
    cloud = {
        "auth": {
            "auth_url": auth.IDENTITY_URL,
            "username": "admin",
            "password": plan.secrets[auth.password_secret("admin")],
            "project_name": "admin",
            "user_domain_name": auth.DOMAIN,
            "project_domain_name": auth.DOMAIN,
        },
        "region_name": REGION,
        "interface": "public",
        "identity_api_version": 3,
        "compute_default_microversion": "2.95",
    }
    return yaml.safe_dump({"clouds": {CLOUD: cloud}}, sort_keys=False)


def hosts(plan: Plan, folder: Path) -> str:
    """Render hosts.yaml: how each compute host is reached and switched.

    :param folder: where it will lie
    """
    entries = [
        {
            "name": host.name,
            "disturb": True,
            "ssh": {
                "address": host.mgmt,
                "user": "root",
                "key_file": "id_ed25519",
                "known_hosts_file": "known_hosts",
            },
            # The engine boots a host anew that has called reboot(2).
            "restarts_by_itself": True,
            **({} if plan.choices.bmc == NO_BMC else {"bmc": _bmc(plan, host, folder)}),
            "services": {
                "driver": "systemd",
                "compute": "nova-compute.service",
                **({"libvirt": "libvirtd.service"} if host.guests else {}),
            },
            "networks": {name: INTERFACES[name] for name in CUT_OFF},
        }
        for host in plan.computes
    ]
    return yaml.safe_dump({"version": 1, "hosts": entries}, sort_keys=False)


def _bmc(plan: Plan, host: Host, folder: Path) -> dict[str, Any]:
    """Return what the hosts file says of a host's BMC; it speaks all of these, whichever it is."""
    password = f"bmc-{host.name}.password"
    if plan.choices.bmc == "command":
        ask = ["ipmitool", "-I", "lanplus", "-C", "3", "-H", host.bmc, "-U", BMC_USER]
        # Commands are not run in the folder of the hosts file.
        ask += ["-f", str(folder / password), "chassis", "power"]
        return {
            "driver": "command",
            **{f"power_{word}": [*ask, word] for word in ("on", "off", "status")},
        }
    access = {"address": host.bmc, "user": BMC_USER, "password": {"file": password}}
    if plan.choices.bmc == "redfish":
        return {"driver": "redfish", **access, "ca_file": BMC_AUTHORITY}
    return {"driver": "ipmi", **access, "cipher_suite": 3}


def write_access(plan: Plan, folder: Path) -> None:
    """Write what gives access, before anything is known of the cloud: clouds.yaml, hosts.yaml."""
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder.parent / "locks").mkdir(exist_ok=True)
    _write(folder / "clouds.yaml", clouds(plan))
    _write(folder / "id_ed25519", plan.secrets.key_pair(sshd.RUNNER_KEY).private)
    _write(folder / "known_hosts", sshd.known_hosts(plan))
    for host in plan.computes:
        _write(folder / f"bmc-{host.name}.password", f"{plan.bmc_password(host)}\n")
    _write(folder / BMC_AUTHORITY, plan.secrets.authority(plan.name).certificate)
    _write(folder / "hosts.yaml", hosts(plan, folder))


def write_tempest(plan: Plan, folder: Path, registered: Registered, image: Path) -> None:
    """Write tempest.conf, the last product."""
    _write(folder / "tempest.conf", tempest_conf(plan, folder, registered, image))


def _write(path: Path, content: str) -> None:
    fresh = path.with_name(f".{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(content)
    fresh.rename(path)
