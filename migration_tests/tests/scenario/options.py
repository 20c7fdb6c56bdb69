# SPDX-License-Identifier: Apache-2.0
"""Turns Tempest's configuration into the settings of a scenario. May not know: any scenario."""

from __future__ import annotations

import io
import shlex

import paramiko
from tempest import config
from tempest.lib.common.utils import data_utils

from chaos.inventory import Inventory
from chaos.run import Run
from migration_tests.cloud.changes import Changes
from migration_tests.config import LIMIT_OPTIONS
from migration_tests.guest.shell import Login
from migration_tests.observers.hypervisor import HostCommands
from migration_tests.record import words
from migration_tests.runner.rules import Allowed
from migration_tests.runner.settings import ServerSettings, Settings, Times

CONF = config.CONF

# What must be let in to the servers: logins and probes.
LET_IN = (
    {"protocol": "tcp", "port_range_min": 22, "port_range_max": 22},
    {"protocol": "icmp"},
)


def why_not() -> str:
    """Return why the configuration does not allow any scenario, or nothing."""
    if not CONF.migration_chaos.hosts_file:
        return "migration_chaos.hosts_file is not set, so no host may be disturbed or looked at"
    for service in ("nova", "neutron", "glance"):
        if not getattr(CONF.service_available, service):
            return f"service_available.{service} is off"
    if not CONF.validation.run_validation:
        return "validation.run_validation is off, but scenarios log in to their servers"
    return ""


def flavors() -> dict[str, str]:
    """Return the flavor of each kind of storage that is to be tested."""
    ours = CONF.migration_chaos
    known = {
        words.VOLUME: ours.flavor_volume or CONF.compute.flavor_ref,
        words.SHARED: ours.flavor_shared,
        words.EPHEMERAL: ours.flavor_ephemeral,
    }
    if not CONF.service_available.cinder:
        known.pop(words.VOLUME)
    return {
        kind: flavor for kind, flavor in known.items() if flavor and kind in ours.storage_kinds
    }


def other_flavors() -> dict[str, str]:
    """Return the flavor that servers on each kind of storage are resized to."""
    ours = CONF.migration_chaos
    known = {
        words.VOLUME: ours.flavor_volume_alt or CONF.compute.flavor_ref_alt,
        words.SHARED: ours.flavor_shared_alt,
        words.EPHEMERAL: ours.flavor_ephemeral_alt,
    }
    return {kind: known[kind] for kind in flavors() if known[kind]}


def rescue_image() -> str:
    """Return the ID of the image that servers are rescued with."""
    return str(CONF.migration_chaos.rescue_image or CONF.compute.image_ref)


def allowed() -> Allowed:
    """Return what may be disturbed in spite of the cloud's rules."""
    ours = CONF.migration_chaos
    return Allowed(
        with_other_servers=frozenset(ours.hosts_with_other_servers),
        with_controllers=frozenset(ours.hosts_with_controllers),
        without_room=not ours.check_room,
    )


def servers(changes: Changes, network: str) -> ServerSettings:
    """Make a key pair and two groups, and return how servers are made with them."""
    prefix = data_utils.rand_name("chaos", prefix=CONF.resource_name_prefix)
    key = paramiko.ECDSAKey.generate()
    private = io.StringIO()
    key.write_private_key(private)
    changes.import_key_pair(prefix, f"{key.get_name()} {key.get_base64()}")
    ethertype = f"IPv{CONF.validation.ip_version_for_ssh}"
    group = changes.create_security_group(
        prefix, [{**rule, "ethertype": ethertype} for rule in LET_IN]
    )
    server_group = changes.create_server_group(prefix)
    floating = CONF.validation.connect_method == "floating"
    return ServerSettings(
        prefix=prefix,
        flavors=flavors(),
        other_flavors=other_flavors(),
        image=CONF.compute.image_ref,
        rescue_image=rescue_image(),
        volume_size=CONF.volume.volume_size,
        volume_type=CONF.migration_chaos.volume_type or CONF.volume.volume_type or "",
        network=network,
        public_network=CONF.network.public_network_id if floating else None,
        key_name=prefix,
        security_group=group,
        login=Login(CONF.validation.image_ssh_user, key),
        server_group=server_group,
    )


def settings(inventory: Inventory, run: Run, made: ServerSettings) -> Settings:
    """Return the settings of a scenario."""
    ours = CONF.migration_chaos
    return Settings(
        servers=made,
        inventory=inventory,
        run=run,
        commands=HostCommands(
            driver=ours.domains_driver,
            virsh=tuple(shlex.split(ours.virsh_command)),
            instances_path=ours.instances_path,
        ),
        times=Times(
            server_boot=ours.server_boot_timeout,
            kill=ours.kill_timeout,
            service_down=ours.service_down_timeout,
            evacuation=ours.evacuation_timeout,
            live_migration=ours.live_migration_timeout,
            cold_migration=ours.cold_migration_timeout,
            image=ours.image_timeout,
            host_boot=ours.host_boot_timeout,
            clean_up=ours.clean_up_timeout,
            final_state=ours.final_state_timeout,
            write=ours.write_seconds,
            write_interval=ours.write_interval,
            probe_interval=ours.probe_interval,
            poll_interval=ours.poll_interval,
            host_look_interval=ours.host_look_interval,
        ),
        allowed=allowed(),
        force_down=ours.force_down,
        limits={option.name: getattr(ours, option.name) for option in LIMIT_OPTIONS},
    )
