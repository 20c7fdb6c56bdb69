# SPDX-License-Identifier: Apache-2.0
"""Ways to break what a server was made with: changed, lost, emptied, swapped, not there before."""

from __future__ import annotations

import dataclasses
from typing import Any

from migration_tests.record import words
from migration_tests.record.events import (
    DiskSource,
    GuestMetadata,
    HostInspected,
    ServerIntroduced,
    ServerSnapshot,
)
from migration_tests.tests.unit import record_parts as parts
from migration_tests.tests.unit.record_parts import (
    DESTINATION,
    ELSEWHERE,
    EPH,
    RUNS,
    SHR,
    SOURCE,
    STP,
    VOL,
    changed,
    mapped,
    watched,
    with_events,
)
from migration_tests.tests.unit.spoils import Breakages, after, port_of, told

# Field of a snapshot -> its judge, what it may be instead, how it is empty.
FIELDS: dict[str, tuple[str, Any, Any]] = {
    "metadata": ("metadata_kept", (("migration-chaos", f"name-{VOL}"), ("more", "x")), ()),
    "tags": ("tags_kept", ("migration-chaos",), ()),
    "description": ("description_kept", "another", ""),
    "key": ("key_kept", "another", ""),
    "availability_zone": ("availability_zone_kept", "another", ""),
    "server_groups": ("server_group_kept", ("another",), ()),
    "locked": ("lock_kept", False, False),
    "config_drive": ("config_drive_kept", False, False),
}
SWAPPED = ("metadata", "tags", "description", "key", "availability_zone", "server_groups")


def of_fields() -> Breakages:
    """Every field of a snapshot in every way."""
    found: Breakages = {}
    others = parts.snapshot(SHR, words.RUNNING, DESTINATION)
    for field, (judge, other, empty) in FIELDS.items():
        running = changed(ServerSnapshot, {field: other}, server=VOL, moment=words.RUNNING)
        found |= {
            f"another {field}": ((after(VOL, **{field: other}),), judge, VOL),
            f"another {field} for a while": ((running,), judge, VOL),
            f"{field} is null": ((after(SHR, **{field: None}),), judge, SHR),
            f"{field} is empty": ((after(EPH, **{field: empty}),), judge, EPH),
        }
        for what, value in (("null", None), ("empty", empty)):
            spoil = changed(ServerSnapshot, {field: value}, server=STP)
            found[f"{field} is {what} before and after"] = ((spoil,), judge, STP)
        if field in SWAPPED:
            theirs = getattr(others, field)
            found[f"{field} of another server"] = ((after(VOL, **{field: theirs}),), judge, VOL)
    return found


def two_ports(server: str) -> parts.Spoil:
    """Give a server a second port with a security group of its own."""

    def change(event: ServerSnapshot) -> ServerSnapshot:
        (first,) = event.ports
        ips = ("10.0.1.1",)
        second = {"port": "second", "mac": "second", "fixed_ips": ips}
        more = dataclasses.replace(first, **second, security_groups=("of-second",))
        return dataclasses.replace(event, ports=(first, more))

    return mapped(ServerSnapshot, change, server=server)


def groups_swapped(server: str) -> parts.Spoil:
    """Let the two ports of a server change their security groups after the move."""

    def change(event: ServerSnapshot) -> ServerSnapshot:
        one, other = event.ports
        groups = one.security_groups, other.security_groups
        one = dataclasses.replace(one, security_groups=groups[1])
        other = dataclasses.replace(other, security_groups=groups[0])
        return dataclasses.replace(event, ports=(one, other))

    later = (words.MOVED, words.RUNNING, words.RETURNED)
    return mapped(ServerSnapshot, change, server=server, moment=later)


def config_drive_before(server: str) -> parts.Spoil:
    """Let the domain have used a config drive before it was moved, and none afterwards."""
    file = f"/var/lib/nova/instances/{server}/disk.config"
    drive = DiskSource(server=server, target="hda", type="file", source=file, present=True)

    def change(event: HostInspected) -> HostInspected:
        return dataclasses.replace(event, sources=(*(event.sources or ()), drive))

    return mapped(HostInspected, change, host=SOURCE, moment=words.BEFORE)


def plain(server: str) -> tuple[parts.Spoil, ...]:
    """Let a server never have had a lock or a config drive."""
    return (
        changed(ServerIntroduced, {"given": (words.SERVER_GROUP,)}, server=server),
        changed(ServerSnapshot, {"locked": False, "config_drive": False}, server=server),
        changed(GuestMetadata, {"drive": None}, server=server),
    )


