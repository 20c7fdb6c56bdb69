# SPDX-License-Identifier: Apache-2.0
"""Makes Masakari known to a fresh cloud: its user, its catalogue entry, the segment it minds.

Called by `lab.cloud`; speaks only the cloud's public API, and doing it twice changes nothing.
"""

from typing import Any

import openstack.connection

SEGMENT = "lab"

Connection = openstack.connection.Connection


def enlist(cloud: Connection, wanted: dict[str, Any]) -> None:
    """Make user, roles, service and endpoints, before anybody asks Masakari for anything.

    :param wanted: ``user``, ``password``, ``project``, ``region``, ``url``
    """
    identity: Any = cloud.identity  # of version 3, the only one there is
    project = identity.find_project(wanted["project"], ignore_missing=False)
    user = identity.find_user(wanted["user"]) or identity.create_user(
        name=wanted["user"], password=wanted["password"], default_project_id=project.id
    )
    for name in ("admin", "service"):
        role = identity.find_role(name, ignore_missing=False)
        identity.assign_project_role_to_user(project, user, role)
    if identity.find_service(wanted["user"]):
        return
    service = identity.create_service(name=wanted["user"], type="instance-ha")
    for interface in ("public", "internal"):
        identity.create_endpoint(
            service_id=service.id,
            interface=interface,
            region_id=wanted["region"],
            url=wanted["url"],
        )


def mind(cloud: Connection, hosts: list[str]) -> None:
    """Put the compute hosts, which Nova must know by now, into one segment that is minded."""
    segments = {one.name: one for one in cloud.instance_ha.segments()}
    segment = segments.get(SEGMENT) or cloud.instance_ha.create_segment(
        name=SEGMENT, recovery_method="auto", service_type="compute"
    )
    known = {host.name for host in cloud.instance_ha.hosts(segment.uuid)}
    for name in hosts:
        if name not in known:
            cloud.instance_ha.create_host(
                segment.uuid, name=name, type="COMPUTE", control_attributes="IPMI"
            )
