# SPDX-License-Identifier: Apache-2.0
"""Questions and requests to the cloud, by Tempest's service clients with admin rights.

Every answer is plain data (`data`); every failure is a CloudError. The microversions are set for
the whole process by Tempest's fixture (see `choose_microversion`), so several threads may ask at
once. May not know: in which order a story asks.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import urllib3
from tempest.lib import exceptions as lib_exc
from tempest.lib.common import api_version_request

from migration_tests.cloud import data, overview
from migration_tests.record.events import (
    MigrationSeen,
    Port,
    PortSeen,
    ServerAction,
    VolumeSnapshot,
)

OLDEST_COMPUTE = "2.74"  # a server can be asked for on a host without being bound to it
STOPPED_SINCE = "2.95"  # evacuated servers stay stopped
VOLUME_MICROVERSION = "3.27"  # the attachment API
PLACEMENT_MICROVERSION = "1.14"  # a provider names its root, so nested ones find their host


class CloudError(Exception):
    """A call to the cloud's API failed; says what was asked and what came back."""

    def __init__(self, asked: str, cause: BaseException) -> None:
        self.http_status: int | None = getattr(getattr(cause, "resp", None), "status", None)
        text = str(cause).strip().replace("\n", " ")
        super().__init__(f"{asked}: {type(cause).__name__}: {text}")


@contextlib.contextmanager
def _asking(what: str) -> Iterator[None]:
    try:
        yield
    except (lib_exc.TempestException, urllib3.exceptions.HTTPError, KeyError) as error:
        raise CloudError(what, error) from error


def at_least(version: str, wanted: str) -> bool:
    """Return whether a microversion is another or newer; 2.100 is newer than 2.95."""
    request = api_version_request.APIVersionRequest
    return bool(request(version) >= request(wanted))


def choose_microversion(offered: str, highest: str) -> str:
    """Return the newest version that the cloud offers and the configuration allows."""
    return highest if at_least(offered, highest) else offered


