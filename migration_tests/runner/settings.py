# SPDX-License-Identifier: Apache-2.0
"""What a scenario needs to know before it begins, as frozen data.

Made from Tempest's configuration and from what was prepared (network, key, groups). May not know:
where the values come from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chaos.inventory import Inventory
from chaos.run import Run
from migration_tests.cloud.changes import ServerGroup
from migration_tests.guest.shell import Login
from migration_tests.observers.hypervisor import HostCommands
from migration_tests.runner.rules import Allowed


@dataclass(frozen=True)
class Times:
    """How long a scenario waits, in seconds; see the options of the same names."""

    server_boot: float = 300
    kill: float = 180
    service_down: float = 180
    evacuation: float = 600
    live_migration: float = 600
    cold_migration: float = 600
    image: float = 600
    host_boot: float = 900
    clean_up: float = 300
    final_state: float = 60
    write: float = 10
    write_interval: float = 0.1
    probe_interval: float = 0.01
    poll_interval: float = 1.0
    host_look_interval: float = 2.0


@dataclass(frozen=True)
class ServerSettings:
    """How servers are made and reached.

    :ivar flavors: kind of storage to flavor ID; a kind that is not in it is not tested
    :ivar other_flavors: kind of storage to the ID of the flavor its servers are resized to
    :ivar volume_size: GiB of a volume to boot from
    :ivar volume_type: its type; empty leaves that to the cloud
    :ivar rescue_image: ID of the image that servers are rescued with; empty: `image`
    :ivar server_group: for as many of the servers as it takes; None: the quota allows none
    :ivar public_network: the network of floating IPs; None: fixed addresses are reachable
    """

    prefix: str
    flavors: Mapping[str, str]
    image: str
    volume_size: int
    network: str
    public_network: str | None
    key_name: str
    security_group: str
    login: Login
    volume_type: str = ""
    rescue_image: str = ""
    other_flavors: Mapping[str, str] = field(default_factory=dict)
    server_group: ServerGroup | None = None


@dataclass(frozen=True)
class Settings:
    """Everything a scenario is run with.

    :ivar inventory: the hosts that may be disturbed, and how
    :ivar allowed: what may be disturbed in spite of the cloud's rules
    :ivar limits: option name to value, of those that judges hold gaps against
    :ivar run: the run that faults are injected in, with its journal and its keeper
    """

    servers: ServerSettings
    inventory: Inventory
    run: Run
    commands: HostCommands = field(default_factory=HostCommands)
    times: Times = field(default_factory=Times)
    allowed: Allowed = field(default_factory=Allowed)
    force_down: bool = True
    limits: Mapping[str, float] = field(default_factory=dict)
