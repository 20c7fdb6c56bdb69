# SPDX-License-Identifier: Apache-2.0
"""Everything that Nova shows of one server, as frozen data, read out of the API's JSON.

Pure. May not know: how the answer was fetched, what of it must stay the same.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from migration_tests.cloud import data

# Nova's words for a server without a config drive.
_NONE = ("", "False")


@dataclass(frozen=True)
class ServerDetails(data.ServerState):
    """One server; None: the answer was null, or left it out.

    :ivar hypervisor: the host whose compute service runs the hypervisor that Nova names
    :ivar key: name of the key pair it was made with
    :ivar server_groups: IDs
    """

    hypervisor: str | None = None
    metadata: tuple[tuple[str, str], ...] | None = None
    tags: tuple[str, ...] | None = None
    description: str | None = None
    key: str | None = None
    availability_zone: str | None = None
    server_groups: tuple[str, ...] | None = None
    config_drive: bool | None = None
    locked: bool | None = None


def server_details(body: Mapping[str, Any], hosts: Mapping[str, str]) -> ServerDetails:
    """Read ``GET /servers/{id}``, asked for with admin rights.

    :param hosts: name of a hypervisor to its host; one that is not in it keeps its name
    """
    hypervisor = body.get("OS-EXT-SRV-ATTR:hypervisor_hostname")
    metadata, drive = body.get("metadata"), body.get("config_drive")
    return ServerDetails(
        **dataclasses.asdict(data.server_state(body)),
        hypervisor=hosts.get(hypervisor, hypervisor) if hypervisor else None,
        metadata=None if metadata is None else tuple(sorted(metadata.items())),
        tags=_texts(body.get("tags")),
        description=body.get("description"),
        key=body.get("key_name"),
        availability_zone=body.get("OS-EXT-AZ:availability_zone"),
        server_groups=_texts(body.get("server_groups")),
        config_drive=None if drive is None else str(drive) not in _NONE,
        locked=body.get("locked"),
    )


def _texts(listed: list[str] | None) -> tuple[str, ...] | None:
    return None if listed is None else tuple(sorted(listed))
