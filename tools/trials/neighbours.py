# SPDX-License-Identifier: Apache-2.0
"""A lab beside a machine's own libvirt, OVS, MariaDB, RabbitMQ and Ceph: none of them notices."""

from counting import Count, functional


def run() -> Count:
    """Run the lab's own test of it."""
    return functional("neighbours")
