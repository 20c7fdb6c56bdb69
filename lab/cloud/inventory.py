# SPDX-License-Identifier: Apache-2.0
"""What there is in a cloud, kind by kind: how it is listed, and how it is removed.

Speaks only the cloud's public API, as its administrator. What a fresh cloud has is noted once
(`note`), so that all else can be removed later.
"""

import concurrent.futures
import dataclasses
from collections.abc import Callable, Collection
from typing import Any

import openstack.connection
import openstack.exceptions

Connection = openstack.connection.Connection
Item = dict[str, Any]
Hook = Callable[[Connection, Item], None]

_COMPUTE_VERSION = "2.95"
_VOLUME_VERSION = "3.50"


def ask(cloud: Connection, service: str, method: str, path: str, body: Any = None) -> Item:
    """Send one request and return the JSON that is answered, if any.

    :param service: openstacksdk's name: ``compute``, ``network``, ...
    :raises openstack.exceptions.HttpException: the answer is an error.
    """
    proxy = getattr(cloud, service)
    version = {"compute": _COMPUTE_VERSION, "block_storage": _VOLUME_VERSION}.get(service)
    answer = proxy.request(path, method, json=body, microversion=version)
    openstack.exceptions.raise_from_response(answer)
    return dict(answer.json()) if answer.content else {}


def _first_unlock(cloud: Connection, image: Item) -> None:
    if image.get("protected"):
        proxy = cloud.image
        patch = [{"op": "replace", "path": "/protected", "value": False}]
        headers = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
        openstack.exceptions.raise_from_response(
            proxy.request(f"/images/{image['id']}", "PATCH", json=patch, headers=headers)
        )


def _first_disconnect(cloud: Connection, router: Item) -> None:
    path = f"/routers/{router['id']}"
    if router.get("routes"):
        ask(cloud, "network", "PUT", path, {"router": {"routes": []}})
    for port in ask(cloud, "network", "GET", f"/ports?device_id={router['id']}")["ports"]:
        if port["device_owner"].startswith("network:router_interface"):
            body = {"port_id": port["id"]}
            ask(cloud, "network", "PUT", f"{path}/remove_router_interface", body)


def _first_empty(cloud: Connection, aggregate: Item) -> None:
    for host in aggregate["hosts"]:
        body = {"remove_host": {"host": host}}
        ask(cloud, "compute", "POST", f"/os-aggregates/{aggregate['id']}/action", body)


def _first_disable(cloud: Connection, domain: Item) -> None:
    ask(cloud, "identity", "PATCH", f"/domains/{domain['id']}", {"domain": {"enabled": False}})


def _unstick_server(cloud: Connection, server: Item) -> None:
    body = {"os-resetState": {"state": "error"}}
    ask(cloud, "compute", "POST", f"/servers/{server['id']}/action", body)


def _unstick_volume(cloud: Connection, volume: Item) -> None:
    leaked = ask(cloud, "block_storage", "GET", f"/attachments?volume_id={volume['id']}")
    for attachment in leaked["attachments"]:
        ask(cloud, "block_storage", "DELETE", f"/attachments/{attachment['id']}")
    body = {"os-reset_status": {"status": "error", "attach_status": "detached"}}
    ask(cloud, "block_storage", "POST", f"/volumes/{volume['id']}/action", body)


def _not_a_routers(port: Item) -> bool:
    """Ports of a router, a floating IP or a network's own services go with these."""
    return not port["device_owner"].startswith("network:")


