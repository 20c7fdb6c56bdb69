# SPDX-License-Identifier: Apache-2.0
"""Events of servers as Nova, Neutron, Cinder and Placement show them. May not know: moves."""

from __future__ import annotations

from dataclasses import dataclass, field

from migration_tests.record import words
from migration_tests.record.event import Event, Part
from migration_tests.record.events.scenario import Expectation


@dataclass(frozen=True, kw_only=True)
class ServerIntroduced(Event):
    """A server of the scenario, as soon as it has an ID. Judges ask once for each."""

    kind = "server.introduced"
    nested = {"expected": Expectation}  # noqa: RUF012 - overrides a ClassVar
    server: str
    name: str
    storage: str
    role: str = words.SUBJECT
    host: str | None = None  # where it was asked to boot
    state: str = words.ACTIVE  # that it is brought to before the first move
    expected: tuple[Expectation, ...] = ()  # one for each move that is planned, in their order
    zone: str | None = None  # availability zone it was asked for in; None: any
    given: tuple[str, ...] = ()  # what not every server has: LOCK, CONFIG_DRIVE, SERVER_GROUP


@dataclass(frozen=True, kw_only=True)
class Port(Part):
    """A port of a server as Neutron shows it."""

    port: str  # ID
    mac: str
    fixed_ips: tuple[str, ...]
    status: str  # "ACTIVE", "DOWN"
    host: str | None  # binding:host_id
    binding: str | None = None  # binding:vif_type
    security_groups: tuple[str, ...] | None = None  # IDs


@dataclass(frozen=True, kw_only=True)
class FloatingIp(Part):
    """A floating IP that leads to one of the server's ports."""

    address: str
    port: str | None  # ID of the port; None: a record that does not tell
    fixed_ip: str | None = None


@dataclass(frozen=True, kw_only=True)
class ServerSnapshot(Event):
    """Everything about one server at a moment, from Nova and Neutron.

    What has a default, its ports' security groups too, is not in earlier records: `DETAILS`.
    """

    kind = "server.snapshot"
    nested = {"ports": Port, "floating_ips": FloatingIp}  # noqa: RUF012
    server: str  # the ID as the answer carries it
    moment: str
    name: str
    flavor: str  # canonical text of the embedded flavor: JSON of name, vcpus, ram, disk, ...
    status: str  # "ACTIVE", "SHUTOFF", ...
    task_state: str | None
    host: str | None  # OS-EXT-SRV-ATTR:host
    ports: tuple[Port, ...]
    floating_ips: tuple[FloatingIp, ...]
    # OS-EXT-SRV-ATTR:hypervisor_hostname, as the host whose compute service runs that hypervisor.
    hypervisor: str | None = None
    metadata: tuple[tuple[str, str], ...] | None = None  # (key, value)
    tags: tuple[str, ...] | None = None
    description: str | None = None
    key: str | None = None  # name of its key pair
    availability_zone: str | None = None
    server_groups: tuple[str, ...] | None = None  # IDs
    config_drive: bool | None = None
    locked: bool | None = None


DETAILS = "server.snapshot:details"  # evidence: all of it is filled in


@dataclass(frozen=True, kw_only=True)
class ServerSeen(Event):
    """The list of servers showed a change for this server (its first sight included).

    A server that is no longer in the list is seen with the status "ABSENT".
    """

    kind = "server.seen"
    unread = {  # noqa: RUF012
        "vm_state": "says what status says; for people who look into a server that is stuck",
        "power_state": "a copy in Nova's database; what runs is seen on the hosts themselves",
        "t_unchanged": "the error bound of measures",
    }
    server: str
    status: str
    vm_state: str | None
    task_state: str | None
    power_state: int | None
    host: str | None
    t_unchanged: float | None = None  # last look that still showed the former state: error bound


@dataclass(frozen=True, kw_only=True)
class PortSeen(Event):
    """The list of ports showed a change for this port (its first sight included)."""

    kind = "port.seen"
    unread = {"t_unchanged": "the error bound of measures"}  # noqa: RUF012
    server: str
    port: str
    status: str
    host: str | None  # binding:host_id
    t_unchanged: float | None = None  # last look that still showed the former state


@dataclass(frozen=True, kw_only=True)
class RequestMade(Event):
    """A request about a server that is no move was answered: "start", "stop", "hard_reboot"."""

    kind = "server.request"
    server: str
    request: str
    accepted: bool
    http_status: int | None = None
    error: str = ""  # the cloud's words when it refused


@dataclass(frozen=True, kw_only=True)
class ImageSeen(Event):
    """The image that is made of a server showed another status (its first sight included).

    One that is gone again is seen with the status "ABSENT".
    """

    kind = "image.seen"
    server: str  # that it is made of
    image: str  # ID
    status: str  # Glance's word: "queued", "saving", "active"
    size: int | None  # bytes; 0 where all data are in snapshots of volumes
    snapshots: tuple[str, ...] = ()  # IDs of the snapshots of volumes that it names


@dataclass(frozen=True, kw_only=True)
class CopyIntroduced(Event):
    """A new server was asked for that boots from the image of another, as soon as it has an ID."""

    kind = "server.copied"
    server: str  # that the image was made of
    copy: str  # ID of the new one
    image: str
    zone: str | None  # availability zone it was asked for in
    hosts: tuple[str, ...]  # of that zone, that can take it


@dataclass(frozen=True, kw_only=True)
class SshAnswered(Event):
    """An attempt to log in to a server has ended: it answered, or its deadline passed."""

    kind = "server.ssh"
    server: str
    moment: str
    address: str
    answered: bool
    error: str = ""
    boot_id: str | None = None  # the guest's


@dataclass(frozen=True, kw_only=True)
class Attachment(Part):
    """A volume attachment as Cinder's attachment API shows it."""

    attachment: str  # ID
    server: str | None
    host: str | None  # host of its connector
    status: str  # "attached", "reserved", ...


@dataclass(frozen=True, kw_only=True)
class VolumeSnapshot(Event):
    """One volume of a server and all attachments Cinder has for it.

    A server without volumes has none of these; that its volumes were looked at shows in
    `attached` of any of them, and in ServerSnapshot's presence at the same moment.
    """

    kind = "volume.snapshot"
    nested = {"attachments": Attachment}  # noqa: RUF012
    unread = {"type": "names the storage backend in reports"}  # noqa: RUF012
    server: str
    moment: str
    volume: str
    status: str
    attachments: tuple[Attachment, ...]
    device: str | None = None  # device name as Nova's own list of attachments has it
    type: str | None = None  # name of its volume type


@dataclass(frozen=True, kw_only=True)
class AllocationSnapshot(Event):
    """The server's allocations in Placement, by host.

    The key is the host as Nova knows it, not the provider's own name, where the two differ.
    """

    kind = "allocation.snapshot"
    server: str
    moment: str
    by_host: dict[str, dict[str, int]]  # host -> resource class -> amount
    # What its moves hold: migration record -> host -> resource class -> amount. A move that waits
    # holds room on the source by its record, so that it can be reverted.
    by_move: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)
