# SPDX-License-Identifier: Apache-2.0
"""The cache of tokens on the controller, on its loopback address only."""

from lab.parts.auth import MEMCACHED
from lab.plan import Host, Plan
from lab.render import NOTHING, File, HostFiles, unit

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
