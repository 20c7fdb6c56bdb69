# SPDX-License-Identifier: Apache-2.0
"""The list of all parts, in the order in which a reader would start them."""

from collections.abc import Callable

from lab.core.files import HostFiles
from lab.model.plan import Host, Plan
from lab.services import (
    base,
    ceph,
    cinder,
    collector,
    glance,
    in_process,
    keystone,
    libvirt,
    mariadb,
    masakari,
    memcached,
    metadata_agent,
    neutron,
    ovn_central,
    ovn_host,
    ovs,
    pacemaker,
    placement,
    qemu_wrapper,
    rabbitmq,
    sshd,
)
from lab.services.nova import compute as nova_compute
from lab.services.nova import control as nova_control

Part = Callable[[Plan, Host], HostFiles]

PARTS: tuple[Part, ...] = tuple(
    part.render
    for part in (
        base, collector, in_process, sshd, mariadb, rabbitmq, memcached, ceph, ovs, ovn_central,
        ovn_host,
        keystone, placement, glance, neutron, cinder, nova_control, libvirt, qemu_wrapper,
        nova_compute, metadata_agent, pacemaker, masakari,
    )
)  # fmt: skip
