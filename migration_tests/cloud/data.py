# SPDX-License-Identifier: Apache-2.0
"""What the cloud answers, as frozen data, and how it is read out of the API's JSON.

Pure. May not know: how the answer was fetched.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ServerState:
    """One server of the list, as far as it changes."""

    server: str
    name: str
    status: str
    vm_state: str | None
    task_state: str | None
    power_state: int | None
    host: str | None
    fault: str = ""
    flavor: str = ""

    @property
    def idle(self) -> bool:
        """Whether Nova is at work on it no more."""
        return self.task_state is None and self.status not in {"BUILD", "REBUILD"}


@dataclass(frozen=True)
class ServiceState:
    """One compute service of the list.

    :ivar updated_at: time stamp of its last report or change; a dead service has an old one
    """

    service: str
    host: str
    state: str
    status: str
    forced_down: bool
    updated_at: str | None

    @property
    def usable(self) -> bool:
        """Whether the scheduler would place a server there."""
        return self.state == "up" and self.status == "enabled" and not self.forced_down


@dataclass(frozen=True)
class MigrationState:
    """One migration record of the list."""

    server: str
    migration: str
    type: str
    status: str
    source: str | None
    destination: str | None
    created_at: str | None
    updated_at: str | None


@dataclass(frozen=True)
class ActionStep:
    """An event inside an instance action."""

    event: str
    start_at: str | None
    finish_at: str | None
    result: str | None
    host: str | None


@dataclass(frozen=True)
class ActionRecord:
    """An instance action with its events, in the order they began."""

    server: str
    action: str
    request_id: str
    start_at: str | None
    message: str | None
    events: tuple[ActionStep, ...]


@dataclass(frozen=True)
class PortState:
    """A port as Neutron shows it to an admin; None: it answered null, or left it out."""

    server: str
    port: str
    mac: str
    fixed_ips: tuple[str, ...]
    status: str
    host: str | None
    binding: str | None
    security_groups: tuple[str, ...] | None = None


@dataclass(frozen=True)
class FloatingIpState:
    """A floating IP of the list."""

    floating_ip: str
    address: str
    port: str | None
    fixed_ip: str | None


@dataclass(frozen=True)
class AttachmentState:
    """A volume attachment: Cinder's own, joined with what the volume says of it."""

    attachment: str
    server: str | None
    host: str | None
    status: str


@dataclass(frozen=True)
class VolumeState:
    """A volume of a server, with all attachments Cinder has for it."""

    volume: str
    status: str
    type: str | None
    device: str | None
    attachments: tuple[AttachmentState, ...]


@dataclass(frozen=True)
class ImageState:
    """An image.

    :ivar snapshots: IDs of the snapshots of volumes that servers made from it boot from
    """

    image: str
    status: str
    size: int | None
    snapshots: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """How the cloud answered a request that it may refuse."""

    accepted: bool
    http_status: int | None = None
    error: str = ""


def server_state(body: Mapping[str, Any]) -> ServerState:
    """Read one element of ``GET /servers/detail``, asked for with admin rights."""
    fault = body.get("fault") or {}
    return ServerState(
        server=body["id"],
        name=body["name"],
        status=body["status"],
        vm_state=body.get("OS-EXT-STS:vm_state"),
        task_state=body.get("OS-EXT-STS:task_state"),
        power_state=body.get("OS-EXT-STS:power_state"),
        host=body.get("OS-EXT-SRV-ATTR:host"),
        fault=str(fault.get("message", "")),
        flavor=flavor_text(body.get("flavor") or {}),
    )


def image(body: Mapping[str, Any]) -> ImageState:
    """Read ``GET /images/{id}``."""
    mapping = json.loads(body.get("block_device_mapping") or "[]")
    named = (entry.get("snapshot_id") for entry in mapping)
    return ImageState(
        image=body["id"],
        status=body["status"],
        size=body.get("size"),
        snapshots=tuple(sorted(one for one in named if one)),
    )


def flavor_text(flavor: Mapping[str, Any]) -> str:
    """Return a flavor as text that is the same for the same flavor, links left out."""
    known = {key: value for key, value in flavor.items() if key != "links"}
    return json.dumps(known, sort_keys=True)


def service_state(body: Mapping[str, Any]) -> ServiceState:
    """Read one element of ``GET /os-services``."""
    return ServiceState(
        service=str(body["id"]),
        host=body["host"],
        state=body["state"],
        status=body["status"],
        forced_down=bool(body.get("forced_down")),
        updated_at=body.get("updated_at"),
    )


