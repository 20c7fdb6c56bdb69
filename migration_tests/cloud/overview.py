# SPDX-License-Identifier: Apache-2.0
"""What runs on a host besides servers, and how much room the hosts have: asked of the whole cloud.

Functions of Tempest's client manager, and pure ones that read the answers. May not know: who
asks, and why.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

# What a compute host runs by itself.
_OF_A_COMPUTE_HOST = frozenset({"nova-compute"})


def services(manager: Any) -> list[dict[str, Any]]:
    """Return all services of Nova, and of Cinder if there is one."""
    found = list(manager.services_client.list_services()["services"])
    volumes = getattr(manager, "volume_services_client_latest", None)
    if volumes is not None:
        found += volumes.list_services()["services"]
    return found


def controllers(listed: Iterable[Mapping[str, Any]], host: str) -> tuple[str, ...]:
    """Return the services on a host that are not a compute host's own, by name.

    :param listed: elements of Nova's and Cinder's lists of services
    """
    return tuple(
        sorted(
            {
                one["binary"]
                for one in listed
                # Cinder's backends are called host@backend.
                if one["host"].partition("@")[0] == host
                and one["binary"] not in _OF_A_COMPUTE_HOST
            }
        )
    )


# What Nova's limits call the most and the used of what a quota is for.
_LIMITS = {
    "instances": ("maxTotalInstances", "totalInstancesUsed"),
    "cores": ("maxTotalCores", "totalCoresUsed"),
    "ram": ("maxTotalRAMSize", "totalRAMUsed"),
}


def quota(manager: Any) -> dict[str, int]:
    """Return what a project may still have, by the name of the quota; unlimited: not in it.

    :param manager: of one of the project's users
    """
    limits = manager.limits_client.show_limits()["limits"]["absolute"]
    return {
        name: limits[most] - limits[used]
        for name, (most, used) in _LIMITS.items()
        if limits[most] >= 0
    }


def room(manager: Any, hosts: Mapping[str, str]) -> dict[str, dict[str, int]]:
    """Return what is free on each host, by resource class, as Placement has it.

    :param hosts: provider UUID to host; a nested provider counts for its host
    """
    client = manager.resource_providers_client
    found: dict[str, dict[str, int]] = {}
    for provider, host in hosts.items():
        inventories = client.list_resource_provider_inventories(provider)["inventories"]
        usages = client.list_resource_provider_usages(provider)["usages"]
        amounts = found.setdefault(host, {})
        for kind, amount in free(inventories, usages).items():
            amounts[kind] = amounts.get(kind, 0) + amount
    return found


def free(
    inventories: Mapping[str, Mapping[str, Any]], usages: Mapping[str, int]
) -> dict[str, int]:
    """Return what is free of one provider, by resource class.

    :param inventories: as Placement answers, with ``total``, ``reserved``, ``allocation_ratio``
    """
    return {
        kind: math.floor((one["total"] - one["reserved"]) * one["allocation_ratio"])
        - int(usages.get(kind, 0))
        for kind, one in inventories.items()
    }
