# SPDX-License-Identifier: Apache-2.0
"""Something on each compute host starts nova-compute at a boot, whatever holds it back.

As a configuration management does that removes files it does not know and sees to it that its
services run. By hand: ``migration-chaos inject panic compute3 --hold compute``, and meanwhile
``migration-chaos lab exec compute3 -- systemctl status nova-compute``.
"""

UNIT = "lab-purge.service"
ROLE = "compute"
JUDGES = ("host_stayed_down",)
SCENARIOS = ("evacuate_without_bmc",)
# Nothing is evacuated from a host whose nova-compute is back.
STOPS = True
SCRIPT = """\
#!/bin/sh
rm -f /etc/systemd/system/nova-compute.service.d/*-hold.conf
systemctl daemon-reload
systemctl start --no-block nova-compute.service
exec sleep infinity
"""
