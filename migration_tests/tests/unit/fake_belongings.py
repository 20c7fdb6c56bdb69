# SPDX-License-Identifier: Apache-2.0
"""What servers of the cloud in memory were made with, and what they are told of it from inside.

A server finds its metadata as files beside its folder, by stand-ins for curl and mount. May not
know: what becomes of servers.
"""

from __future__ import annotations

import base64
import json

from migration_tests.tests.unit.fake_api import refusal

# Programs that the servers have: the metadata service and the config drive are folders.
TOOLS = {
    "curl": '''
for url; do :; done
exec cat "$HOME/../service-$(basename "$HOME")/${url##*/}"
''',
    "findfs": '''
at="$HOME/../drive-$(basename "$HOME")"
[ -e "$at" ] && echo "$at"
''',
    "blkid": "exit 2",
    "mount": '''
for folder; do :; done
case "$3" in
    /dev/vdb) mkdir -p "$folder/$HOME"; rescue=$(basename "$HOME")
        exec cp -r "$HOME/../${rescue#rescue-}/." "$folder/$HOME" ;;
    /dev/*) exit 32 ;;
esac
cp -r "$3/." "$folder"
''',
    "umount": 'rm -r "$1"/*',
}


class FakeBelongings:
    """Labels, groups, zones, metadata."""

    def install_tools(self):
        """Give the servers their programs; those that a test has laid down stay."""
        tools = self.folder / "bin"
        tools.mkdir(exist_ok=True)
        for name, script in TOOLS.items():
            if not (tools / name).exists():
                (tools / name).write_text(f"#!/bin/sh\n{script}\n")
                (tools / name).chmod(0o755)

    def belongings(self, values):
        return {
            "metadata": values.get("metadata", {}),
            "tags": values.get("tags", []),
            "description": values.get("description"),
            "key_name": values.get("key_name"),
            "security_groups": values.get("security_groups", []),
            "config_drive": "True" if values.get("config_drive") else "",
        }

    def shown_only_alone(self, server):
        """What a list of servers does not show, or not of this release."""
        host = self.host(server)
        hypervisor = self.hypervisors.get(server, host)
        return {
            "server_groups": [one for one, members in self.groups.items() if server in members],
            "OS-EXT-SRV-ATTR:hypervisor_hostname": f"{hypervisor}.example.org",
            "OS-EXT-AZ:availability_zone": self.zone(host) or "nova",
        }

    def zone(self, host):
        """The availability zone that a host is in, by its aggregates."""
        zones = [
            one["metadata"].get("availability_zone")
            for one in self.aggregates
            if host in one["hosts"]
        ]
        return next(filter(None, zones), None)

    def takes(self, host, server):
        """Whether a server may come to a host, by the zone that it was asked for in."""
        bound = self.bound.get(server)
        inside = bound in (None, self.zone(host))
        return inside if self.behaviour.loses != "zone" else not inside

    def lose(self, server, source):
        """What becomes of an evacuated server in a cloud that does not keep all."""
        what, told = self.behaviour.loses, self.folder / f"service-{server}"
        if what in self.servers[server]:
            self.servers[server][what] = type(self.servers[server][what])()
        elif what == "server_groups":
            self.leave_groups(server)
        elif what == "hypervisor":
            self.hypervisors[server] = source
        elif what == "hostname":
            (told / "meta_data.json").write_text('{"hostname": "other"}')
        elif what == "user_data":
            (told / what).unlink()
        elif what == "service":
            (told / "meta_data.json").unlink()

    def tell_guest(self, server, values):
        self.bound[server] = values.get("availability_zone")
        told = {"uuid": server, "hostname": f"{values['name']}.novalocal"}
        user_data = base64.b64decode(values.get("user_data", "")).decode()
        folders = [self.folder / f"service-{server}"]
        if values.get("config_drive"):
            folders.append(self.folder / f"drive-{server}" / "openstack" / "latest")
        for folder in folders:
            folder.mkdir(parents=True)
            (folder / "meta_data.json").write_text(json.dumps(told))
            (folder / "user_data").write_text(user_data)

    # --- groups ------------------------------------------------------------------------------

    def create_server_group(self, name, policy):
        if self.group_places == 0:
            raise refusal(403, "Quota exceeded, too many server groups.")
        made = f"id-of-{name}"
        self.groups[made] = []
        self.others[f"server group {made}"] = policy
        return {"server_group": {"id": made, "name": name, "policy": policy}}

    def delete_server_group(self, identity):
        del self.groups[identity], self.others[f"server group {identity}"]

    def join_group(self, server, values):
        hints = values.get("scheduler_hints", {})
        if "group" in hints:
            members = self.groups[hints["group"]]
            if len(members) >= self.group_places >= 0:
                raise refusal(403, "Quota exceeded, too many servers in group")
            members.append(server)

    def leave_groups(self, server):
        for members in self.groups.values():
            if server in members:
                members.remove(server)
