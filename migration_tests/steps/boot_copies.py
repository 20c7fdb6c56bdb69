# SPDX-License-Identifier: Apache-2.0
"""Boots a new server from each image, in another availability zone, and logs in to it."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.deadline import Deadline
from migration_tests.cloud.errors import CloudError
from migration_tests.record import words
from migration_tests.record.events import CopyIntroduced, RequestMade, SshAnswered
from migration_tests.runner.context import Context
from migration_tests.runner.facts import Facts
from migration_tests.runner.servers import TestServer, at_once
from migration_tests.runner.step import Step
from migration_tests.runner.stopping import cloud_stop


@dataclass(frozen=True)
class BootCopies(Step):
    """Every copy was asked for, had its time to run and was asked to let us in."""

    name = "boot_copies"
    doing = "booting copies of the servers in another zone"
    copies = True

    def title(self, context: Context) -> str:
        """Return where they are booted."""
        zones = dict.fromkeys(server.other_zone or "" for server in context.moved)
        return f"booting {len(context.moved)} copies in {' and '.join(zones)}"

    def produces(self) -> tuple[str, ...]:
        """The answers to the requests, the copies, and the logins to them."""
        return (RequestMade.kind, CopyIntroduced.kind, f"{SshAnswered.kind}:{words.RUNNING}")

    def leaves_out(self, storage: str, api: str, facts: Facts | None = None) -> str:
        """Return for which storage there is no other zone."""
        if facts is None:
            return ""
        takers = facts.takers.get(storage, ())
        zones = dict.fromkeys(facts.zones[host] for host in takers if host in facts.zones)
        if len(zones) > 1:
            return ""
        where = f"that is {next(iter(zones))}" if zones else "and that has no name"
        return (
            f"servers on {storage} storage can be in one availability zone only, {where}: there "
            "is no other to boot a copy in"
        )

    def run(self, context: Context) -> None:
        """Boot them; those that run are logged in to."""
        deadline = Deadline.after(context.times.server_boot)
        made = at_once(lambda server: _boot(context, server), context.moved)
        context.copies = {server.server: copy for server, copy in made if copy is not None}
        if not context.copies:
            raise cloud_stop("the cloud refused to boot a copy of any server")
        copies = list(context.copies.values())
        running = context.servers.wait_for_status(copies, words.ACTIVE, deadline)
        if len(running) < len(copies):
            context.expired("all copies ACTIVE", context.times.server_boot)
        if not running:
            found = "; ".join(context.servers.describe(copy) for copy in copies)
            raise cloud_stop(f"no copy of a server came to run: {found}")
        context.servers.give_addresses(running)
        reached = {one.server: one for one in context.servers.all}
        login = Deadline.after(context.times.server_boot)
        context.shells |= context.servers.log_in(
            [reached[copy.server] for copy in running], words.RUNNING, login
        )


def _boot(context: Context, server: TestServer) -> TestServer | None:
    """Ask for the copy of a server, and record the answer, or its loss."""
    image = context.images[server.server]
    try:
        made = context.servers.create_copy(server, image)
    except CloudError as error:
        if error.http_status is None:
            context.lost("steps.boot_copies", str(error), CopyIntroduced.kind, server=server)
            return None
        context.record(
            RequestMade(
                server=server.server,
                request="copy",
                accepted=False,
                http_status=error.http_status,
                error=str(error),
            )
        )
        return None
    context.record(RequestMade(server=server.server, request="copy", accepted=True))
    return made
