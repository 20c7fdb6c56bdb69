# SPDX-License-Identifier: Apache-2.0
"""The vocabulary of the history: one dataclass for each thing that is seen.

Stories and observers make these, judges read these, and neither knows the other. May not know:
who writes them, how they are stored (`history`) and what is concluded from them (`judges`).

The run and the story themselves: `story_events`. Words such as BEFORE, SUBJECT: `words`.

Conventions
    server      always the server's ID, ``host`` always the name Nova knows the host by
    moment      when a snapshot was taken: one of `words.MOMENTS`
    t_*         seconds of the runner's monotonic clock (the same clock as the line's ``t_mono``)
    *_at        a time stamp as the cloud gave it, untouched text, or None
    None        "was not learned"; an empty tuple means "was looked at and there is none"
"""

from __future__ import annotations

from dataclasses import dataclass

from migration_tests.record.event import Event, Part
from migration_tests.record.words import SUBJECT

# --- servers ---------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class ServerIntroduced(Event):
    """A server of the story, as soon as it has an ID. Judges ask their question once for each."""

    kind = "server.introduced"
    server: str
    name: str
    storage: str  # VOLUME, SHARED or EPHEMERAL
    role: str = SUBJECT  # or BYSTANDER
    host: str | None = None  # where it was asked to boot


@dataclass(frozen=True, kw_only=True)
class Port(Part):
    """A port of a server as Neutron shows it."""

    port: str  # ID
    mac: str
    fixed_ips: tuple[str, ...]
    status: str  # "ACTIVE", "DOWN"
    host: str | None  # binding:host_id
    binding: str | None = None  # binding:vif_type


@dataclass(frozen=True, kw_only=True)
class ServerSnapshot(Event):
    """Everything about one server at a moment, from Nova and Neutron."""

    kind = "server.snapshot"
    nested = {"ports": Port}  # noqa: RUF012 - overrides a ClassVar
    server: str  # the ID as the answer carries it
    moment: str
    name: str
    flavor: str  # canonical text of the embedded flavor: name, vcpus, ram, disk
    status: str  # "ACTIVE", "SHUTOFF", ...
    task_state: str | None
    host: str | None  # OS-EXT-SRV-ATTR:host
    ports: tuple[Port, ...]
    floating_ips: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ServerSeen(Event):
    """The list of servers showed a change for this server (its first sight included).

    A server that is no longer in the list is seen with the status "ABSENT".
    """

    kind = "server.seen"
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
    server: str
    port: str
    status: str
    host: str | None  # binding:host_id
    t_unchanged: float | None = None  # last look that still showed the former state


@dataclass(frozen=True, kw_only=True)
class ActionEvent(Part):
    """An event inside an instance action, "compute_rebuild_instance" for one."""

    event: str
    start_at: str | None = None
    finish_at: str | None = None
    result: str | None = None  # "Success", "Error"
    host: str | None = None


