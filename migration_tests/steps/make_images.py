# SPDX-License-Identifier: Apache-2.0
"""Makes an image of every subject while it runs, and waits until the images can be used."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.deadline import Deadline
from migration_tests.cloud.errors import CloudError
from migration_tests.observers.as_event import as_event
from migration_tests.record import words
from migration_tests.record.events import ImageSeen, MoveRequested, ServerAction
from migration_tests.runner.context import Context
from migration_tests.runner.servers import TestServer
from migration_tests.runner.step import Step
from migration_tests.runner.stopping import cloud_stop
from migration_tests.steps.moving import Moves

ACTIVE = "active"
# Glance's words for an image of which nothing more will become; and that there is none any more.
ENDED = (ACTIVE, "killed", "deleted", "ABSENT")
LOOK_SECONDS = 1.0


@dataclass(frozen=True)
class MakeImages(Step):
    """There is an image of every subject, made while it ran and wrote."""

    name = "make_images"
    doing = "making images of the servers"
    move = words.IMAGE

    def title(self, context: Context) -> str:
        """Return how many there are."""
        return f"making images of {len(context.servers.subjects)} servers on {context.source}"

    def produces(self) -> tuple[str, ...]:
        """The answers to the requests, what becomes of the images, and Nova's own account."""
        return (MoveRequested.kind, ImageSeen.kind, ServerAction.kind)

    def run(self, context: Context) -> None:
        """Ask for all of them, then wait for all."""
        changes = context.changes
        moves = Moves(context, self.move)
        names = {server.server: f"{server.name}-image" for server in context.servers.subjects}
        for server in context.servers.subjects:
            moves.request(
                server,
                lambda one=server: changes.create_image(  # type: ignore[misc]
                    one.server, names[one.server], volumes=one.storage == words.VOLUME
                ),
            )
        if not moves.asked:
            raise cloud_stop("the cloud refused to make an image of any server")
        made = {
            server: image
            for server in moves.asked
            if (image := changes.image(names[server.server]))
        }
        usable = _wait(context, made)
        context.note_actions(moves.asked)
        context.images = {server.server: made[server] for server in usable}
        context.moved = usable
        if not usable:
            raise cloud_stop("no image of a server came to be")


def _wait(context: Context, made: dict[TestServer, str]) -> list[TestServer]:
    """Wait until all images have ended, and record what they show; return whose can be used."""
    seconds = context.times.image
    shown: dict[TestServer, str] = {}
    failures: dict[TestServer, str] = {}
    for _ in Deadline.after(seconds).ticks(LOOK_SECONDS):
        for server, image in made.items():
            if shown.get(server) in ENDED:
                continue
            try:
                event = _look(context, server, image)
            except CloudError as error:
                failures[server] = str(error)
                continue
            failures.pop(server, None)
            if event.status != shown.get(server):
                shown[server] = event.status
                context.record(event)
        if all(shown.get(server) in ENDED for server in made):
            break
    else:
        context.expired("all images usable", seconds)
    for server, failure in failures.items():
        context.lost("steps.make_images", failure, ImageSeen.kind, server=server)
    return [server for server in made if shown.get(server) == ACTIVE]


def _look(context: Context, server: TestServer, image: str) -> ImageSeen:
    found = context.cloud.image(image)
    if found is None:
        return ImageSeen(server=server.server, image=image, status="ABSENT", size=None)
    return as_event(ImageSeen, found, server=server.server)
