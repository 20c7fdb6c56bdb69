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
    "mount": 'for folder; do :; done; cp -r "$3/." "$folder"',
    "umount": 'rm -r "$1"/*',
}


class FakeBelongings:
    """Labels, groups, zones, metadata."""

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
        return {
            "server_groups": [one for one, members in self.groups.items() if server in members],
            "OS-EXT-SRV-ATTR:hypervisor_hostname": f"{host}.example.org",
            "OS-EXT-AZ:availability_zone": self.zones.get(host, "nova"),
        }

    def tell_guest(self, server, values):
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
        made = self.fresh_id("22222222")
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

    def show_limits(self):
        return {"limits": {"absolute": {"maxServerGroupMembers": self.group_places}}}
