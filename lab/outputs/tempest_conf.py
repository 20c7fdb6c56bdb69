# SPDX-License-Identifier: Apache-2.0
"""tempest.conf: what a lab is and can, in Tempest's own options.

Whatever the lab can do is switched on here, so that no test is skipped for want of a word; what it
cannot is switched off, and ``doc/source/lab/faithful.rst`` says why. Knows the plan and what was
registered; the tests themselves it does not know.
"""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path

from lab import guest
from lab.core.ini import Value, ini
from lab.model.plan import REGION, Plan
from lab.services.common import auth
from lab.services.nova import control

ANY = "any"

Sections = dict[str, dict[str, Value]]

# The services enforce the roles and scopes that are their releases' defaults.
SCOPED = ("nova", "neutron", "glance", "cinder", "keystone", "placement")
ROLES = ("admin", "manager", "member", "reader", "service")

# Emulated guests share two processors with all the services: an answer may be late.
HTTP_SECONDS = 120


@dataclasses.dataclass(frozen=True)
class Registered:
    """What was registered in the cloud.

    :param image: ID of the guest image; `image_alt` that of another one with the same guest.
    :param public_network: ID of the public network.
    :param multiattach: name of a type of volume that several servers can have at once.
    :param extensions: aliases of the network API's extensions.
    """

    image: str
    image_alt: str
    public_network: str
    multiattach: str
    extensions: tuple[str, ...]

    @classmethod
    def read(cls, text: str) -> "Registered":
        """Return what `lab.cloud` wrote down as JSON."""
        data = json.loads(text)
        return cls(**{**data, "extensions": tuple(data["extensions"])})


def default_kind(plan: Plan) -> str:
    """Return the kind of storage that servers get unless they ask for another."""
    return str(plan.computes[0].kind)


def _guests(plan: Plan) -> bool:
    return any(host.guests for host in plan.computes)


def of_kind(plan: Plan, kind: str, alone: bool) -> Sections:
    """Return the options that say what servers with one kind of storage can do.

    :param kind: ``shared`` or ``ephemeral``: where the servers' disks are; ``fake``: nowhere;
        ``any``: wherever they are, for servers that are not moved.
    :param alone: no host of another kind takes servers, so that any host may be named as the
        target of a move.
    """
    hosts = [host.name for host in plan.computes if kind in (ANY, host.kind)]
    compute: dict[str, Value] = {
        "flavor_ref": f"m.{kind}",
        "flavor_ref_alt": f"m.{kind}-alt",
        # Those between which a server can be moved.
        "min_compute_nodes": len(hosts),
    }
    if len(hosts) > 1:
        compute |= {"migration_source_host": hosts[0], "migration_dest_host": hosts[1]}
    return {
        "compute": compute,
        "compute-feature-enabled": {
            "can_migrate_between_any_hosts": alone,
            "block_migration_for_live_migration": kind == "ephemeral",
        },
    }


def sections(plan: Plan, folder: Path, registered: Registered, image: Path) -> Sections:
    """Return all of tempest.conf but the suite's own options.

    :param folder: where the products lie.
    :param image: file of the guest image, for tests that upload one themselves.
    """
    kinds = {host.kind for host in plan.computes}
    kind = of_kind(plan, default_kind(plan), alone=len(kinds) == 1)
    guests = _guests(plan)
    return {
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
        "enforce_scope": dict.fromkeys(SCOPED, True),
        "service_available": {
            "cinder": True,
            "glance": True,
            "neutron": True,
            "nova": True,
            "horizon": False,
            "swift": False,
        },
        "service-clients": {"http_timeout": HTTP_SECONDS},
        "compute": {
            "image_ref": registered.image,
            "image_ref_alt": registered.image_alt,
            "hypervisor_type": "QEMU" if guests else "fake",
            "min_microversion": "2.1",
            "max_microversion": "latest",
            **kind["compute"],
        },
        "compute-feature-enabled": {
            **kind["compute-feature-enabled"],
            "attach_encrypted_volume": False,
            "config_drive": True,
            "console_output": True,
            "hostname_fqdn_sanitization": True,
            "interface_attach": True,
            "live_migrate_back_and_forth": True,
            "nova_policy_roles": ROLES,
            "personality": False,
            "rescue": True,
            "resize": True,
            "scheduler_enabled_filters": control.FILTERS,
            "serial_console": False,
            "shelve_migrate": True,
            "snapshot": guests,
            "stable_rescue": True,
            "swap_volume": False,
            "vnc_console": False,
            "volume_backed_live_migration": True,
            "volume_multiattach": True,
        },
        "placement": {"min_microversion": "1.0", "max_microversion": "latest"},
        "image-feature-enabled": {"import_image": True, "image_conversion": False},
        "network": {
            "public_network_id": registered.public_network,
            "floating_network_name": "public",
        },
        "network-feature-enabled": {
            "api_extensions": registered.extensions,
            "ipv6": True,
            "ipv6_subnet_attributes": True,
            "port_admin_state_change": True,
            "port_security": True,
        },
        "validation": {
            "run_validation": guests,
            "connect_method": "floating",
            "image_ssh_user": guest.LOGIN,
            "image_alt_ssh_user": guest.LOGIN,
            "auth_method": "keypair",
        },
        "scenario": {
            "img_file": str(image),
            "img_disk_format": "raw",
            "img_container_format": "bare",
            "img_properties": "hw_rng_model:virtio",
            "dhcp_client": "udhcpc",
            # /tmp of the guest is in its memory: what survives a reboot is elsewhere.
            "target_dir": "/root",
        },
        "volume": {
            "storage_protocol": "ceph",
            # Types are called like their backends.
            "volume_type": plan.choices.backends[0],
            "volume_type_multiattach": registered.multiattach,
            "backend_names": plan.choices.backends,
            # As this driver calls them.
            "manage_snapshot_ref": ("source-name", "snapshot-%s"),
            "min_microversion": "3.0",
            "max_microversion": "latest",
        },
        "volume-feature-enabled": {
            "backup": False,
            "extend_attached_volume": True,
            "extend_volume_with_snapshot": True,
            "manage_snapshot": True,
            "manage_volume": True,
            "multi_backend": len(plan.choices.backends) > 1,
        },
        "oslo_concurrency": {"lock_path": str(folder.parent / "locks")},
    }


def suite(plan: Plan, folder: Path, rescue_image: str) -> dict[str, Value]:
    """Return the suite's own options, of the section ``migration_chaos``."""
    # Without guests there is none that a scenario could be about.
    kinds = {"volume", *(str(host.kind) for host in plan.computes)} if _guests(plan) else set()
    return {
        "hosts_file": str(folder / "hosts.yaml"),
        "state_dir": str(folder.parent / "state"),
        **{f"flavor_{kind}": f"m.{kind}" for kind in sorted(kinds)},
        **{f"flavor_{kind}_alt": f"m.{kind}-alt" for kind in sorted(kinds)},
        "rescue_image": rescue_image,
        # Emulated guests share the processors with the services that start elsewhere: the
        # default of one second is for real machines.
        "bystander_max_gap": 3.0,
        "live_gap_limit": 3.0,
        # A recovered host of the lab cleans up within some 15 s; one that never does need not
        # be waited for as long as a real one.
        "clean_up_timeout": 120,
    }


def tempest_conf(plan: Plan, folder: Path, registered: Registered, image: Path) -> str:
    """Render tempest.conf; the parameters are those of `sections`."""
    everything: Mapping[str, Mapping[str, Value]] = {
        **sections(plan, folder, registered, image),
        "migration_chaos": suite(plan, folder, registered.image_alt),
    }
    return ini(everything)
