# SPDX-License-Identifier: Apache-2.0
"""What is known of a cloud before a scenario is placed, gathered once, as plain data.

May not know: scenarios and steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chaos.inventory import Inventory
from migration_tests.cloud import flavors
from migration_tests.cloud.data import ServiceState
from migration_tests.cloud.flavors import Flavor
from migration_tests.cloud.questions import Cloud
from migration_tests.record import words


@dataclass(frozen=True)
class Facts:
    """What a scenario's place depends on.

    :ivar services: all compute services
    :ivar flavors: kind of storage to its flavor; a kind that is not in it is not tested
    :ivar takers: kind of storage to the usable hosts that take its servers
    :ivar room: host to what is free there, by resource class; empty: it is not to be looked at
    :ivar inventory: the hosts file
    :ivar other_flavors: kind of storage to the flavor that its servers are resized to
    :ivar compute_version: the compute API version that is used
    :ivar compute_offered: the newest that the cloud offers; "" if nobody asked
    :ivar rescues_volumes: the image that servers are rescued with is one by which Nova rescues
        servers on volumes, too
    :ivar zones: host to its availability zone; one in no zone of its own is not in it
    :ivar quota: what the servers' project may still have: ``instances``, ``cores``, ``ram`` in
        MiB; one that is not in it is not limited
    """

    services: tuple[ServiceState, ...]
    flavors: Mapping[str, Flavor]
    takers: Mapping[str, tuple[str, ...]]
    inventory: Inventory
    compute_version: str
    room: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    other_flavors: Mapping[str, Flavor] = field(default_factory=dict)
    zones: Mapping[str, str] = field(default_factory=dict)
    quota: Mapping[str, int] = field(default_factory=dict)
    compute_offered: str = ""
    rescues_volumes: bool = False

    def needs(self, storage: str) -> Mapping[str, int]:
        """Return what a server on a kind of storage takes of its host."""
        needs = dict(self.flavors[storage].needs)
        if storage == words.VOLUME:
            needs.pop("DISK_GB", None)
        return needs


def gather(
    cloud: Cloud,
    inventory: Inventory,
    kinds: Mapping[str, str],
    compute_version: str,
    *,
    compute_offered: str = "",
    owner: Any = None,
    look_for_room: bool = True,
    other_kinds: Mapping[str, str] | None = None,
    rescue_image: str = "",
) -> Facts:
    """Ask the cloud; changes nothing.

    :param kinds: kind of storage to the ID of its flavor
    :param compute_offered: the newest compute API version of the cloud
    :param owner: client manager of a user of the project that the servers will belong to
    :param other_kinds: kind of storage to the ID of the flavor its servers are resized to
    :param rescue_image: ID of the image that servers are rescued with; "" if that is not asked
    :raises migration_tests.cloud.errors.CloudError: when it cannot be asked
    """
    services = cloud.services()
    usable = [service.host for service in services if service.usable]
    aggregates = cloud.aggregates()
    found = {kind: cloud.flavor(flavor) for kind, flavor in kinds.items()}
    return Facts(
        services=services,
        flavors=found,
        takers={
            kind: flavors.hosts_for(flavor, usable, aggregates) for kind, flavor in found.items()
        },
        inventory=inventory,
        compute_version=compute_version,
        compute_offered=compute_offered,
        room=cloud.room() if look_for_room else {},
        other_flavors={kind: cloud.flavor(one) for kind, one in (other_kinds or {}).items()},
        zones=flavors.zones(aggregates),
        quota=cloud.quota(owner) if owner else {},
        rescues_volumes=bool(rescue_image) and cloud.image_rescues_volumes(rescue_image),
    )
