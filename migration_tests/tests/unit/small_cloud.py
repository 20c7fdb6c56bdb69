# SPDX-License-Identifier: Apache-2.0
"""A cloud of three hosts in memory whose servers are folders with a shell, for telling stories.

It does what Nova promises at an evacuation; `Promises` says which promise it breaks.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, replace
from pathlib import Path

from chaos import errors
from chaos.witnesses import Observation
from migration_tests.cloud import data
from migration_tests.guest.shell import Finished
from migration_tests.record.events import (
    ActionEvent,
    Attachment,
    MigrationSeen,
    Port,
    PortSeen,
    ServerAction,
    VolumeSnapshot,
)

SOURCE, OTHER = "c1", "c2"
RESOURCES = {"VCPU": 1, "MEMORY_MB": 128}


@dataclass
class Promises:
    """What this cloud does not do, by name."""

    evacuates: bool = True
    cleans_up: bool = True
    keeps_writes: bool = True
    boots_again: bool = True
    reports_again: bool = True


@dataclass
class Small:
    """The cloud, its hosts and its servers in one."""

    folder: Path
    promises: Promises

    def __post_init__(self):
        self.hosts = {
            name: data.ServiceState(name, name, "up", "enabled", False, "0")
            for name in (SOURCE, OTHER, "c3")
        }
        self.states = {}
        self.ways = {}  # server -> states still to come, one per look
        self.records = {}
        self.kinds = {}
        self.writers = []
        self.dead = False
        self.requests = []

    # --- the compute API ---------------------------------------------------------------------

    def services(self):
        return tuple(
            replace(service, state="down" if service.forced_down or self.off(name) else "up")
            for name, service in self.hosts.items()
        )

    def off(self, name):
        return name == SOURCE and self.dead

    def set_service(self, service, **values):
        self.requests.append((service, values))
        undone = any(one.status == "done" for one in self.records.values())
        if values.get("forced_down") is False and undone:
            return data.Answer(False, 400, "Unable to force up host")
        known = {key: value for key, value in values.items() if key != "disabled_reason"}
        self.hosts[service] = replace(self.hosts[service], **known)
        return data.Answer(True)

    def server_ids_on(self, host):
        return tuple(one.server for one in self.states.values() if one.host == host)

    def create_server(self, **values):
        kind = values["flavorRef"]
        host = values.get("host", SOURCE)
        server = f"{len(self.states) + 1:08x}-0000-4000-8000-000000000000"
        fits = host != "c3" or kind == "volume"
        self.states[server] = data.ServerState(
            server,
            values["name"],
            "ACTIVE" if fits else "ERROR",
            "active",
            None,
            1,
            host if fits else None,
            "" if fits else "No valid host was found.",
            kind,
        )
        self.kinds[server] = kind
        (self.folder / server).mkdir()
        return server

    def servers(self, prefix):
        for server, way in self.ways.items():
            if way:
                self.states[server] = replace(self.states[server], **way.pop(0))
        return tuple(self.states.values())

    def server(self, server):
        return self.states[server]

    def delete_server(self, server):
        self.states.pop(server, None)

    def evacuate(self, server):
        state = self.states[server]
        service = next(one for one in self.services() if one.host == state.host)
        if service.state == "up":
            return data.Answer(False, 400, "Compute service is still in use.")
        if not self.promises.evacuates:
            return data.Answer(False, 409, "Cannot 'evacuate' instance.")
        wipe = self.kinds[server] == "ephemeral" or not self.promises.keeps_writes
        if wipe:
            shutil.rmtree(self.folder / server)
            (self.folder / server).mkdir()
        self.records[server] = MigrationSeen(
            server=server,
            migration=f"m-{server}",
            type="evacuation",
            status="done",
            source=state.host,
            destination=OTHER,
            created_at="2026-01-01T00:00:00",
        )
        self.ways[server] = [
            {"status": "REBUILD", "task_state": "rebuilding"},
            {"status": "REBUILD", "task_state": "rebuild_spawning", "host": OTHER},
            {"status": "SHUTOFF", "task_state": None, "vm_state": "stopped"},
        ]
        return data.Answer(True)

    def start(self, server):
        self.ways[server] = [{"status": "ACTIVE", "task_state": None, "vm_state": "active"}]
        return data.Answer(True)

    def actions(self, server):
        event = ActionEvent(
            event="compute_rebuild_instance",
            start_at="2026-01-01T00:00:00",
            finish_at="2026-01-01T00:00:05",
            result="Success",
        )
        return (
            ServerAction(
                server=server,
                action="evacuate",
                request_id=f"req-{server}",
                start_at="2026-01-01T00:00:00",
                events=(event,),
            ),
        )

    def migrations(self, since):
        return tuple(self.records.values())

    # --- the others --------------------------------------------------------------------------

    def ports(self, server):
        return (
            Port(
                port=f"p-{server}",
                mac="fa:16:3e:00:00:01",
                fixed_ips=("10.0.0.5",),
                status="ACTIVE",
                host=self.states[server].host,
                binding="ovs",
            ),
        )

    def ports_of(self, servers):
        return {
            f"p-{server}": PortSeen(
                server=server,
                port=f"p-{server}",
                status="ACTIVE",
                host=self.states[server].host,
            )
            for server in servers
        }

    def create_floating_ip(self, network, port):
        return f"f-{port}", port.removeprefix("p-")

    def floating_ips(self, ports):
        return tuple(f"203.0.113.{index}" for index, _ in enumerate(ports))

    def delete_floating_ip(self, floating_ip):
        pass

    def volumes(self, server, moment):
        if self.kinds[server] != "volume":
            return ()
        attachment = Attachment(
            attachment="a", server=server, host=self.states[server].host, status="attached"
        )
        return (
            VolumeSnapshot(
                server=server,
                moment=moment,
                volume=f"v-{server}",
                status="in-use",
                attachments=(attachment,),
            ),
        )

    def allocations(self, server):
        held = {self.states[server].host: dict(RESOURCES)}
        if server in self.records and self.records[server].status != "completed":
            held[SOURCE] = dict(RESOURCES)
        return held

    def controllers_on(self, host):
        return ()

    def room(self):
        free = {kind: 8 * amount for kind, amount in RESOURCES.items()}
        return dict.fromkeys(self.hosts, free)

    # --- the hosts ---------------------------------------------------------------------------

    def cut_off(self):
        self.dead = True
        for writer in self.writers:
            writer.kill()
            writer.wait()

    def bring_back(self):
        if not self.promises.boots_again:
            raise errors.NotRecovered("the host does not answer")
        self.dead = False
        if not self.promises.reports_again:
            return
        self.hosts[SOURCE] = replace(self.hosts[SOURCE], updated_at="1")
        if self.promises.cleans_up:
            for server, record in self.records.items():
                self.records[server] = replace(record, status="completed")

    def listing(self, host, argv):
        """What a host answers to the observer's commands."""
        here = self.server_ids_on(host)
        if argv[0] == "find":
            paths = [f"f\text4\t7 1.5\t/var/lib/nova/instances/{one}/disk" for one in here]
            return "\n".join(
                path for one, path in zip(here, paths, strict=True) if self.kinds[one] != "volume"
            )
        return "\n".join(here)