def migration(body: Mapping[str, Any]) -> MigrationState:
    """Read one element of ``GET /os-migrations``."""
    return MigrationState(
        server=body["instance_uuid"],
        migration=str(body.get("uuid") or body["id"]),
        type=body.get("migration_type") or "",
        status=body["status"],
        source=body.get("source_compute"),
        destination=body.get("dest_compute"),
        created_at=body.get("created_at"),
        updated_at=body.get("updated_at"),
    )


def action(server: str, body: Mapping[str, Any]) -> ActionRecord:
    """Read ``GET /servers/{id}/os-instance-actions/{request}``; events in the order they began."""
    events = [
        ActionStep(
            event=event["event"],
            start_at=event.get("start_time"),
            finish_at=event.get("finish_time"),
            result=event.get("result"),
            host=event.get("host"),
        )
        for event in body.get("events") or ()
    ]
    events.sort(key=lambda event: event.start_at or "")
    return ActionRecord(
        server=server,
        action=body["action"],
        request_id=body["request_id"],
        start_at=body.get("start_time"),
        message=body.get("message"),
        events=tuple(events),
    )


def port(body: Mapping[str, Any]) -> PortState:
    """Read one element of Neutron's ``GET /ports``, asked for with admin rights."""
    addresses = sorted(fixed["ip_address"] for fixed in body.get("fixed_ips") or ())
    groups = body.get("security_groups")
    return PortState(
        server=body.get("device_id") or "",
        port=body["id"],
        mac=body["mac_address"],
        fixed_ips=tuple(addresses),
        status=body["status"],
        host=body.get("binding:host_id") or None,
        binding=body.get("binding:vif_type"),
        security_groups=None if groups is None else tuple(sorted(groups)),
    )


def floating_ip(body: Mapping[str, Any]) -> FloatingIpState:
    """Read one element of Neutron's ``GET /floatingips``."""
    return FloatingIpState(
        floating_ip=body["id"],
        address=body["floating_ip_address"],
        port=body.get("port_id"),
        fixed_ip=body.get("fixed_ip_address"),
    )


def attachments(
    listed: Iterable[Mapping[str, Any]], volume: Mapping[str, Any]
) -> tuple[AttachmentState, ...]:
    """Join Cinder's attachments with what the volume itself says of them.

    The attachment API tells the status, the volume (to an admin) the connector's host. One that
    only one of the two knows is still an attachment, and shows that they disagree.

    :param listed: elements of ``GET /attachments/detail``
    :param volume: the volume of ``GET /volumes/{id}``
    """
    named = {entry["attachment_id"]: entry for entry in volume.get("attachments") or ()}
    found: dict[str, AttachmentState] = {}
    for entry in listed:
        other = named.get(entry["id"], {})
        found[entry["id"]] = AttachmentState(
            attachment=entry["id"],
            server=entry.get("instance") or other.get("server_id"),
            host=other.get("host_name"),
            status=entry.get("status") or "",
        )
    for identity, other in named.items():
        if identity not in found:
            found[identity] = AttachmentState(
                attachment=identity,
                server=other.get("server_id"),
                host=other.get("host_name"),
                status="attached",
            )
    return tuple(found[identity] for identity in sorted(found))


def provider_hosts(
    providers: Sequence[Mapping[str, Any]], nodes: Iterable[Mapping[str, Any]]
) -> dict[str, str]:
    """Return the host of each resource provider: the Nova host of its root's compute node.

    :param providers: elements of ``GET /resource_providers``
    :param nodes: elements of ``GET /os-hypervisors/detail``
    """
    names = {provider["uuid"]: provider["name"] for provider in providers}
    roots = {
        provider["uuid"]: names.get(provider.get("root_provider_uuid"), provider["name"])
        for provider in providers
    }
    hosts = hypervisor_hosts(nodes)
    return {identity: hosts.get(root, root) for identity, root in roots.items()}


def hypervisor_hosts(nodes: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the host of each hypervisor by the hypervisor's name.

    :param nodes: elements of ``GET /os-hypervisors/detail``
    """
    return {node["hypervisor_hostname"]: node["service"]["host"] for node in nodes}


def allocations(body: Mapping[str, Any], hosts: Mapping[str, str]) -> dict[str, dict[str, int]]:
    """Read ``GET /allocations/{server}``.

    :param hosts: provider UUID to host; a provider that is not in it keeps its UUID
    """
    found: dict[str, dict[str, int]] = {}
    for provider, held in (body.get("allocations") or {}).items():
        amounts = found.setdefault(hosts.get(provider, provider), {})
        for resource, amount in held["resources"].items():
            amounts[resource] = amounts.get(resource, 0) + int(amount)
    return found
