# SPDX-License-Identifier: Apache-2.0
"""Events of hosts: their services, how they are disturbed, what is found on them.

May not know: which of it is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

from migration_tests.record.event import Event, Part


@dataclass(frozen=True, kw_only=True)
class ServiceSeen(Event):
    """A compute service showed a change (its first sight included)."""

    kind = "service.seen"
    unread = {"t_unchanged": "the error bound of measures"}  # noqa: RUF012
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
    unread = {"updated_at": "for people who compare clocks"}  # noqa: RUF012
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

    unread = {"detail": "for people: what exactly the witness saw"}  # noqa: RUF012
    witness: str
    says: str  # "dead", "alive", "unknown"
    detail: str = ""
    t_mono: float | None = None
    driver: str = ""  # non-empty: this is the driver of the fault itself, no independent witness


@dataclass(frozen=True, kw_only=True)
class DisturbanceStarted(Event):
    """A fault was injected into a host and the witnesses have spoken."""

    kind = "disturbance.started"
    unread = {  # noqa: RUF012
        "via": "for people: which way was asked for",
        "driver": "for people: what really did it",
    }
    nested = {"readings": Reading}  # noqa: RUF012
    fault: str  # "power_off"
    host: str
    via: str  # the way that was asked for: "bmc", "ssh"
    verdict: str  # "injected", "unknown"
    readings: tuple[Reading, ...]
    t_injected: float | None = None
    driver: str = ""  # what really did it: "ipmi", "redfish", "command", "ssh"


@dataclass(frozen=True, kw_only=True)
class DisturbanceEnded(Event):
    """A fault was undone, and seen to be."""

    kind = "disturbance.ended"
    fault: str
    host: str


@dataclass(frozen=True, kw_only=True)
class Looks(Event):
    """Several looks at one host, one after the other, that all showed the same.

    Written when a look shows something else, when looks have failed or succeed again, when the
    watch ends, and at least every half minute.
    """

    unread = {  # noqa: RUF012
        "looks": "for people; that there was more than one shows in their times",
    }
    host: str
    looks: int
    t_first_began: float
    t_first_ended: float
    t_last_began: float
    t_last_ended: float
    longest_pause: float  # seconds, the longest time between the ends of two looks, the one from
    # the look before the first of these included
    error: str = ""  # why the host could not be asked

    @property
    def answered(self) -> bool:
        """Whether the host could be asked."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class ServiceHeld(Looks):
    """Looks at a crashed host that is up again, while one of its services is held back.

    None: the host could not be asked.
    """

    kind = "service.held"
    unread = {  # noqa: RUF012
        **Looks.unread,
        "service": "for people: what the hosts file calls it",
    }
    service: str  # "compute"
    held: bool | None  # whether nothing can start it
    running: bool | None  # whether it runs
    guests: int | None  # how many guests the host runs, whose ever

    @property
    def answered(self) -> bool:
        """Whether all of it was learned."""
        return None not in (self.held, self.running, self.guests)


@dataclass(frozen=True, kw_only=True)
class HostBooted(Event):
    """The boot ID read on the host itself: BEFORE the fault, and RETURNED."""

    kind = "host.booted"
    host: str
    moment: str
    boot_id: str


@dataclass(frozen=True, kw_only=True)
class Domain(Part):
    """A domain on a host, as its hypervisor lists it."""

    server: str  # UUID of the domain, which is the server's ID
    state: str | None  # "running", "paused", "shut off", ...; None: it was not learned


@dataclass(frozen=True, kw_only=True)
class DiskSource(Part):
    """A disk of a domain: what the hypervisor opens for it."""

    server: str
    target: str  # "vda"
    type: str  # "file", "block", "network"
    source: str  # a path, or pool/image
    present: bool | None = None  # whether the file is there; None: it has no path on the host


@dataclass(frozen=True, kw_only=True)
class HostInspected(Event):
    """What of the scenario's servers a host holds, looked at on the host itself.

    A disk is a file or volume that holds a guest's data (disk, disk.config, ...), not a log or an
    empty folder. None: it could not be learned.
    """

    kind = "host.inspected"
    nested = {"domains": Domain, "sources": DiskSource}  # noqa: RUF012
    host: str
    moment: str
    domains: tuple[Domain, ...] | None  # all defined domains, running or not, whose ever
    disks: tuple[tuple[str, str], ...] | None  # (server, path) of disk files of our servers
    # (server, mark) of its folder and each file in it; a mark that two hosts show is one thing.
    marks: tuple[tuple[str, str], ...] = ()
    sources: tuple[DiskSource, ...] | None = None  # of our servers' domains


@dataclass(frozen=True, kw_only=True)
class DomainsSeen(Looks):
    """Looks at which domains of our servers a host has."""

    kind = "domains.seen"
    nested = {"domains": Domain}  # noqa: RUF012
    domains: tuple[Domain, ...] | None  # our servers' domains; None: the host could not be asked

    @property
    def answered(self) -> bool:
        """Whether the host could be asked."""
        return self.domains is not None
