# SPDX-License-Identifier: Apache-2.0
"""Questions to the cloud, by Tempest's service clients with admin rights; nothing is changed here.

Every answer is plain data (`data`); every failure is a CloudError. May not know: in which order a
scenario asks, and what for.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tempest.lib import exceptions as lib_exc

from migration_tests.cloud import data, flavors, overview
from migration_tests.cloud.details import ServerDetails, server_details
from migration_tests.cloud.errors import asking


class Cloud:
    """The cloud, asked with admin rights.

    :param manager: Tempest's client manager of the admin
    """

    def __init__(self, manager: Any) -> None:
        self._manager = manager
        self._hosts: dict[str, str] = {}  # of resource providers
        self._nodes: dict[str, str] = {}  # hosts of hypervisors

    # --- compute: versions, services, migrations ---------------------------------------------

    def offered_microversion(self) -> str:
        """Return the newest compute microversion of the cloud."""
        with asking("the compute API's versions"):
            versions = self._manager.compute_versions_client.list_versions()["versions"]
            offered = [version for version in versions if version["id"] == "v2.1"]
            return str(offered[0]["version"]) if offered else "2.1"

    def services(self) -> tuple[data.ServiceState, ...]:
        """Return all compute services."""
        with asking("the list of compute services"):
            body = self._manager.services_client.list_services(binary="nova-compute")
            return tuple(data.service_state(service) for service in body["services"])

    def migrations(self, since: str) -> tuple[data.MigrationState, ...]:
        """Return the migration records that changed since a time, ISO 8601 in UTC."""
        with asking("the list of migrations"):
            body = self._manager.migrations_client.list_migrations(**{"changes-since": since})
            return tuple(data.migration(entry) for entry in body["migrations"])

    # --- servers -----------------------------------------------------------------------------

    def servers(self, prefix: str) -> tuple[data.ServerState, ...]:
        """Return the servers of all projects whose names begin with a prefix."""
        with asking("the list of servers"):
            body = self._manager.servers_client.list_servers(
                detail=True, all_tenants=1, name=f"^{prefix}"
            )
            return tuple(data.server_state(server) for server in body["servers"])

    def server_ids_on(self, host: str) -> tuple[str, ...]:
        """Return the IDs of all servers of all projects on a host."""
        with asking(f"the servers on {host}"):
            body = self._manager.servers_client.list_servers(all_tenants=1, host=host)
            return tuple(server["id"] for server in body["servers"])

    def server(self, server: str) -> ServerDetails:
        """Return one server with all that is shown of it."""
        with asking(f"server {server}"):
            body = self._manager.servers_client.show_server(server)["server"]
            if body.get("OS-EXT-SRV-ATTR:hypervisor_hostname") not in self._nodes:
                self._nodes = data.hypervisor_hosts(self._hypervisors())
            return server_details(body, self._nodes)

    def actions(self, server: str) -> tuple[data.ActionRecord, ...]:
        """Return the instance actions of a server with their events, oldest first."""
        with asking(f"the instance actions of {server}"):
            path = f"servers/{server}/os-instance-actions"
            found = [
                self._raw(f"{path}/{entry['request_id']}")["instanceAction"]
                for entry in self._raw(path)["instanceActions"]
            ]
            found.sort(key=lambda entry: entry.get("start_time") or "")
            return tuple(data.action(server, entry) for entry in found)

    def _raw(self, path: str) -> dict[str, Any]:
        """Ask Nova; Tempest's own methods refuse an action that nobody asked for (no user)."""
        client = self._manager.servers_client
        response, body = client.get(path)
        client.expected_success(200, response.status)
        found: dict[str, Any] = json.loads(body)
        return found

    # --- network -----------------------------------------------------------------------------

    def ports(self, servers: Sequence[str]) -> tuple[data.PortState, ...]:
        """Return the ports of some servers in the order of their IDs, with one call."""
        with asking("the list of ports"):
            body = self._manager.ports_client.list_ports(device_id=list(servers))
            found = (data.port(entry) for entry in body["ports"])
            return tuple(sorted(found, key=lambda port: port.port))

    def floating_ips(
        self, ports: Sequence[data.PortState]
    ) -> tuple[data.FloatingIpState, ...]:
        """Return the floating IPs that lead to any of the ports."""
        found: list[data.FloatingIpState] = []
        for port in ports:
            with asking(f"the floating IPs of port {port.port}"):
                body = self._manager.floating_ips_client.list_floatingips(port_id=port.port)
                found += [data.floating_ip(entry) for entry in body["floatingips"]]
        return tuple(sorted(found, key=lambda one: one.address))

    # --- hosts -------------------------------------------------------------------------------

    def controllers_on(self, host: str) -> tuple[str, ...]:
        """Return the services on a host that control the cloud, by name."""
        with asking("the lists of services"):
            return overview.controllers(overview.services(self._manager), host)

    def quota(self, owner: Any) -> dict[str, int]:
        """Return what the project of the servers may still have, by the name of the quota.

        :param owner: the client manager of one of its users
        """
        with asking("the quota of the project"):
            return overview.quota(owner)

    def room(self) -> dict[str, dict[str, int]]:
        """Return what Placement has free on each host, by resource class."""
        with asking("what Placement has free"):
            return overview.room(self._manager, self._provider_hosts())

    def flavor(self, flavor: str) -> flavors.Flavor:
        """Return a flavor: what its servers take, and which aggregates' hosts take them."""
        with asking(f"the flavor {flavor}"):
            client = self._manager.flavors_client
            body = client.show_flavor(flavor)["flavor"]
            specs = client.list_flavor_extra_specs(flavor)["extra_specs"]
            return flavors.flavor(body, specs)

    def aggregates(self) -> tuple[flavors.Aggregate, ...]:
        """Return all host aggregates."""
        with asking("the list of aggregates"):
            body = self._manager.aggregates_client.list_aggregates()
            return tuple(flavors.aggregate(entry) for entry in body["aggregates"])

    # --- images ------------------------------------------------------------------------------

    def image(self, image: str) -> data.ImageState | None:
        """Return an image; None if there is none."""
        with asking(f"the image {image}"):
            try:
                return data.image(self._manager.image_client_v2.show_image(image))
            except lib_exc.NotFound:
                return None

    def image_rescues_volumes(self, image: str) -> bool:
        """Return whether an image has what Nova needs to rescue servers on volumes with it."""
        with asking(f"the image {image}"):
            body = self._manager.image_client_v2.show_image(image)
            return all(body.get(name) for name in ("hw_rescue_device", "hw_rescue_bus"))

    # --- volumes and allocations -------------------------------------------------------------

    def volumes(self, server: str) -> tuple[data.VolumeState, ...]:
        """Return the volumes attached to a server with all their attachments."""
        attachments = self._manager.attachments_client_latest
        found = []
        with asking(f"the volumes of {server}"):
            listed = self._manager.servers_client.list_volume_attachments(server)
            for entry in listed["volumeAttachments"]:
                volume = entry["volumeId"]
                shown = self._manager.volumes_client_latest.show_volume(volume)["volume"]
                # Tempest's client cannot list attachments.
                response, body = attachments.get(
                    f"attachments/detail?all_tenants=1&volume_id={volume}"
                )
                attachments.expected_success(200, response.status)
                found.append(
                    data.VolumeState(
                        volume=volume,
                        status=shown["status"],
                        type=shown.get("volume_type"),
                        device=entry.get("device"),
                        attachments=data.attachments(json.loads(body)["attachments"], shown),
                    )
                )
        return tuple(found)

    def allocations(self, server: str) -> dict[str, dict[str, int]]:
        """Return what a server holds in Placement: host to resource class to amount.

        A nested provider counts for its root, a root for the host that Nova knows it by.
        """
        with asking(f"the allocations of {server}"):
            body = self._manager.placement_client.list_allocations(server)
            if not set(body["allocations"]) <= set(self._hosts):
                self._hosts = self._provider_hosts()
            return data.allocations(body, self._hosts)

    def _provider_hosts(self) -> dict[str, str]:
        providers = self._manager.resource_providers_client.list_resource_providers()
        return data.provider_hosts(providers["resource_providers"], self._hypervisors())

    def _hypervisors(self) -> list[dict[str, Any]]:
        client = self._manager.hypervisor_client
        # Tempest's own list_hypervisors refuses answers from 2.88 on: they name the uptime.
        response, body = client.get("os-hypervisors/detail")
        client.expected_success(200, response.status)
        nodes: list[dict[str, Any]] = json.loads(body)["hypervisors"]
        return nodes
