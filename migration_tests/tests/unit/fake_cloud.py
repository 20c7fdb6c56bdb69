# SPDX-License-Identifier: Apache-2.0
"""A cloud in memory behind Tempest's client managers: the suite's own code asks and changes it.

It answers in the API's own words and does what Nova promises at an evacuation and at a live
migration; `Behaviour` says what it does not do. Nova's work goes on by one step at each look at
the list of servers. May not know: scenarios and steps.
"""

from __future__ import annotations

import itertools
import json
import threading
import uuid
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

from migration_tests.record import words
from migration_tests.tests.unit.fake_api import OTHER, FakeApi, Manager, refusal
from migration_tests.tests.unit.fake_belongings import FakeBelongings
from migration_tests.tests.unit.fake_images import FakeImages
from migration_tests.tests.unit.fake_moves import FakeMoves
from migration_tests.tests.unit.fake_rescues import FakeRescues

VM_STATES = {
    "ACTIVE": "active",
    "SHUTOFF": "stopped",
    "PAUSED": "paused",
    "SUSPENDED": "suspended",
}
START = "2026-01-01T00:00:00.000000"


@dataclass
class Behaviour:
    """What this cloud does, and does not do where a test says so."""

    evacuates: bool = True
    evacuations_end: bool = True
    evacuated_fail: bool = False  # they end in ERROR, the record as "error"
    migrates: bool = True
    conducts: bool = True  # whether a live migration that was taken ever gets a record
    migrations_end: bool = True
    migrations_fail: bool = False  # the record ends as "error", the server stays where it is
    confirms: bool = True
    confirmations_end: bool = True
    starts: bool = True
    started_run: bool = True
    stops: bool = True
    reboots: bool = True
    rebooted_run: bool = True
    rescues: bool = True
    rescues_end: bool = True
    rescued_fail: bool = False
    rescues_on_own_disk: bool = False  # what is called a rescue system is the server itself
    rescue_has_disk: bool = True
    unrescues: bool = True
    unrescues_end: bool = True
    images: bool = True
    images_end: bool = True
    images_fail: bool = False  # they are given up, and gone
    images_hold_data: bool = True
    images_spare_server: bool = True  # the server that one is made of goes on
    copies_run: bool = True
    cleans_up: bool = True
    keeps_writes: bool = True
    boots_again: bool = True
    reports_again: bool = True
    binds_ports: bool = True
    loses: str = ""  # what an evacuated server was made with and has no more
    actions_end_late: int = 0  # looks at an action after its move that do not show its end yet


