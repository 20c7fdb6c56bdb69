# SPDX-License-Identifier: Apache-2.0
"""Runs in a lab: what the cloud knows against disturbing a host keeps a fault from it.

Prints one line for each thing that holds, ``ok ...``, or does not, ``FAILED ...``.
"""

import dataclasses
import os
import sys
from pathlib import Path
from typing import Any

os.environ["TEMPEST_CONFIG_DIR"] = str(Path(os.environ["OS_CLIENT_CONFIG_FILE"]).parent)

import openstack
from tempest import clients
from tempest.common import credentials_factory
from tempest.lib.services.compute import base_compute_client
from tempest.lib.services.placement import base_placement_client

from chaos import errors
from chaos.deadline import Deadline
from chaos.faults.power_off import PowerOff
from chaos.guard import Guard
from chaos.inventory import load_inventory
from chaos.journal.state import StateFolder
from chaos.run import Run
from chaos.transport.shell import HostShell
from chaos.witnesses.boot_id import read_boot_id
from migration_tests.cloud import versions
from migration_tests.cloud.questions import Cloud
from migration_tests.runner.rules import Allowed, rules

HOST, OTHER, CONTROL = "compute1", "compute2", "control"
BOOT_SECONDS = 240


def say(what: str, holds: object, found: object = "") -> None:
    """Print whether it holds."""
    print(f"{'ok' if holds else 'FAILED'} {what}{f': {found}' if found else ''}", flush=True)


def main() -> int:
    """Try each rule."""
    base_compute_client.COMPUTE_MICROVERSION = "2.95"
    base_placement_client.PLACEMENT_MICROVERSION = versions.PLACEMENT
    product = Path(os.environ["TEMPEST_CONFIG_DIR"])
    inventory = load_inventory(product / "hosts.yaml")
    host = inventory.host(HOST)
    manager = clients.Manager(
        credentials_factory.get_configured_admin_credentials("identity_admin")
    )
    cloud = Cloud(manager)
    own: set[str] = set()
    connection = openstack.connect()
    with Run(inventory, state=StateFolder(product.parent / "state")) as run:

        def fault(**allowed: Any) -> PowerOff:
            further = rules(cloud, Allowed(**allowed), lambda: own)
            return PowerOff(
                host, "ipmi", run=run, deadline=Deadline.after(120), guard=Guard(further=further)
            )

        say("nothing speaks against an empty host", not (why := fault().why_not()), why)
        room = cloud.room()
        say("every host has room", {HOST, OTHER} <= set(room), room)
        server = _foreign_server(connection)
        try:
            _foreign(host, fault, run, server)
            own.add(server)
            service = next(iter(connection.compute.services(binary="nova-compute", host=OTHER)))
            connection.compute.disable_service(service)
            try:
                why = fault().why_not()
                say("without another host it is refused", "check_room = false" in str(why), why)
                why = fault(without_room=True).why_not()
                say("unless that is not asked for", not why, why)
            finally:
                connection.compute.enable_service(service)
        finally:
            connection.compute.delete_server(server, force=True)
        guard = Guard(further=rules(cloud, Allowed(), lambda: own))
        why = guard.of_inventory(dataclasses.replace(host, name=CONTROL))
        say("the controller is refused", "nova-conductor" in str(why), why)
    return 0


def _foreign_server(connection: Any) -> str:
    """Boot a server on the host that is nobody's of the suite."""
    image = connection.image.find_image("guest", ignore_missing=False)
    made = connection.compute.create_server(
        name="foreign", image_id=image.id, flavor_id="m.shared", networks="none",
        availability_zone=f"nova:{HOST}",
    )  # fmt: skip
    connection.compute.wait_for_server(made, wait=BOOT_SECONDS)
    return str(made.id)


def _foreign(host: Any, fault: Any, run: Run, server: str) -> None:
    """Somebody's server on it: refused before anything is touched, unless it is allowed."""
    with HostShell(host) as shell:
        before = read_boot_id(shell, Deadline.after(30))
        try:
            fault().setUp()
            refused = ""
        except errors.FaultRefused as exc:
            refused = str(exc)
        named = server in refused and "hosts_with_other_servers" in refused
        say("a foreign server keeps the fault from it", named, refused)
        untouched = read_boot_id(shell, Deadline.after(30)) == before
    say("nothing was touched", untouched and not run.journal.entries())
    why = fault(with_other_servers=frozenset({HOST})).why_not()
    say("unless the host is allowed by name", not why, why)


if __name__ == "__main__":
    sys.exit(main())
