# SPDX-License-Identifier: Apache-2.0
"""Records everything about a server at a moment: Nova, Neutron, Cinder, Placement.

May not know: what of it should stay the same.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable

from chaos.deadline import Deadline
from migration_tests.cloud.data import ActionRecord
from migration_tests.cloud.errors import CloudError
from migration_tests.cloud.questions import Cloud
from migration_tests.observers.as_event import as_event
from migration_tests.record.events import (
    AllocationSnapshot,
    FloatingIp,
    HarnessError,
    Port,
    ServerAction,
    ServerSnapshot,
    VolumeSnapshot,
)
from migration_tests.record.history import Recorder

SOURCE = "observers.snapshot"
LOOK_AGAIN = 0.5  # seconds between two looks at actions that have not ended
KINDS = (ServerSnapshot.kind, VolumeSnapshot.kind, AllocationSnapshot.kind)


class Snapshots:
    """Takes snapshots; a part that cannot be learned is recorded as lost, the others are not.

    :param cloud: the cloud, asked with admin rights
    :param moves_of: gives the UUIDs of the migration records of a server
    """

    def __init__(
        self,
        cloud: Cloud,
        record: Recorder,
        moves_of: Callable[[str], Iterable[str]] = lambda _server: (),
    ) -> None:
        self._cloud = cloud
        self._record = record
        self._moves_of = moves_of
        self._actions: dict[str, ActionRecord] = {}  # as they were last recorded

    def take(self, server: str, moment: str) -> None:
        """Record one server at a moment."""
        parts: tuple[tuple[str, Callable[[str, str], None]], ...] = (
            (ServerSnapshot.kind, self._server),
            (VolumeSnapshot.kind, self._volumes),
            (AllocationSnapshot.kind, self._allocations),
        )
        for kind, part in parts:
            self._safely(kind, server, lambda part=part: part(server, moment), moment)  # type: ignore[misc]

    def actions(self, server: str, deadline: Deadline) -> None:
        """Record the instance actions of a server that are new, or were not complete before.

        Nova closes an action's last event after the server and its migration record have long
        reached their ends.

        :param deadline: until when an action that has not ended is asked for again
        """

        def ask() -> None:
            found: tuple[ActionRecord, ...] = ()
            failure: CloudError | None = None
            for _ in deadline.ticks(LOOK_AGAIN):
                try:
                    found, failure = self._cloud.actions(server), None
                except CloudError as error:
                    failure = error
                    continue
                if all(event.finish_at for action in found for event in action.events):
                    break
            for action in found:
                if self._actions.get(action.request_id) != action:
                    self._actions[action.request_id] = action
                    self._record(as_event(ServerAction, action))
            if failure:
                raise failure

        self._safely(ServerAction.kind, server, ask, "actions")

    def _safely(self, kind: str, server: str, ask: Callable[[], None], what: str) -> None:
        try:
            ask()
        except CloudError as error:
            self._record(
                HarnessError(
                    where=SOURCE,
                    error=f"{what}: {error}",
                    lost=(kind,),
                    server=server,
                    traceback="".join(traceback.format_exception(error)),
                )
            )

    def _server(self, server: str, moment: str) -> None:
        state = self._cloud.server(server)
        ports = self._cloud.ports([server])
        floating = self._cloud.floating_ips(ports)
        self._record(
            as_event(
                ServerSnapshot,
                state,
                moment=moment,
                ports=tuple(as_event(Port, port) for port in ports),
                floating_ips=tuple(as_event(FloatingIp, one) for one in floating),
            )
        )

    def _volumes(self, server: str, moment: str) -> None:
        for volume in self._cloud.volumes(server):
            self._record(as_event(VolumeSnapshot, volume, server=server, moment=moment))

    def _allocations(self, server: str, moment: str) -> None:
        by_host = self._cloud.allocations(server)
        held = {one: self._cloud.allocations(one) for one in self._moves_of(server)}
        by_move = {move: amounts for move, amounts in held.items() if amounts}
        self._record(
            AllocationSnapshot(server=server, moment=moment, by_host=by_host, by_move=by_move)
        )