OF_IDENTITY: Breakages = {
    **of_fields(),
    "a server that was not locked is": (
        (*plain(VOL), after(VOL, locked=True)),
        "lock_kept",
        VOL,
    ),
    "whether a server is locked is not said any more": (
        (*plain(VOL), after(VOL, locked=None)),
        "lock_kept",
        VOL,
    ),
    "a server that had no config drive has one": (
        (*plain(VOL), after(VOL, config_drive=True)),
        "config_drive_kept",
        VOL,
    ),
    "whether a server has a config drive is not said any more": (
        (*plain(VOL), after(VOL, config_drive=None)),
        "config_drive_kept",
        VOL,
    ),
    "the guest finds a config drive where there is none": (
        (*plain(VOL), told(VOL, drive=VOL)),
        "config_drive_kept",
        VOL,
    ),
    "a security group is lost": (
        (port_of(VOL, security_groups=()),),
        "security_groups_kept",
        VOL,
    ),
    "a security group is added": (
        (port_of(VOL, security_groups=(f"group-{VOL}", "default")),),
        "security_groups_kept",
        VOL,
    ),
    "the security groups are null": (
        (port_of(SHR, security_groups=None),),
        "security_groups_kept",
        SHR,
    ),
    "there was no security group before": (
        (port_of(SHR, words.MOMENTS, security_groups=()),),
        "security_groups_kept",
        SHR,
    ),
    "two ports change their security groups": (
        (two_ports(VOL), groups_swapped(VOL)),
        "security_groups_kept",
        VOL,
    ),
    "the server was in another zone from the beginning": (
        (changed(ServerSnapshot, {"availability_zone": "another"}, server=VOL),),
        "availability_zone_kept",
        VOL,
    ),
    "the guest is told another host name": (
        (told(VOL, hostname="other.novalocal"),),
        "hostname_kept",
        VOL,
    ),
    "the guest is told the host name of another server": (
        (told(VOL, hostname=f"name-{SHR}.novalocal"),),
        "hostname_kept",
        VOL,
    ),
    "the guest is told no host name": ((told(SHR, hostname=None),), "hostname_kept", SHR),
    "the guest is told an empty host name": ((told(SHR, hostname=""),), "hostname_kept", SHR),
    "the guest is told another host name after the reboot only": (
        (told(EPH, (words.REBOOTED,), hostname="other"),),
        "hostname_kept",
        EPH,
    ),
    "the metadata service does not answer any more": (
        (told(SHR, source=None, hostname=None, user_data=None, error="no answer"),),
        "metadata_answers",
        SHR,
    ),
    "the metadata service does not answer after the reboot": (
        (told(SHR, (words.REBOOTED,), source=None, hostname=None, user_data=None),),
        "metadata_answers",
        SHR,
    ),
    "only the config drive is left": ((told(SHR, source=words.DRIVE),), "metadata_answers", SHR),
    "the domain and the cloud have lost the config drive": (
        (
            config_drive_before(EPH),
            after(EPH, config_drive=False),
            told(EPH, drive=None),
        ),
        "config_drive_kept",
        EPH,
    ),
    "the domain has lost the config drive, and nobody can read it": (
        (config_drive_before(EPH), told(EPH, words.MOMENTS, drive=None)),
        "disk_in_place",
        EPH,
    ),
    "the domain has lost the config drive, and the guest misses it": (
        (config_drive_before(EPH), told(EPH, drive=None)),
        "disk_in_place",
        EPH,
    ),
    "the guest found no metadata before, either": (
        (told(SHR, words.MOMENTS, source=None, hostname=None, user_data=None),),
        "metadata_answers",
        SHR,
    ),
    "the guest is told other user data": ((told(VOL, user_data="#!"),), "user_data_kept", VOL),
    "the guest is told the user data of another server": (
        (told(VOL, user_data=f"#cloud-config of {SHR}"),),
        "user_data_kept",
        VOL,
    ),
    "the guest is told no user data": ((told(SHR, user_data=None),), "user_data_kept", SHR),
    "the guest is told empty user data": ((told(SHR, user_data=""),), "user_data_kept", SHR),
    "the guest was told no user data before, either": (
        (told(SHR, words.MOMENTS, user_data=None),),
        "user_data_kept",
        SHR,
    ),
    "the guest cannot read its config drive any more": (
        (told(EPH, drive=None),),
        "config_drive_kept",
        EPH,
    ),
    "the config drive is without an ID": ((told(EPH, drive=""),), "config_drive_kept", EPH),
    "the config drive is another server's": (
        (told(EPH, drive=SHR),),
        "config_drive_kept",
        EPH,
    ),
    "the config drive was another server's before": (
        (changed(GuestMetadata, {"drive": SHR}, server=EPH),),
        "config_drive_kept",
        EPH,
    ),
    "the cloud names the hypervisor of the host that was left": (
        (after(SHR, hypervisor=SOURCE),),
        "host_shown_truly",
        SHR,
    ),
    "the cloud names another hypervisor for a while": (
        (changed(ServerSnapshot, {"hypervisor": ELSEWHERE}, server=SHR, moment=words.MOVED),),
        "host_shown_truly",
        SHR,
    ),
    "the cloud names another hypervisor before": (
        (changed(ServerSnapshot, {"hypervisor": ELSEWHERE}, server=SHR, moment=words.BEFORE),),
        "host_shown_truly",
        SHR,
    ),
    "the cloud names no hypervisor": ((after(VOL, hypervisor=None),), "host_shown_truly", VOL),
    "the cloud named no hypervisor before, either": (
        (changed(ServerSnapshot, {"hypervisor": None}, server=VOL),),
        "host_shown_truly",
        VOL,
    ),
    "the domain ran elsewhere than the cloud showed before": (
        (
            mapped(
                type(watched(SOURCE, 1, 2, {})[1]),
                lambda seen: dataclasses.replace(
                    seen, domains=tuple(one for one in seen.domains if one.server != SHR)
                ),
                host=SOURCE,
                t_first_began=24,
            ),
            with_events(watched("compute4", 24, 98, {SHR: RUNS})),
        ),
        "host_shown_truly",
        SHR,
    ),
}
