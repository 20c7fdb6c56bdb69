# SPDX-License-Identifier: Apache-2.0
"""Tempest's client managers in front of the cloud in memory, and what it answers without more ado:
network, volumes, Placement, flavors, keys.

May not know: what becomes of servers.
"""

from __future__ import annotations

import json
from types import SimpleNamespace

from tempest.lib import exceptions as lib_exc

OTHER = "-alt"  # what the name of a flavor to resize to ends with

STATUS = {
    400: lib_exc.BadRequest,
    403: lib_exc.Forbidden,
    404: lib_exc.NotFound,
    409: lib_exc.Conflict,
}


def refusal(status, text):
    """The exception that Tempest's clients raise for such an answer."""
    other = lib_exc.ServerFault if status >= 500 else lib_exc.OtherRestClientException
    kind = STATUS.get(status, other)
    return kind(text, resp=SimpleNamespace(status=status))


class FakeApi:
    """The part of the API that has no life of its own."""

    # --- what a project may have -------------------------------------------------------------

    def show_limits(self):
        return {
            "limits": {
                "absolute": {
                    "maxTotalInstances": 20,
                    "totalInstancesUsed": len(self.servers),
                    "maxTotalCores": -1,
                    "totalCoresUsed": 0,
                    "maxTotalRAMSize": 51200,
                    "totalRAMUsed": 1024,
                    "maxServerGroupMembers": self.group_places,
                }
            }
        }

    # --- network -----------------------------------------------------------------------------

    def list_ports(self, device_id):
        bound = self.behaviour.binds_ports
        return {
            "ports": [
                {
                    "id": f"port-{server}",
                    "device_id": server,
                    "mac_address": f"fa:16:3e:00:00:{int(server[-2:], 16):02x}",
                    "fixed_ips": [{"ip_address": f"10.0.0.{int(server[-2:], 16)}"}],
                    "status": "ACTIVE" if bound else "DOWN",
                    "binding:host_id": self.host(server) if bound else "",
                    "binding:vif_type": "ovs" if bound else "unbound",
                    "security_groups": [
                        one["name"] for one in self.servers[server]["security_groups"]
                    ],
                }
                for server in device_id
                if server in self.servers
            ]
        }

    def list_floatingips(self, port_id):
        found = [one for one in self.floating.values() if one["port_id"] == port_id]
        return {"floatingips": found}

    def create_floatingip(self, floating_network_id, port_id):
        made = {
            "id": self.fresh_id("11111111"),
            "floating_ip_address": f"127.0.1.{len(self.floating) + 1}",
            "port_id": port_id,
            "fixed_ip_address": "10.0.0.1",
        }
        self.floating[made["id"]] = made
        return {"floatingip": made}

    def delete_floatingip(self, identity):
        del self.floating[identity]
        return {}

    # --- volumes, allocations, flavors, aggregates -------------------------------------------

    def list_volume_attachments(self, server):
        if self.kind(server) != "volume":
            return {"volumeAttachments": []}
        entry = {"volumeId": f"volume-{server}", "serverId": server, "device": "/dev/vda"}
        return {"volumeAttachments": [entry]}

    def show_volume(self, volume):
        server = volume.removeprefix("volume-")
        named = {"attachment_id": f"a-{server}", "server_id": server}
        named["host_name"] = self.host(server)
        return {"volume": {"status": "in-use", "volume_type": "fast", "attachments": [named]}}

    def get(self, path):
        if path.startswith("attachments/detail"):
            server = path.partition("volume_id=volume-")[2]
            found = {"id": f"a-{server}", "instance": server, "status": "attached"}
            body = {"attachments": [found]}
        elif "os-instance-actions" in path:
            _, server, _, *request = path.split("/")
            if "list_instance_actions" in self.broken:
                raise self.broken["list_instance_actions"]
            show = self.show_instance_action if request else self.list_instance_actions
            body = show(server, *request)
        else:
            body = {
                "hypervisors": [
                    {"hypervisor_hostname": f"{host}.example.org", "service": {"host": host}}
                    for host in self.services
                ]
            }
        return SimpleNamespace(status=200), json.dumps(body)

    def list_resource_providers(self):
        providers = [
            {"uuid": uuid, "name": f"{host}.example.org", "root_provider_uuid": uuid}
            for host in self.services
            for uuid in [f"p-{host}"]
        ]
        return {"resource_providers": providers}

    def list_resource_provider_inventories(self, provider):
        one = {"total": 4096, "reserved": 0, "allocation_ratio": 1.0}
        return {"inventories": dict.fromkeys(("VCPU", "MEMORY_MB", "DISK_GB"), one)}

    def list_resource_provider_usages(self, provider):
        return {"usages": {}}

    def list_allocations(self, server):
        held = self.allocated.get(server, {})
        return {
            "allocations": {f"p-{host}": {"resources": amounts} for host, amounts in held.items()}
        }

    def show_flavor(self, flavor):
        return {
            "flavor": {
                "id": flavor,
                "name": flavor,
                "vcpus": 1,
                "ram": 128,
                "disk": self.disk(flavor),
                "swap": "",
            }
        }

    def list_flavor_extra_specs(self, flavor):
        return {"extra_specs": self.specs[flavor.removesuffix(OTHER)]}

    def list_aggregates(self):
        return {"aggregates": self.aggregates}

    # --- keys and groups ---------------------------------------------------------------------

    def create_keypair(self, name, public_key):
        self.others[f"key {name}"] = public_key
        return {}

    def delete_keypair(self, name):
        self.others.pop(f"key {name}", None)

    def create_security_group(self, name, description):
        self.others[f"group {name}"] = []
        return {"security_group": {"id": name}}

    def create_security_group_rule(self, security_group_id, direction, **rule):
        self.others[f"group {security_group_id}"].append(rule)

    def delete_security_group(self, identity):
        del self.others[f"group {identity}"]


class Manager:
    """One of Tempest's client managers: whatever client it is asked for leads to the cloud."""

    def __init__(self, cloud, who):
        self.cloud, self.who = cloud, who
        self.auth_provider = SimpleNamespace(auth_request=None)

    def __getattr__(self, name):
        if "client" not in name:
            raise AttributeError(name)
        return Client(self.cloud, self.who)


class Client:
    """A service client: its methods are the cloud's."""

    CHANGES = ("create", "delete", "update", "post")

    def __init__(self, cloud, who):
        self._cloud, self._who = cloud, who

    def __getattr__(self, method):
        do = getattr(self._cloud, method)

        def call(*args, **values):
            with self._cloud.lock:
                self._cloud.who = self._who
                if method.startswith(self.CHANGES):
                    self._cloud.asked.append((self._who, method, args, values))
                    self._cloud.before_change()
                if method in self._cloud.broken:
                    raise self._cloud.broken[method]
                return do(*args, **values)

        return call

    @staticmethod
    def expected_success(wanted, found):
        if found not in (wanted if isinstance(wanted, list) else [wanted]):
            raise lib_exc.InvalidHttpSuccessCode(f"{found}")
