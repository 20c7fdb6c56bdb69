# SPDX-License-Identifier: Apache-2.0
"""What a lab consists of, as data: its hosts, their addresses, kinds, zones and secrets.

Knows nothing of how hosts are made or what runs on them; every part renders itself from this.
"""

import dataclasses
import uuid
from collections.abc import Iterator
from pathlib import Path

from lab.model.choices import Choices
from lab.model.networks import BMC, CONTROL_OCTET, MANAGEMENT, STORAGE, TUNNEL
from lab.model.secrets import Secrets

REGION = "RegionOne"

# Nova's folder of instances, on every compute host.
INSTANCES = "/var/lib/nova/instances"

# From here on hosts wait for the controller to be up, and report less often: all of them share
# the machine's processors with it.
MANY_HOSTS = 9

BMC_USER = "admin"
BMC_PASSWORD_LENGTH = 16  # IPMI 2.0 carries 20 at the most, many BMCs only 16


_NAMESPACE = uuid.UUID("0d3f6a52-6f3e-4a0a-8c29-6a37f1f6c2b4")


class PlanError(Exception):
    """The lab asked for cannot be laid out; the message says why and what to ask for instead."""


@dataclasses.dataclass(frozen=True)
class Host:
    """One host of the lab.

    :param name: host name, also Nova's name of it.
    :param role: ``control`` or ``compute``.
    :param index: 0 for the controller, 1.. for compute hosts.
    :param mgmt: address on the management network (likewise storage, tunnel).
    :param bmc: address of its board management controller; None for the controller.
    :param kind: what flavors find it by: ``shared`` or ``ephemeral`` storage, or ``fake``.
    :param store: what instances' disks lie on: ``rbd``, ``dir`` (a folder that hosts share) or
        ``own`` (its own disk); None where there are none.
    :param zone: availability zone, None for the controller.
    """

    name: str
    role: str
    index: int
    mgmt: str
    storage: str
    tunnel: str
    bmc: str | None = None
    kind: str | None = None
    store: str | None = None
    zone: str | None = None

    @property
    def guests(self) -> bool:
        """Whether real guests run on it."""
        return self.store is not None

    def mac(self, network: int) -> str:
        """Return the fixed MAC address of the interface on network number `network`.

        Fixed, because a random one makes a host look dead after a restart until the ARP
        entries of its neighbours expire.
        """
        return f"52:54:00:1a:{network:02x}:{CONTROL_OCTET + self.index:02x}"


@dataclasses.dataclass(frozen=True)
class Plan:
    """A lab: its name, its hosts (the controller first), its secrets and what was chosen."""

    name: str
    hosts: tuple[Host, ...]
    secrets: Secrets
    choices: Choices

    @property
    def control(self) -> Host:
        """The controller."""
        return self.hosts[0]

    @property
    def computes(self) -> tuple[Host, ...]:
        """The compute hosts, in order."""
        return self.hosts[1:]

    @property
    def many_hosts(self) -> bool:
        """Whether there are so many hosts that they would slow the controller down."""
        return len(self.computes) >= MANY_HOSTS

    def bmc_password(self, host: Host) -> str:
        """Return the password of the user BMC_USER on the host's BMC."""
        return self.secrets[f"bmc-{host.name}"][:BMC_PASSWORD_LENGTH]

    def system_uuid(self, host: Host) -> str:
        """Return the UUID by which a host's BMC and its hypervisor know it, as of a mainboard."""
        return str(uuid.uuid5(_NAMESPACE, f"{self.name}/{host.name}"))

    def host(self, name: str) -> Host:
        """Return the host called `name`.

        :raises PlanError: there is none.
        """
        for host in self.hosts:
            if host.name == name:
                return host
        names = ", ".join(host.name for host in self.hosts)
        raise PlanError(f"The lab has no host {name!r}; its hosts are {names}.")


def _storage(choices: Choices, index: int) -> tuple[str, str | None, int]:
    """Return kind and store of the compute host `index`, and its number among its kind."""
    shared = (choices.hosts + 1) // 2
    if choices.driver == "fake":
        return "fake", None, index
    if index <= shared:
        return "shared", choices.shared, index
    return "ephemeral", "own", index - shared


def _computes(choices: Choices) -> Iterator[Host]:
    for index in range(1, choices.hosts + 1):
        octet = CONTROL_OCTET + index
        kind, store, place = _storage(choices, index)
        yield Host(
            name=f"compute{index}",
            role="compute",
            index=index,
            mgmt=f"{MANAGEMENT}.{octet}",
            storage=f"{STORAGE}.{octet}",
            tunnel=f"{TUNNEL}.{octet}",
            bmc=f"{BMC}.{octet}",
            kind=kind,
            store=store,
            zone="az1" if place % 2 else "az2",
        )


def make_plan(name: str, choices: Choices, secrets_folder: Path) -> Plan:
    """Lay out a lab of one controller and as many compute hosts as chosen.

    The first half of the compute hosts keeps instances on shared storage, the second half on
    their own disks (with the fake driver none has any); the two zones alternate within each kind.
    """
    control = Host(
        name="control",
        role="control",
        index=0,
        mgmt=f"{MANAGEMENT}.{CONTROL_OCTET}",
        storage=f"{STORAGE}.{CONTROL_OCTET}",
        tunnel=f"{TUNNEL}.{CONTROL_OCTET}",
    )
    hosts = (control, *_computes(choices))
    return Plan(name, hosts, Secrets(secrets_folder), choices)
