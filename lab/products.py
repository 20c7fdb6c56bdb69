# SPDX-License-Identifier: Apache-2.0
"""What a lab is for the rest of the world: clouds.yaml, hosts.yaml and tempest.conf.

Whoever reads these three cannot tell the lab from any other cloud. Secrets are in the files they
refer to, or in files that only the owner reads.
"""

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path

import yaml

from lab.parts import auth, nova_control, sshd
from lab.plan import BMC_USER, REGION, Plan
from lab.render import Value, ini

CLOUD = "admin"
SSH_USER = "root"


@dataclasses.dataclass(frozen=True)
class Registered:
    """IDs of what was registered in the cloud: the guest image, the public network."""

    image: str
    public_network: str


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


def hosts(plan: Plan) -> str:
    """Render hosts.yaml: how each compute host is reached and switched."""
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
            "bmc": {
                "driver": "ipmi",
                "address": host.bmc,
                "user": BMC_USER,
                "password": {"file": f"bmc-{host.name}.password"},
                "cipher_suite": 3,
            },
            "services": {
                "driver": "systemd",
                "compute": "nova-compute.service",
                "libvirt": "libvirtd.service",
            },
        }
        for host in plan.computes
    ]
    return yaml.safe_dump({"version": 1, "hosts": entries}, sort_keys=False)


def tempest(plan: Plan, folder: Path, registered: Registered) -> str:
    """Render tempest.conf.

    :param folder: where the products lie.
    """
    kinds = {host.kind for host in plan.computes}
    default = "shared" if "shared" in kinds else "ephemeral"
    flavors = {
        f"flavor_{kind}": f"m.{kind}" for kind in ("volume", *sorted(filter(None, kinds)))
    }
    sections: Mapping[str, Mapping[str, Value]] = {
        "auth": {
            "use_dynamic_credentials": True,
            "admin_username": "admin",
            "admin_password": plan.secrets[auth.password_secret("admin")],
            "admin_project_name": "admin",
            "admin_domain_name": auth.DOMAIN,
        },
        "identity": {
            "uri_v3": auth.IDENTITY_URL,
            "auth_version": "v3",
            "region": REGION,
            "v3_endpoint_type": "publicURL",
        },
        "service_available": {"swift": False, "horizon": False},
        "compute": {
            "image_ref": registered.image,
            "image_ref_alt": registered.image,
            "flavor_ref": f"m.{default}",
            "flavor_ref_alt": f"m.{default}-alt",
            "min_compute_nodes": len(plan.computes),
            "min_microversion": "2.1",
            "max_microversion": "latest",
        },
        "compute-feature-enabled": {
            "resize": True,
            "live_migrate_back_and_forth": True,
            "block_migration_for_live_migration": False,
            "volume_backed_live_migration": True,
            "can_migrate_between_any_hosts": False,
            "attach_encrypted_volume": False,
            "stable_rescue": True,
            "vnc_console": False,
            "scheduler_enabled_filters": nova_control.FILTERS,
        },
        "network": {
            "public_network_id": registered.public_network,
            "floating_network_name": "public",
        },
        "network-feature-enabled": {"ipv6": False},
        "validation": {
            "run_validation": True,
            "connect_method": "floating",
            "image_ssh_user": SSH_USER,
            "image_alt_ssh_user": SSH_USER,
            "auth_method": "keypair",
        },
        "volume": {"storage_protocol": "ceph", "volume_type": "rbd", "backend_names": "rbd"},
        "volume-feature-enabled": {"backup": False},
        "oslo_concurrency": {"lock_path": str(folder.parent / "locks")},
        "migration_chaos": {
            "hosts_file": str(folder / "hosts.yaml"),
            **flavors,
            # Emulated guests share the processors with the services that start elsewhere: the
            # default of one second is for real machines.
            "bystander_max_gap": 3.0,
            # A recovered host of the lab cleans up within some 15 s; one that never does need not
            # be waited for as long as a real one.
            "clean_up_timeout": 120,
        },
    }
    return ini(sections)


def write_access(plan: Plan, folder: Path) -> None:
    """Write what gives access, before anything is known of the cloud: clouds.yaml, hosts.yaml."""
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder.parent / "locks").mkdir(exist_ok=True)
    _write(folder / "clouds.yaml", clouds(plan))
    _write(folder / "id_ed25519", plan.secrets.key_pair(sshd.RUNNER_KEY).private)
    _write(folder / "known_hosts", sshd.known_hosts(plan))
    for host in plan.computes:
        _write(folder / f"bmc-{host.name}.password", f"{plan.bmc_password(host)}\n")
    _write(folder / "hosts.yaml", hosts(plan))


def write_tempest(plan: Plan, folder: Path, registered: Registered) -> None:
    """Write tempest.conf, the last product."""
    _write(folder / "tempest.conf", tempest(plan, folder, registered))


def _write(path: Path, content: str) -> None:
    fresh = path.with_name(f".{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(content)
    fresh.rename(path)
