# SPDX-License-Identifier: Apache-2.0
"""OVN's part on every host: ovn-controller, which turns logical flows into the host's own.

Its identity and the addresses it needs are settings of Open vSwitch, made by `lab.services.ovs`.
"""

from lab.core.files import File, HostFiles
from lab.model.plan import Host, Plan
from lab.services.ovs import SETUP_UNIT

UNIT = "ovn-controller.service"

_DROP_IN = f"""\
[Unit]
Requires={SETUP_UNIT}
After={SETUP_UNIT}
# It may crash on a southbound database that has nothing in it yet: then it tries again.
StartLimitIntervalSec=0

[Service]
RestartSec=1
RuntimeDirectory=ovn
RuntimeDirectoryPreserve=yes
ExecStart=
ExecStart=/usr/bin/ovn-controller unix:/run/openvswitch/db.sock \
--pidfile=/run/ovn/ovn-controller.pid --detach --no-chdir -vconsole:off -vsyslog:info -vfile:off
"""


def render(plan: Plan, host: Host) -> HostFiles:
    """Return the drop-in of ovn-controller; every host is a chassis."""
    return HostFiles(
        files=(File(f"/etc/systemd/system/{UNIT}.d/lab.conf", _DROP_IN),), units=(UNIT,)
    )
