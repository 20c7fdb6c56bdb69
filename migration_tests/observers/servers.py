# SPDX-License-Identifier: Apache-2.0
"""Watches what the cloud says of all servers of a scenario: one list call of each sort per look.

Servers, their ports, migration records and compute services; each change becomes an event with
the time it was seen and the time up to which the former state was still seen. Steps wait here for
what they need to see (`CloudWatch.wait`), so nobody else polls. Where nothing is awaited, nothing
was asked for and nothing changes, looks are fewer: each costs the cloud some of its own time. May
not know: what a step wants.
"""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from chaos.deadline import Deadline
from migration_tests.cloud import data
from migration_tests.cloud.questions import Cloud
from migration_tests.observers.as_event import as_event
from migration_tests.observers.changes import Changes
from migration_tests.observers.watch import Watch
from migration_tests.record.event import Event
from migration_tests.record.events import (
    MigrationSeen,
    PortSeen,
    ServerSeen,
    ServiceSeen,
)
from migration_tests.record.history import Recorder

T = TypeVar("T")

ABSENT = "ABSENT"
LIVELY_SECONDS = 10.0  # after the last change, and after the last request for one
QUIET_FACTOR = 5  # by which looks are fewer when it is quiet
CLOCK_SKEW = datetime.timedelta(minutes=5)  # how far the cloud's clock may be off the runner's


class WaitExpiredError(Exception):
    """What was waited for was not seen before the deadline."""


class CloudWatch(Watch):
    """Looks at all servers whose names begin with a prefix, and at what belongs to them.

    :param cloud: the cloud, asked with admin rights
    :param prefix: the beginning of the names of the scenario's servers
    :param interval: seconds between two looks while something goes on
    """

    def __init__(self, cloud: Cloud, prefix: str, record: Recorder, interval: float) -> None:
        kinds = (ServerSeen.kind, MigrationSeen.kind, PortSeen.kind, ServiceSeen.kind)
        super().__init__("observers.servers", record, interval, kinds)
        self.servers: dict[str, data.ServerState] = {}
        self.services: dict[str, data.ServiceState] = {}
        self.migrations: dict[str, data.MigrationState] = {}
        self.ports: dict[str, data.PortState] = {}
        self._cloud = cloud
        self._prefix = prefix
        self._followed: set[str] = set()
        self._since = (datetime.datetime.now(datetime.UTC) - CLOCK_SKEW).isoformat(
            timespec="seconds"
        )
        self._seen = Changes()
        self._looked = threading.Condition()
        self._began = 0.0  # of the last look
        self._waiting = 0
        self._lively_until = time.monotonic() + LIVELY_SECONDS

    def follow(self, server: str) -> None:
        """Record what becomes of a server from now on."""
        self._followed.add(server)

    def enliven(self) -> None:
        """Look often for a while: something was asked for, or has changed."""
        self._lively_until = time.monotonic() + LIVELY_SECONDS
        self.wake()

    def pause(self) -> float:
        """Return the interval, or a multiple while it is quiet."""
        lively = self._waiting or time.monotonic() < self._lively_until
        return self.interval if lively else self.interval * QUIET_FACTOR

    def wait(self, until: Callable[[CloudWatch], T | None], deadline: Deadline) -> T:
        """Wait until a look shows what is wanted, and return what `until` returns then.

        Only looks that began after the call count: an earlier one may show what was so before the
        request whose effect is awaited.

        :param until: asked after every look; anything but None and False ends the waiting
        :raises WaitExpiredError: when the time is up; the last failure of a look is its cause
        """
        since = time.monotonic()
        with self._looked:
            self._waiting += 1
            self.wake()
            try:
                while True:
                    if self._began >= since:
                        found = until(self)
                        if found is not None and found is not False:
                            return found
                    if deadline.expired:
                        raise WaitExpiredError("the time is up") from self.last_error
                    self._looked.wait(deadline.remaining())
            finally:
                self._waiting -= 1

    def refresh(self, deadline: Deadline) -> None:
        """Wait for a look that began after the call.

        :raises WaitExpiredError: when the time is up
        """
        self.wait(lambda _: True, deadline)

    def look(self) -> None:
        """Ask for all lists, record what has changed, wake who waits."""
        began = first = time.monotonic()
        servers = {server.server: server for server in self._cloud.servers(self._prefix)}
        self._record_servers(servers, began, time.monotonic())
        began = time.monotonic()
        migrations = self._cloud.migrations(self._since)
        self._record_migrations(migrations, began, time.monotonic())
        began = time.monotonic()
        services = {service.host: service for service in self._cloud.services()}
        self._record_services(services.values(), began, time.monotonic())
        followed = sorted(self._followed & set(servers))
        ports: dict[str, data.PortState] = {}
        if followed:
            began = time.monotonic()
            ports = {port.port: port for port in self._cloud.ports(followed)}
            self._record_ports(ports.values(), began, time.monotonic())
        if any(server.task_state for server in servers.values()):
            self.enliven()
        with self._looked:
            self._began = first
            self.servers, self.services, self.ports = servers, services, ports
            self.migrations = {one.migration: one for one in migrations}
            self._looked.notify_all()

    def _changed(self, event: Event, ended: float) -> None:
        self.record(event, t_mono=ended)
        self.enliven()

    def _record_servers(
        self, servers: dict[str, data.ServerState], began: float, ended: float
    ) -> None:
        for server in sorted(self._followed):
            state = servers.get(server)
            if state is None and not self._seen.known("server", server):
                continue  # asked for a moment ago, not in the list yet
            event = _server_seen(server, state)
            change = self._seen.changed("server", server, event, began)
            if change:
                self._changed(replace(event, t_unchanged=change.former), ended)

    def _record_migrations(
        self, migrations: Iterable[data.MigrationState], began: float, ended: float
    ) -> None:
        # The list comes newest first.
        for one in sorted(migrations, key=lambda entry: entry.created_at or ""):
            if one.server in self._followed and self._seen.changed(
                "migration", one.migration, (one.status, one.destination), began
            ):
                self._changed(as_event(MigrationSeen, one), ended)

    def _record_services(
        self, services: Iterable[data.ServiceState], began: float, ended: float
    ) -> None:
        for service in services:
            event = as_event(ServiceSeen, service)
            change = self._seen.changed("service", service.host, event, began)
            if change:
                self._changed(replace(event, t_unchanged=change.former), ended)

    def _record_ports(
        self, ports: Iterable[data.PortState], began: float, ended: float
    ) -> None:
        for port in ports:
            event = as_event(PortSeen, port)
            change = self._seen.changed("port", port.port, event, began)
            if change:
                self._changed(replace(event, t_unchanged=change.former), ended)


def _server_seen(server: str, state: data.ServerState | None) -> ServerSeen:
    if state is None:
        return ServerSeen(
            server=server,
            status=ABSENT,
            vm_state=None,
            task_state=None,
            power_state=None,
            host=None,
        )
    return as_event(ServerSeen, state)
