# SPDX-License-Identifier: Apache-2.0
"""A guest's network device is left down by a race of Open vSwitch and libvirt.

libvirt raises a guest's tap while ovs-vswitchd, which just opened it in user space, sets
promiscuous mode on it: both read the device's flags and write them back, and if the switch comes
last the device is down again for good. The guest then has no network at all. Seen with Open
vSwitch 3.1 and libvirt 11.3, about one boot in fifty.

The remedy is a unit that looks once a second and raises what is down.
"""

UNIT = "lab-taps.service"
ROLE = "compute"
SCRIPT = """\
#!/bin/bash
# Waits without a process: a sleep each second would be the half of what an idle host takes.
exec {never}<> <(:) || exit 1
acted=/var/lib/lab/acted/guest_taps_kept_up
mkdir -p "${acted%/*}"
while :; do
    read -r -t 1 -u "$never"
    for tap in /sys/class/net/tap*; do
        read -r flags 2>/dev/null < "$tap/flags" || continue
        # The lowest bit is IFF_UP.
        [ $((flags & 1)) = 1 ] && continue
        ip link set "${tap##*/}" up || continue
        echo "${tap##*/} was down"
        echo "${tap##*/}" >> "$acted"
        sync "$acted"
    done
done
"""
