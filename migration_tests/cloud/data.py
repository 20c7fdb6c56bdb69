# SPDX-License-Identifier: Apache-2.0
"""What the cloud answers, as frozen data, and how it is read out of the API's JSON.

Pure. May not know: how the answer was fetched.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from migration_tests.record.events import (
    ActionEvent,
    Attachment,
    MigrationSeen,
    Port,
    ServerAction,
)

FAILED_MIGRATION = frozenset({"error", "failed", "cancelled"})
ARRIVED = frozenset({"done", "completed"})  # "completed" once the source has cleaned up


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
    def settled(self) -> bool:
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


def migration(body: Mapping[str, Any]) -> MigrationSeen:
    """Read one element of ``GET /os-migrations``."""
    return MigrationSeen(
        server=body["instance_uuid"],
        migration=str(body.get("uuid") or body["id"]),
        type=body.get("migration_type") or "",
        status=body["status"],
        source=body.get("source_compute"),
        destination=body.get("dest_compute"),
        created_at=body.get("created_at"),
        updated_at=body.get("updated_at"),
    )


def action(server: str, body: Mapping[str, Any]) -> ServerAction:
    """Read ``GET /servers/{id}/os-instance-actions/{request}``; events in the order they began."""
    events = [
        ActionEvent(
            event=event["event"],
            start_at=event.get("start_time"),
            finish_at=event.get("finish_time"),
            result=event.get("result"),
            host=event.get("host"),
        )
        for event in body.get("events") or ()
    ]
    events.sort(key=lambda event: event.start_at or "")
    return ServerAction(
        server=server,
        action=body["action"],
        request_id=body["request_id"],
        start_at=body.get("start_time"),
        message=body.get("message"),
        events=tuple(events),
    )


def port(body: Mapping[str, Any]) -> Port:
    """Read one element of Neutron's ``GET /ports``, asked for with admin rights."""
    addresses = sorted(fixed["ip_address"] for fixed in body.get("fixed_ips") or ())
    return Port(
        port=body["id"],
        mac=body["mac_address"],
        fixed_ips=tuple(addresses),
        status=body["status"],
        host=body.get("binding:host_id") or None,
        binding=body.get("binding:vif_type"),
    )


def attachments(
    listed: Iterable[Mapping[str, Any]], volume: Mapping[str, Any]
) -> tuple[Attachment, ...]:
    """Join Cinder's attachments with what the volume itself says of them.

    The attachment API tells the status, the volume (to an admin) the connector's host. One that
    only one of the two knows is still an attachment, and shows that they disagree.

    :param listed: elements of ``GET /attachments/detail``
    :param volume: the volume of ``GET /volumes/{id}``
    """
    named = {entry["attachment_id"]: entry for entry in volume.get("attachments") or ()}
    found: dict[str, Attachment] = {}
    for entry in listed:
        other = named.get(entry["id"], {})
        found[entry["id"]] = Attachment(
            attachment=entry["id"],
            server=entry.get("instance") or other.get("server_id"),
            host=other.get("host_name"),
            status=entry.get("status") or "",
        )
    for identity, other in named.items():
        if identity not in found:
            found[identity] = Attachment(
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
    hosts = {node["hypervisor_hostname"]: node["service"]["host"] for node in nodes}
    return {identity: hosts.get(root, root) for identity, root in roots.items()}


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
