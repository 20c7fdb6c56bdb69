# SPDX-License-Identifier: Apache-2.0
"""Records everything about a server at a moment: Nova, Neutron, Cinder, Placement.

May not know: what of it should stay the same.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable

from migration_tests.cloud.clients import Cloud, CloudError
from migration_tests.observers import placement
from migration_tests.record.events import AllocationSnapshot, ServerSnapshot, VolumeSnapshot
from migration_tests.record.history import Recorder
from migration_tests.record.story_events import HarnessError

SOURCE = "observers.snapshot"


class Snapshots:
    """Takes snapshots; a part that cannot be learned is recorded as lost, the others are not.

    :param cloud: the cloud, asked with admin rights
    """

    def __init__(self, cloud: Cloud, record: Recorder) -> None:
        self._cloud = cloud
        self._record = record

    def take(self, server: str, moment: str) -> None:
        """Record one server at a moment."""
        parts: tuple[tuple[str, Callable[[str, str], None]], ...] = (
            (ServerSnapshot.kind, self._server),
            (VolumeSnapshot.kind, self._volumes),
            (AllocationSnapshot.kind, self._allocations),
        )
        for kind, part in parts:
            try:
                part(server, moment)
            except CloudError as error:
                self._record(
                    HarnessError(
                        where=SOURCE,
                        error=f"{moment}: {error}",
                        lost=(kind,),
                        server=server,
                        traceback="".join(traceback.format_exception(error)),
                    )
                )

    def _server(self, server: str, moment: str) -> None:
        state = self._cloud.server(server)
        ports = self._cloud.ports(server)
        self._record(
            ServerSnapshot(
                server=state.server,
                moment=moment,
                name=state.name,
                flavor=state.flavor,
                status=state.status,
                task_state=state.task_state,
                host=state.host,
                ports=ports,
                floating_ips=self._cloud.floating_ips(ports),
            )
        )

    def _volumes(self, server: str, moment: str) -> None:
        for volume in self._cloud.volumes(server, moment):
            self._record(volume)

    def _allocations(self, server: str, moment: str) -> None:
        placement.look(self._cloud, server, moment, self._record)