class Shell:
    """A login in a server: runs scripts in the server's folder."""

    cloud: Small

    def __init__(self, address, login):
        self.server = address

    def connect(self, deadline, pause=1.0):
        pass

    def _start(self, script, stdout):
        home = self.cloud.folder / self.server
        tools = self.cloud.folder / "bin"
        environment = {**os.environ, "HOME": str(home), "PATH": f"{tools}:{os.environ['PATH']}"}
        return subprocess.Popen(
            ["sh", "-c", script],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.DEVNULL,
        )

    def open(self, script, deadline):
        ours, theirs = socket.socketpair()
        # Their end stays open here: a host that died closes no connection either.
        process = self._start(script, theirs)
        self.cloud.writers.append(process)
        self.kept = (ours, theirs)
        return ours

    def run(self, script, deadline):
        process = self._start(script, subprocess.PIPE)
        output = process.communicate(timeout=deadline.remaining())[0]
        return Finished(process.returncode, output.decode())

    def check(self, script, deadline):
        return self.run(script, deadline).output

    def close(self):
        for end in getattr(self, "kept", ()):
            end.close()


class Fault:
    """A power cut of the source, with two witnesses."""

    kind = "power_off"
    cloud: Small
    verdict = "injected"

    def __init__(self, host, via, **_):
        self.host, self.via = host, via
        self.t_injected = None
        self.boot_id_after = ""
        self.observations = ()

    def setUp(self):
        self.t_injected = time.monotonic()
        self.cloud.cut_off()
        self.observations = tuple(
            Observation(name, "dead", "", time.monotonic(), in_effect=True)
            for name in ("ssh_banner", "icmp")
        )

    def recover(self, deadline):
        self.cloud.bring_back()
        self.boot_id_after = "new"