@dataclass(frozen=True, kw_only=True)
class ServerAction(Event):
    """An instance action of the server as Nova recorded it, read after it ended."""

    kind = "server.action"
    nested = {"events": ActionEvent}  # noqa: RUF012
    server: str
    action: str  # "evacuate", "start"
    request_id: str
    start_at: str | None
    message: str | None = None  # Nova's own words when it failed
    events: tuple[ActionEvent, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RequestMade(Event):
    """A request about a server was answered: "evacuate", "start"."""

    kind = "server.request"
    server: str
    request: str
    accepted: bool
    http_status: int | None = None
    error: str = ""  # the cloud's words when it refused


@dataclass(frozen=True, kw_only=True)
class MigrationSeen(Event):
    """A migration record showed a change (its first sight included)."""

    kind = "migration.seen"
    server: str
    migration: str  # ID or UUID
    type: str  # "evacuation"
    status: str  # "accepted", "pre-migrating", "done", "error", "failed", "completed"
    source: str | None
    destination: str | None
    created_at: str | None = None
    updated_at: str | None = None


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


# --- data ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class WriterStarted(Event):
    """The guest's writer runs; acknowledgements follow."""

    kind = "writer.started"
    server: str
    path: str  # the record file in the guest


@dataclass(frozen=True, kw_only=True)
class WritesAcknowledged(Event):
    """Records first..last (both included) were fsynced by the guest and acknowledged to us.

    Ranges may be as long as a flush of the ledger, about a second; each number is acknowledged
    once. The ledger's last lines are written when the connection ends.
    """

    kind = "writer.acknowledged"
    server: str
    first: int
    last: int


@dataclass(frozen=True, kw_only=True)
class WriterEnded(Event):
    """The writer's connection is gone; no acknowledgement follows. Closes the ledger."""

    kind = "writer.ended"
    server: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class DataRead(Event):
    """The record file was read back whole and every record's checksum tried."""

    kind = "data.read"
    server: str
    moment: str
    intact: tuple[tuple[int, int], ...]  # ranges (first, last) of numbers with a good checksum
    damaged: tuple[int, ...] = ()  # numbers (or positions, negative) that do not fit
    exists: bool = True  # False: there is no record file


@dataclass(frozen=True, kw_only=True)
class DiskRead(Event):
    """What tells a used root disk from the image it was made from.

    Taken with moment BEFORE *before anything is written*, and again after the disaster.
    """

    kind = "disk.read"
    server: str
    moment: str
    fingerprint: str | None  # digest of files that only the image brings; None: not taken
    residue: tuple[str, ...] = ()  # paths the story itself had written and that are there


@dataclass(frozen=True, kw_only=True)
class WriteResumed(Event):
    """The first new record after the disaster was acknowledged."""

    kind = "writer.resumed"
    server: str
    number: int


# --- storage, placement, hosts ---------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Attachment(Part):
    """A volume attachment as Cinder's attachment API shows it."""

    attachment: str  # ID
    server: str | None
    host: str | None  # host of its connector
    status: str  # "attached", "reserved", ...


@dataclass(frozen=True, kw_only=True)
class VolumeSnapshot(Event):
    """One volume of a server and all attachments Cinder has for it."""

    kind = "volume.snapshot"
    nested = {"attachments": Attachment}  # noqa: RUF012
    server: str
    moment: str
    volume: str
    status: str
    attachments: tuple[Attachment, ...]
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


@dataclass(frozen=True, kw_only=True)
class ServiceSeen(Event):
    """A compute service showed a change (its first sight included)."""

    kind = "service.seen"
    host: str
    state: str  # "up", "down"
    status: str  # "enabled", "disabled"
    forced_down: bool
    t_unchanged: float | None = None  # last look that still showed the former state


@dataclass(frozen=True, kw_only=True)
class ServiceReported(Event):
    """The compute service of a host that was dead reports itself again.

    Learned from its time stamp, which moves: while the service is forced down the cloud shows it
    as "down" whatever it does.
    """

    kind = "service.reported"
    host: str
    updated_at: str | None


@dataclass(frozen=True, kw_only=True)
class ServiceRequest(Event):
    """A request about a compute service was answered.

    Requests: "disable", "force_down", "clear_forced_down", "enable".
    """

    kind = "service.request"
    host: str
    request: str
    accepted: bool
    http_status: int | None = None
    error: str = ""  # the cloud's words when it refused


@dataclass(frozen=True, kw_only=True)
class Reading(Part):
    """What one witness says about a host."""

    witness: str
    says: str  # "dead", "alive", "unknown"
    detail: str = ""
    t_mono: float | None = None
    driver: str = ""  # non-empty: this is the driver of the fault itself, no independent witness


@dataclass(frozen=True, kw_only=True)
class HostKilled(Event):
    """The fault was injected and the witnesses have spoken."""

    kind = "host.killed"
    nested = {"readings": Reading}  # noqa: RUF012
    host: str
    via: str
    verdict: str  # "injected", "unknown"
    readings: tuple[Reading, ...]
    t_injected: float | None = None


@dataclass(frozen=True, kw_only=True)
class HostBooted(Event):
    """The boot ID read on the host itself: BEFORE the fault, and RECOVERED."""

    kind = "host.booted"
    host: str
    moment: str
    boot_id: str


@dataclass(frozen=True, kw_only=True)
class HostInspected(Event):
    """What of the story's servers a hypervisor host holds, looked at on the host itself.

    Wanted of the source and of every destination, with the moment RECOVERED. A disk is a file or
    volume that holds a guest's data (disk, disk.config, ...), not a log or an empty folder.
    """

    kind = "host.inspected"
    host: str
    moment: str
    domains: tuple[str, ...] | None  # UUIDs of all defined domains, running or not
    disks: tuple[tuple[str, str], ...] | None  # (server, path) of disk files of story servers
    # (server, mark) of its folder and each file in it; a mark that two hosts show is one thing.
    marks: tuple[tuple[str, str], ...] = ()


# --- probes ----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Gap(Part):
    """A time without answers."""

    t_start: float
    t_end: float
    error: float | None = None  # seconds, bound of the error of its length; None: the report's


@dataclass(frozen=True, kw_only=True)
class ProbeReport(Event):
    """A sequenced probe against a server has ended."""

    kind = "probe.report"
    nested = {"gaps": Gap}  # noqa: RUF012
    server: str
    interval: float  # seconds between two probes
    sent: int
    answered: int
    t_start: float
    t_end: float
    longest: float  # seconds, the longest gap; 0 when there was none
    error: float  # seconds, bound of the error of each gap's length
    threshold: float  # seconds; a longer gap counts as an outage
    gaps: tuple[Gap, ...] = ()  # the gaps that are longer than interval + error