def _not_a_default(group: Item) -> bool:
    """Neutron makes a default group again for whoever asks for groups."""
    return bool(group["name"] != "default")


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of thing in a cloud.

    :param name: in the plural, as it is printed.
    :param service: openstacksdk's name of the service that has it.
    :param path: of the collection, without what is asked after ``?``.
    :param query: what makes the list that of all projects.
    :param key: of the list in the answer, if it is not the name with underscores.
    :param destroy: what is asked for when one is deleted.
    :param first: what has to be done to one before it can be deleted.
    :param unstick: what is done to one that could not be deleted.
    :param counts: whether an item of the list is one to be deleted by itself.
    """

    name: str
    service: str
    path: str
    query: str = ""
    key: str = ""
    destroy: str = ""
    first: Hook | None = None
    unstick: Hook | None = None
    counts: Callable[[Item], bool] = lambda item: True

    def list(self, cloud: Connection) -> list[Item]:
        """Return all there are."""
        found = ask(cloud, self.service, "GET", f"{self.path}?{self.query}")
        items = found[self.key or self.name.replace(" ", "_")]
        return [item for item in items if self.counts(item)]

    def delete(self, cloud: Connection, item: Item, again: bool = False) -> None:
        """Delete one; nothing happens if it is gone. It may take a while until it is.

        :param again: it was tried before, and failed.
        :raises openstack.exceptions.HttpException: the cloud refuses.
        """
        try:
            if self.first:
                self.first(cloud, item)
            if again and self.unstick:
                self.unstick(cloud, item)
            ask(cloud, self.service, "DELETE", f"{self.path}/{item['id']}?{self.destroy}")
        except openstack.exceptions.NotFoundException:
            return


SERVERS = Kind(
    "servers", "compute", "/servers", "all_tenants=1&limit=1000", unstick=_unstick_server
)
VOLUMES = Kind(
    "volumes",
    "block_storage",
    "/volumes",
    "all_tenants=1",
    destroy="cascade=true&force=true",
    unstick=_unstick_volume,
)
SNAPSHOTS = Kind("snapshots", "block_storage", "/snapshots", "all_tenants=1")
VOLUME_TYPES = Kind("volume types", "block_storage", "/types", "is_public=None")
IMAGES = Kind(
    "images", "image", "/images", "visibility=all&limit=1000", first=_first_unlock
)
FLOATING_IPS = Kind("floating ips", "network", "/floatingips", key="floatingips")
ROUTERS = Kind("routers", "network", "/routers", first=_first_disconnect)
PORTS = Kind("ports", "network", "/ports", counts=_not_a_routers)
NETWORKS = Kind("networks", "network", "/networks")
SECURITY_GROUPS = Kind("security groups", "network", "/security-groups", counts=_not_a_default)
DEFAULT_GROUPS = Kind(
    "default security groups", "network", "/security-groups", "name=default", "security_groups"
)
SUBNET_POOLS = Kind("subnet pools", "network", "/subnetpools", key="subnetpools")
ADDRESS_SCOPES = Kind("address scopes", "network", "/address-scopes")
FLAVORS = Kind("flavors", "compute", "/flavors", "is_public=None&limit=1000")
AGGREGATES = Kind("aggregates", "compute", "/os-aggregates", first=_first_empty)
SERVER_GROUPS = Kind("server groups", "compute", "/os-server-groups", "all_projects=True")
USERS = Kind("users", "identity", "/users")
USER_GROUPS = Kind("groups", "identity", "/groups")
PROJECTS = Kind("projects", "identity", "/projects")
DOMAINS = Kind("domains", "identity", "/domains", first=_first_disable)
ROLES = Kind("roles", "identity", "/roles")

# What a fresh cloud has something of.
_NOTED = (
    VOLUME_TYPES, IMAGES, NETWORKS, SUBNET_POOLS, ADDRESS_SCOPES, FLAVORS, AGGREGATES,
    USERS, USER_GROUPS, PROJECTS, DOMAINS, ROLES,
)  # fmt: skip


def identifier(item: Item) -> str:
    """Return what an item is known by; Nova numbers aggregates."""
    return str(item["id"])


def note(cloud: Connection) -> dict[str, list[str]]:
    """Return what there is now of everything a fresh cloud has: IDs by the name of the kind."""

    def listed(kind: Kind) -> list[str]:
        return [identifier(item) for item in kind.list(cloud)]

    with concurrent.futures.ThreadPoolExecutor(len(_NOTED)) as pool:
        lists = list(pool.map(listed, _NOTED))
    return {kind.name: ids for kind, ids in zip(_NOTED, lists, strict=True)}


def key_pairs(cloud: Connection, users: Collection[str]) -> list[tuple[str, str]]:
    """Return user and name of every key pair of these `users`; nobody can list them all."""
    found = []
    for user in users:
        answer = ask(cloud, "compute", "GET", f"/os-keypairs?user_id={user}")
        found += [(user, each["keypair"]["name"]) for each in answer["keypairs"]]
    return found
