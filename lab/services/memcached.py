# SPDX-License-Identifier: Apache-2.0
"""The cache of tokens on the controller, on its loopback address only."""

from lab.core.files import NOTHING, File, HostFiles
from lab.core.units import unit
from lab.model.plan import Host, Plan
from lab.services.common.auth import MEMCACHED

UNIT = "memcached.service"


def render(plan: Plan, host: Host) -> HostFiles:
    """The cache's unit, on the controller only."""
    if host.role != "control":
        return NOTHING
    address, _, port = MEMCACHED.partition(":")
    command = f"/usr/bin/memcached -u memcache -l {address} -p {port} -U 0 -m 32 -t 1"
    return HostFiles(
        files=(File(f"/etc/systemd/system/{UNIT}", unit("Token cache", command)),),
        units=(UNIT,),
    )
