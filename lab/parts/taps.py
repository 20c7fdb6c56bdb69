# SPDX-License-Identifier: Apache-2.0
"""Keeps guests' network devices up on a host whose switch runs in user space.

libvirt raises a guest's tap while ovs-vswitchd, which just opened it, sets promiscuous mode on it:
both read the device's flags and write them back, and if the switch comes last the device is down
again for good (seen with Open vSwitch 3.1 and libvirt 11.3, about one boot in fifty). The guest
then has no network at all. This looks once a second and raises what is down.
"""

from lab.plan import Host, Plan
from lab.render import NOTHING, File, HostFiles, unit

UNIT = "lab-taps.service"
SCRIPT = "/usr/local/lib/lab/keep-taps-up"

_SCRIPT = """\
#!/bin/sh
while sleep 1; do
    for tap in /sys/class/net/tap*; do
        read -r flags 2>/dev/null < "$tap/flags" || continue
        # The lowest bit is IFF_UP.
        [ $((flags & 1)) = 1 ] && continue
        echo "${tap##*/} was down"
        ip link set "${tap##*/}" up
    done
done
"""


def render(plan: Plan, host: Host) -> HostFiles:
    """Return the watcher, on compute hosts."""
    if host.role != "compute":
        return NOTHING
    return HostFiles(
        files=(
            File(SCRIPT, _SCRIPT, mode=0o755),
            File(f"/etc/systemd/system/{UNIT}", unit("Guests' network devices", SCRIPT)),
        ),
        units=(UNIT,),
    )
