# SPDX-License-Identifier: Apache-2.0
"""How servers of the cloud in memory are moved. May not know: who asks for it."""

from __future__ import annotations

import shutil

from migration_tests.tests.unit.fake_api import refusal


class FakeMoves:
    """The moves, each with its migration record and its action."""

    def evacuate(self, server, values):
        source = self.host(server)
        self.must_exist(server, values.get("host"), same=400)
        (service,) = [one for one in self.list_services()["services"] if one["host"] == source]
        if service["state"] == "up":
            raise refusal(400, f"Compute service of {source} is still in use.")
        state = self.servers[server]["OS-EXT-STS:vm_state"]
        if not self.behaviour.evacuates or state not in ("active", "stopped", "error"):
            raise refusal(409, f"Cannot 'evacuate' instance {server} while it is {state}")
        record = self.migration(server, "evacuation", values.get("host"))
        action = self.act(server, "evacuate", "compute_rebuild_instance")
        if record["dest_compute"] is None:
            self.busy(server, "rebuilding", status="REBUILD")
            self.coming[server] = [lambda: self.comes_to_nothing(server, record, "ERROR")]
            return
        before = self.servers[server]["OS-EXT-STS:vm_state"]
        later = tuple(map(int, self.api.split("."))) >= (2, 95)
        # As in Nova: one that was in error is started whatever the version.
        stays_down = before == "stopped" or (later and before != "error")
        end = "SHUTOFF" if stays_down else "ACTIVE"
        self.busy(server, "rebuilding", status="REBUILD")
        if not self.behaviour.evacuations_end:
            return

        def spawn():
            record["status"] = "pre-migrating"
            target = record["dest_compute"]
            self.busy(server, "rebuild_spawning", **{"OS-EXT-SRV-ATTR:host": target})
            self.allocated[server][target] = self.resources(server)
            if self.kind(server) == "ephemeral" or not self.behaviour.keeps_writes:
                shutil.rmtree(self.folder / server)
                (self.folder / server).mkdir()
            self.new_boot(server)

        def arrive():
            failed = self.behaviour.evacuated_fail
            self.lose(server, source)
            self.runs(server, "ERROR" if failed else end)
            record["status"] = "error" if failed else "done"
            action["left"] = self.behaviour.actions_end_late

        self.coming[server] = [spawn, arrive]

    def live_migrate(self, server, values):
        if not self.behaviour.migrates:
            raise refusal(400, "Migration pre-check error")
        self.must_exist(server, values.get("host"))
        source = self.host(server)
        record = self.migration(server, "live-migration", values.get("host"))
        # As in Nova: the conductor makes the record after the request was answered.
        self.migrations.remove(record)
        action = self.act(server, "live-migration", "compute_live_migration")
        self.busy(server, "migrating", status="MIGRATING")
        if not self.behaviour.conducts:
            return
        self.coming[server] = [lambda: self.migrations.append(record)]
        local = self.kind(server) == "ephemeral"
        if values.get("host") == source or values.get("block_migration") == (not local):
            self.coming[server] += [lambda: self.comes_to_nothing(server, record, "ACTIVE")]
            return
        if not self.behaviour.migrations_end:
            return

        def arrive():
            action["left"] = self.behaviour.actions_end_late
            if self.behaviour.migrations_fail:
                record["status"] = "error"
                self.runs(server)
                return
            target = record["dest_compute"]
            del self.domains[source][server]
            self.servers[server]["OS-EXT-SRV-ATTR:host"] = target
            self.runs(server)
            self.allocated[server] = {target: self.resources(server)}
            record["status"] = "completed"

        self.coming[server] += [lambda: record.update(status="running"), arrive]

    def cold_migrate(self, server, values):
        if not self.behaviour.migrates:
            raise refusal(409, f"Cannot 'migrate' instance {server}")
        self.must_exist(server, (values or {}).get("host"), same=400)
        record = self.migration(server, "migration", (values or {}).get("host"))
        self._wait(server, record, self.act(server, "migrate", "compute_resize_instance"))

    def resize(self, server, values):
        if not self.behaviour.migrates:
            raise refusal(409, f"Cannot 'resize' instance {server}")
        record = self.migration(server, "resize")
        record["flavor"] = values["flavorRef"]
        self._wait(server, record, self.act(server, "resize", "compute_resize_instance"))

    def _wait(self, server, record, action):
        """Shut down a server, move it, and let it wait."""
        source = self.host(server)
        stopped = self.servers[server]["OS-EXT-STS:vm_state"] == "stopped"
        record["stopped"] = stopped
        self.busy(server, "resize_prep", status="RESIZE")
        self.end_writers(server)
        if not self.behaviour.migrations_end:
            return

        def arrive():
            action["left"] = self.behaviour.actions_end_late
            if self.behaviour.migrations_fail:
                record["status"] = "error"
                self.runs(server, "ERROR")
                return
            target = record["dest_compute"]
            self.domains[source].pop(server, None)
            self.servers[server]["OS-EXT-SRV-ATTR:host"] = target
            self.runs(server, "SHUTOFF" if stopped else "ACTIVE")
            self.servers[server] |= {
                "status": "VERIFY_RESIZE",
                "OS-EXT-STS:vm_state": "resized",
            }
            self.new_boot(server)
            if "flavor" in record:
                record["former"] = self.servers[server]["flavor"]
                self.servers[server]["flavor"] = self.flavor(record["flavor"])
            self.allocated[record["uuid"]] = self.allocated[server]
            self.allocated[server] = {target: self.resources(server)}
            record["status"] = "finished"

        self.coming[server] = [lambda: record.update(status="post-migrating"), arrive]

    def confirm(self, server, _):
        if not self.behaviour.confirms:
            raise refusal(409, f"Cannot 'confirmResize' instance {server}")
        record = [one for one in self.migrations if one["instance_uuid"] == server][-1]
        record["status"] = "confirming"
        self.act(server, "confirmResize", "compute_confirm_resize")["left"] = 0
        if not self.behaviour.confirmations_end:
            return

        def done():
            # As in Nova: the record first, the server's own state a moment later.
            record["status"] = "confirmed"
            self.allocated.pop(record["uuid"])

        end = "SHUTOFF" if record["stopped"] else "ACTIVE"
        self.coming[server] = [done, lambda: None, lambda: self.runs(server, end)]

    def revert(self, server, _):
        if not self.behaviour.confirms:
            raise refusal(409, f"Cannot 'revertResize' instance {server}")
        record = [one for one in self.migrations if one["instance_uuid"] == server][-1]
        record["status"] = "reverting"
        self.act(server, "revertResize", "compute_finish_revert_resize")["left"] = 0
        self.busy(server, "resize_reverting", status="REVERT_RESIZE")
        if not self.behaviour.confirmations_end:
            return

        def done():
            record["status"] = "reverted"
            self.allocated.pop(record["uuid"])
            self.domains[self.host(server)].pop(server, None)
            self.servers[server]["OS-EXT-SRV-ATTR:host"] = record["source_compute"]
            if "former" in record:
                self.servers[server]["flavor"] = record["former"]
            self.allocated[server] = {record["source_compute"]: self.resources(server)}
            self.new_boot(server)

        end = "SHUTOFF" if record["stopped"] else "ACTIVE"
        self.coming[server] = [done, lambda: None, lambda: self.runs(server, end)]

    def must_exist(self, server, host, same=0):
        """Refuse a target that there is not, or that the server is on already."""
        if host is not None and host not in self.services:
            raise refusal(400, f"Compute host {host} could not be found.")
        if same and host == self.host(server):
            raise refusal(same, "The target host can't be the same one.")

    def comes_to_nothing(self, server, record, status):
        record["status"] = "error"
        self.runs(server, status)

    def migration(self, server, kind, target=None):
        source = self.host(server)
        usable = (
            host
            for host, service in self.services.items()
            if host not in {source, *self.off, *self.held}
            and service["status"] == "enabled"
            and self.takes(host, server)
        )
        chosen = target or next(usable, None)
        record = {
            "uuid": self.fresh_id("ffffffff"),
            "instance_uuid": server,
            "migration_type": kind,
            "status": "accepted",
            "source_compute": source,
            "dest_compute": chosen,
            "created_at": f"2026-01-01T00:00:{len(self.migrations):02}",
            "updated_at": None,
        }
        self.migrations.append(record)
        return record
