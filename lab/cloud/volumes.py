# SPDX-License-Identifier: Apache-2.0
"""Volume types, and whether volumes can be asked for."""

from collections.abc import Collection

import openstack.connection

from lab.cloud.waiting import say

MULTIATTACH = "multiattach"
BACKEND_SPEC = "volume_backend_name"

Connection = openstack.connection.Connection


def make_multiattach_type(cloud: Connection) -> str:
    """Make a type of volume that several servers can have at once, and return its name."""
    if MULTIATTACH not in {kind.name for kind in cloud.block_storage.types()}:
        cloud.block_storage.create_type(name=MULTIATTACH, extra_specs={"multiattach": "<is> True"})
    return MULTIATTACH


def make_volume_types(cloud: Connection, backends: list[str]) -> None:
    """Make a volume type for each backend, called like it, and none for a backend there is not."""
    known = {kind.name: kind for kind in cloud.block_storage.types()}
    for name in backends:
        if name not in known:
            cloud.block_storage.create_type(name=name, extra_specs={BACKEND_SPEC: name})
    for kind in known.values():
        if (kind.extra_specs or {}).get(BACKEND_SPEC, backends[0]) not in backends:
            cloud.block_storage.delete_type(str(kind.id))
    say("volume types made")


class VolumeServices:
    """Looks whether block storage can be asked for volumes.

    :param backends: whose pools the scheduler must know.
    """

    def __init__(self, cloud: Connection, backends: Collection[str]):
        self._cloud = cloud
        self._backends = set(backends)
        self._first: dict[str, str] = {}

    def look(self) -> str:
        """Return what is missing; nothing if all is there."""
        services = [one for one in self._cloud.block_storage.services() if one.state == "up"]
        missing = {"cinder-volume", "cinder-scheduler"} - {one.binary for one in services}
        if missing:
            return f"{', '.join(sorted(missing))} is not up"
        # One that has entered itself and not yet reported does not listen yet: what the API asks
        # of it then is lost, and the API waits a minute for the answer.
        silent = [
            one.binary
            for one in services
            if self._first.setdefault(one.binary, one.updated_at) == one.updated_at
        ]
        if silent:
            return f"{', '.join(sorted(silent))} has not reported yet"
        # The scheduler learns of a place for volumes from a report that it may just have missed.
        pools = {
            pool.name.partition("@")[2].partition("#")[0]
            for pool in self._cloud.block_storage.backend_pools()
        }
        unknown = sorted(self._backends - pools)
        return f"the scheduler knows of no pool of {', '.join(unknown)} yet" if unknown else ""