class FakeCloud(FakeApi, FakeBelongings, FakeMoves, FakeRescues, FakeImages):
    """The cloud's state, its API, and what its hosts hold.

    :ivar asked: what was asked that changes something: (who, what, body)
    :ivar broken: name of a client's method to the exception that it raises
    :ivar before_change: called before anything is changed
    :ivar domains: host to server to the state of its domain
    """

    def __init__(self, folder, behaviour=None, hosts=("c1", "c2", "c3"), api="2.95"):
        self.folder = Path(folder)
        self.behaviour = behaviour or Behaviour()
        self.api = api
        self.services = {
            host: {
                "id": f"service-{host}",
                "binary": "nova-compute",
                "host": host,
                "state": "up",
                "status": "enabled",
                "forced_down": False,
                "updated_at": START,
            }
            for host in hosts
        }
        self.off = set()
        self.held = set()  # hosts that are up without their nova-compute
        self.servers = {}
        self.migrations = []
        self.actions = {}
        self.coming = {}  # server -> functions, one for each step of Nova's work still to come
        self.floating = {}
        self.specs = {kind: {} for kind in words.STORAGES}
        self.aggregates = []
        self.others = {}
        self.groups = {}  # server groups: ID -> IDs of their servers
        self.group_places = 10
        self.bound = {}  # server -> availability zone that it was asked for in
        self.hypervisors = {}  # server -> host of the hypervisor that is shown, if another one
        self.asked = []
        self.broken = {}
        self.before_change = lambda: None
        self.lock = threading.RLock()
        self.domains = {host: {} for host in hosts}
        self.allocated = {}
        self.boot_ids = {host: str(uuid.uuid4()) for host in hosts}
        self.writers = {}
        self.lost_disks = set()  # servers whose disk file is gone
        self.host_answers = {}  # a word of a command on a host -> (exit status, standard output)
        self.silent = set()  # servers that let nobody in
        self.images = {}
        self.snapshots = {}  # of volumes
        self.rescue_images = {}  # server -> image that it was rescued with
        self.who = ""  # asks at the moment
        self._ids = itertools.count(1)
        self.install_tools()

    def manager(self, who="admin"):
        return Manager(self, who)

    def fresh_id(self, begin="00000000"):
        return f"{begin}-0000-4000-8000-{next(self._ids):012x}"

    # --- compute: versions, services, migrations ---------------------------------------------

    def list_versions(self):
        return {"versions": [{"id": "v2.0", "version": ""}, {"id": "v2.1", "version": self.api}]}

    def list_services(self, **only):
        found = []
        for host, service in self.services.items():
            down = host in self.off | self.held or service["forced_down"]
            found.append({**service, "state": "down" if down else service["state"]})
        return {"services": found}

    def update_service(self, service, **values):
        (found,) = [one for one in self.services.values() if one["id"] == service]
        undone = any(
            one["status"] == "done" and one["source_compute"] == found["host"]
            for one in self.migrations
        )
        if values.get("forced_down") is False and undone:
            raise refusal(400, "Unable to force up host")
        found |= {key: value for key, value in values.items() if key in found}
        # As in Nova, whatever is saved to the record moves its time stamp.
        found["updated_at"] = f"{START}+{next(self._ids)}"
        return {}

    def list_migrations(self, **_):
        return {"migrations": [dict(one) for one in reversed(self.migrations)]}

    # --- servers -----------------------------------------------------------------------------

    def create_server(self, **values):
        kind = values["flavorRef"]
        host = values.get("host") or self.in_zone(values.get("availability_zone"))
        server = self.fresh_id()
        self.servers[server] = {
            "id": server,
            "name": values["name"],
            "status": "BUILD",
            "flavor": self.flavor(kind),
            "OS-EXT-STS:vm_state": "building",
            "OS-EXT-STS:task_state": "spawning",
            "OS-EXT-STS:power_state": 0,
            "OS-EXT-SRV-ATTR:host": host,
            "locked": False,
            **self.belongings(values),
        }
        self.actions[server] = []
        self.join_group(server, values)
        self.tell_guest(server, values)
        (self.folder / server).mkdir()
        self.boot_from_image(server, values)
        self.new_boot(server)
        self.allocated[server] = {host: self.resources(server)}
        failed = values.get("imageRef") in self.images and not self.behaviour.copies_run
        self.coming[server] = [lambda: self.runs(server, "ERROR" if failed else "ACTIVE")]
        return {"server": {"id": server}}

    def kind(self, server):
        return self.servers[server]["flavor"]["original_name"].removesuffix(OTHER)

    def flavor(self, name):
        return {"original_name": name, "vcpus": 1, "ram": 128, "disk": self.disk(name)}

    @staticmethod
    def disk(flavor):
        if flavor.startswith("volume"):
            return 0
        return 2 if flavor.endswith(OTHER) else 1

    def disk_size(self, server):
        """Bytes of the root disk: a volume keeps the size it was made with."""
        return (self.servers[server]["flavor"]["disk"] or 1) * 1024**3

    def resources(self, server):
        disk = self.servers[server]["flavor"]["disk"]
        wanted = {"VCPU": 1, "MEMORY_MB": 128, "DISK_GB": disk}
        return {name: amount for name, amount in wanted.items() if amount}

    def host(self, server):
        return self.servers[server]["OS-EXT-SRV-ATTR:host"]

    def new_boot(self, server):
        (self.folder / server / ".boot_id").write_text(f"{uuid.uuid4()}\n")

    def runs(self, server, status="ACTIVE"):
        """The server has come to a state, where it is."""
        state = self.servers[server]
        vm_state = VM_STATES.get(status, "error")
        state |= {"status": status, "OS-EXT-STS:vm_state": vm_state}
        state["OS-EXT-STS:task_state"] = None
        state["OS-EXT-STS:power_state"] = 1 if status == "ACTIVE" else 4
        if status == "ERROR":
            state["fault"] = {"message": "No valid host was found."}
        else:
            domain = {"ACTIVE": words.DOMAIN_RUNS, "PAUSED": "paused"}.get(status, "shut off")
            self.domains[self.host(server)][server] = domain

    def busy(self, server, task, **more):
        self.servers[server] |= {"OS-EXT-STS:task_state": task, **more}

    def go_on(self):
        """Nova's work goes on by one step for each server."""
        for steps in self.coming.values():
            if steps:
                steps.pop(0)()

    def list_servers(self, detail=False, name="", host=None, **_):
        if detail:
            self.go_on()
        prefix = name.removeprefix("^")
        return {
            "servers": [
                dict(one)
                for one in self.servers.values()
                if one["name"].startswith(prefix) and host in (None, self.host(one["id"]))
            ]
        }

    def show_server(self, server):
        if server not in self.servers:
            raise refusal(404, f"Instance {server} could not be found.")
        return {"server": {**self.servers[server], **self.shown_only_alone(server)}}

    def delete_server(self, server):
        self.show_server(server)
        self.leave_groups(server)
        for held in self.domains.values():
            held.pop(server, None)
        for gone in (self.servers, self.coming, self.allocated):
            gone.pop(server, None)
        return {}

    def post(self, path, body):
        _, server, _ = path.split("/")
        ((action, values),) = json.loads(body).items()
        do = {
            "evacuate": self.evacuate,
            "os-migrateLive": self.live_migrate,
            "migrate": self.cold_migrate,
            "confirmResize": self.confirm,
            "resize": self.resize,
            "revertResize": self.revert,
            "lock": self.lock_server,
            "os-start": self.start,
            "os-stop": self.stop,
            "pause": self.pause,
            "suspend": self.suspend,
            "os-resetState": self.set_error,
            "reboot": self.reboot,
            "createImage": self.create_image,
            "rescue": self.rescue,
            "unrescue": self.unrescue,
        }[action]
        if self.servers[server]["locked"] and self.who != "admin":
            raise refusal(409, f"Instance {server} is locked")
        said = do(server, values)
        return SimpleNamespace(status=202), json.dumps(said) if said else ""

    def lock_server(self, server, _):
        self.servers[server]["locked"] = True

    def start(self, server, _):
        if not self.behaviour.starts:
            raise refusal(409, f"Cannot 'start' instance {server}")
        self.act(server, "start", "compute_start_instance")["left"] = 0
        self.busy(server, "powering-on")
        self.new_boot(server)
        if self.behaviour.started_run:
            self.coming[server] = [lambda: self.runs(server)]

    def stop(self, server, _):
        if not self.behaviour.stops:
            raise refusal(409, f"Cannot 'stop' instance {server}")
        self.act(server, "stop", "compute_stop_instance")["left"] = 0
        self.busy(server, "powering-off")
        self.end_writers(server)
        self.coming[server] = [lambda: self.runs(server, "SHUTOFF")]

    def pause(self, server, _):
        self.act(server, "pause", "compute_pause_instance")["left"] = 0
        self.end_writers(server)
        self.coming[server] = [lambda: self.runs(server, "PAUSED")]

    def suspend(self, server, _):
        self.act(server, "suspend", "compute_suspend_instance")["left"] = 0
        self.busy(server, "suspending")
        self.end_writers(server)
        self.coming[server] = [lambda: self.runs(server, "SUSPENDED")]

    def set_error(self, server, _):
        self.runs(server, "ERROR")

    def reboot(self, server, _):
        if not self.behaviour.reboots:
            raise refusal(409, f"Cannot 'reboot' instance {server}")
        self.act(server, "reboot", "compute_reboot_instance")["left"] = 0
        self.busy(server, "rebooting_hard", status="HARD_REBOOT")
        self.end_writers(server)
        self.new_boot(server)
        end = "ACTIVE" if self.behaviour.rebooted_run else "ERROR"
        self.coming[server] = [lambda: self.runs(server, end)]

    def act(self, server, action, event):
        made = {
            "action": action,
            "request_id": f"req-{next(self._ids)}",
            "start_time": START,
            "message": None,
            "left": None,  # looks that do not show its end yet; None: it has not ended
            "events": [{"event": event, "start_time": START, "host": self.host(server)}],
        }
        self.actions[server].append(made)
        return made

    def list_instance_actions(self, server):
        self.show_server(server)
        return {"instanceActions": list(self.actions[server])}

    def show_instance_action(self, server, request):
        (found,) = [one for one in self.actions[server] if one["request_id"] == request]
        events = [dict(one) for one in found["events"]]
        if found["left"]:
            found["left"] -= 1
        elif found["left"] == 0:
            for event in events:
                event |= {"finish_time": START, "result": "Success"}
        return {"instanceAction": {**found, "events": events}}

    # --- what happens to its hosts -----------------------------------------------------------

    def cut_off(self, host):
        with self.lock:
            self.off.add(host)
            for server in self.domains[host]:
                self.end_writers(server)

    def crash(self, host):
        """The host boots again at once, without its nova-compute."""
        with self.lock:
            self.held.add(host)
            for server in self.domains[host]:
                self.end_writers(server)
            self._boot(host)

    def bring_back(self, host):
        with self.lock:
            if host in self.off:
                self._boot(host)
            self._bring_back(host)

    def _boot(self, host):
        self.boot_ids[host] = str(uuid.uuid4())
        self.domains[host] = dict.fromkeys(self.domains[host], "shut off")

    def _bring_back(self, host):
        self.off.discard(host)
        self.held.discard(host)
        if not self.behaviour.reports_again:
            return
        self.services[host]["updated_at"] = f"{START}+{next(self._ids)}"
        if self.behaviour.cleans_up:
            for record in self.migrations:
                if record["status"] == "done" and record["source_compute"] == host:
                    record["status"] = "completed"
                    self.domains[host].pop(record["instance_uuid"], None)
                    self.allocated[record["instance_uuid"]].pop(host, None)

    def end_writers(self, server):
        for writer in self.writers.pop(server, []):
            writer.kill()
            writer.wait()