class Cloud:
    """The cloud, asked with admin rights.

    :param manager: Tempest's client manager of the admin
    """

    def __init__(self, manager: Any) -> None:
        self._manager = manager
        self._hosts: dict[str, str] = {}

    # --- compute: versions, services, migrations ---------------------------------------------

    def offered_microversion(self) -> str:
        """Return the newest compute microversion of the cloud."""
        with _asking("the compute API's versions"):
            versions = self._manager.compute_versions_client.list_versions()["versions"]
            offered = [version for version in versions if version["id"] == "v2.1"]
            return str(offered[0]["version"]) if offered else "2.1"

    def services(self) -> tuple[data.ServiceState, ...]:
        """Return all compute services."""
        with _asking("the list of compute services"):
            body = self._manager.services_client.list_services(binary="nova-compute")
        return tuple(data.service_state(service) for service in body["services"])

    def set_service(self, service: str, **values: Any) -> data.Answer:
        """Change a compute service: ``forced_down``, ``status``, ``disabled_reason``."""
        return _answer(
            lambda: self._manager.services_client.update_service(service, **values)
        )

    def migrations(self, since: str) -> tuple[MigrationSeen, ...]:
        """Return the evacuation records that changed since a time, ISO 8601 in UTC."""
        filters = {"migration_type": "evacuation", "changes-since": since}
        with _asking("the list of migrations"):
            body = self._manager.migrations_client.list_migrations(**filters)
        return tuple(data.migration(entry) for entry in body["migrations"])

    # --- servers -----------------------------------------------------------------------------

    def servers(self, prefix: str) -> tuple[data.ServerState, ...]:
        """Return the servers of the admin's project whose names begin with a prefix."""
        with _asking("the list of servers"):
            body = self._manager.servers_client.list_servers(detail=True, name=f"^{prefix}")
        return tuple(data.server_state(server) for server in body["servers"])

    def server_ids_on(self, host: str) -> tuple[str, ...]:
        """Return the IDs of all servers of all projects on a host."""
        with _asking(f"the servers on {host}"):
            body = self._manager.servers_client.list_servers(all_tenants=1, host=host)
        return tuple(server["id"] for server in body["servers"])

    def server(self, server: str) -> data.ServerState:
        """Return one server."""
        with _asking(f"server {server}"):
            body = self._manager.servers_client.show_server(server)
        return data.server_state(body["server"])

    def create_server(self, **values: Any) -> str:
        """Ask for a server, in the API's own words, and return its ID."""
        with _asking(f"a new server {values.get('name')}"):
            body = self._manager.servers_client.create_server(**values)
        return str(body["server"]["id"])

    def delete_server(self, server: str) -> None:
        """Ask for a server's deletion; one that is gone already is as good."""
        with _asking(f"the deletion of server {server}"), contextlib.suppress(lib_exc.NotFound):
            self._manager.servers_client.delete_server(server)

    def evacuate(self, server: str) -> data.Answer:
        """Ask for an evacuation to a host of the scheduler's choice."""
        # Tempest's own evacuate_server compares microversions as text: it takes 2.100 for older
        # than 2.14 and then misses a password in the answer.
        return self._act(server, {"evacuate": {}})

    def start(self, server: str) -> data.Answer:
        """Ask for the start of a stopped server."""
        return self._act(server, {"os-start": None})

    def _act(self, server: str, body: dict[str, Any]) -> data.Answer:
        client = self._manager.servers_client

        def request() -> None:
            response, _ = client.post(f"servers/{server}/action", json.dumps(body))
            client.expected_success([200, 202], response.status)

        return _answer(request)

    def actions(self, server: str) -> tuple[ServerAction, ...]:
        """Return the instance actions of a server with their events, oldest first."""
        client = self._manager.servers_client
        with _asking(f"the instance actions of {server}"):
            listed = client.list_instance_actions(server)["instanceActions"]
            found = [
                client.show_instance_action(server, entry["request_id"])["instanceAction"]
                for entry in listed
            ]
        found.sort(key=lambda entry: entry.get("start_time") or "")
        return tuple(data.action(server, entry) for entry in found)

    # --- network -----------------------------------------------------------------------------

    def ports(self, server: str) -> tuple[Port, ...]:
        """Return a server's ports, in the order of their IDs."""
        with _asking(f"the ports of {server}"):
            body = self._manager.ports_client.list_ports(device_id=server)
        return tuple(
            sorted((data.port(entry) for entry in body["ports"]), key=lambda port: port.port)
        )

    def ports_of(self, servers: Sequence[str]) -> dict[str, PortSeen]:
        """Return the ports of several servers by their IDs, with one call."""
        with _asking("the list of ports"):
            body = self._manager.ports_client.list_ports(device_id=list(servers))
        return {
            entry["id"]: PortSeen(
                server=entry["device_id"],
                port=entry["id"],
                status=entry["status"],
                host=entry.get("binding:host_id") or None,
            )
            for entry in body["ports"]
        }

    def floating_ips(self, ports: tuple[Port, ...]) -> tuple[str, ...]:
        """Return the floating addresses that lead to any of the ports."""
        found: list[str] = []
        for port in ports:
            with _asking(f"the floating IPs of port {port.port}"):
                body = self._manager.floating_ips_client.list_floatingips(port_id=port.port)
            found += [entry["floating_ip_address"] for entry in body["floatingips"]]
        return tuple(sorted(found))

    def create_floating_ip(self, network: str, port: str) -> tuple[str, str]:
        """Make a floating IP for a port and return its ID and its address."""
        with _asking(f"a floating IP for port {port}"):
            body = self._manager.floating_ips_client.create_floatingip(
                floating_network_id=network, port_id=port
            )["floatingip"]
        return body["id"], body["floating_ip_address"]

    def delete_floating_ip(self, floating_ip: str) -> None:
        """Delete a floating IP; one that is gone already is as good."""
        with (
            _asking(f"the deletion of floating IP {floating_ip}"),
            contextlib.suppress(lib_exc.NotFound),
        ):
            self._manager.floating_ips_client.delete_floatingip(floating_ip)

    # --- hosts -------------------------------------------------------------------------------

    def controllers_on(self, host: str) -> tuple[str, ...]:
        """Return the services on a host that control the cloud, by name."""
        with _asking("the lists of services"):
            return overview.controllers(overview.services(self._manager), host)

    def room(self) -> dict[str, dict[str, int]]:
        """Return what Placement has free on each host, by resource class."""
        with _asking("what Placement has free"):
            return overview.room(self._manager, self._provider_hosts())

    # --- volumes and allocations -------------------------------------------------------------

    def volumes(self, server: str, moment: str) -> tuple[VolumeSnapshot, ...]:
        """Return the volumes attached to a server with all their attachments."""
        attachments = self._manager.attachments_client_latest
        found = []
        with _asking(f"the volumes of {server}"):
            listed = self._manager.servers_client.list_volume_attachments(server)
            for volume in [entry["volumeId"] for entry in listed["volumeAttachments"]]:
                shown = self._manager.volumes_client_latest.show_volume(volume)["volume"]
                # Tempest's client cannot list attachments.
                response, body = attachments.get(
                    f"attachments/detail?all_tenants=1&volume_id={volume}"
                )
                attachments.expected_success(200, response.status)
                found.append(
                    VolumeSnapshot(
                        server=server,
                        moment=moment,
                        volume=volume,
                        status=shown["status"],
                        attachments=data.attachments(json.loads(body)["attachments"], shown),
                        type=shown.get("volume_type"),
                    )
                )
        return tuple(found)

    def allocations(self, server: str) -> dict[str, dict[str, int]]:
        """Return what a server holds in Placement: host to resource class to amount.

        A nested provider counts for its root, a root for the host that Nova knows it by.
        """
        with _asking(f"the allocations of {server}"):
            body = self._manager.placement_client.list_allocations(server)
            if not set(body["allocations"]) <= set(self._hosts):
                self._hosts = self._provider_hosts()
        return data.allocations(body, self._hosts)

    def _provider_hosts(self) -> dict[str, str]:
        providers = self._manager.resource_providers_client.list_resource_providers()
        client = self._manager.hypervisor_client
        # Tempest's own list_hypervisors refuses answers from 2.88 on: they name the uptime.
        response, body = client.get("os-hypervisors/detail")
        client.expected_success(200, response.status)
        nodes = json.loads(body)["hypervisors"]
        return data.provider_hosts(providers["resource_providers"], nodes)


def _answer(request: Callable[[], Any]) -> data.Answer:
    """Make a request that may be refused, and return the answer either way.

    :raises CloudError: when no answer came at all
    """
    try:
        request()
        return data.Answer(accepted=True)
    except lib_exc.RestClientException as error:
        status = getattr(getattr(error, "resp", None), "status", None)
        if status is None:
            status = getattr(error, "status_code", None)
        return data.Answer(False, status, " ".join(str(error).split()))
    except (lib_exc.TempestException, urllib3.exceptions.HTTPError) as error:
        raise CloudError("a request", error) from error
