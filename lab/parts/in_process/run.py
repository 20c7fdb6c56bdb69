#!/opt/openstack/bin/python
# SPDX-License-Identifier: Apache-2.0
"""Becomes the service it is called like, which then calls its privileged functions itself.

Runs on a host of the lab, in the services' environment; imports nothing of the lab.
"""

import contextlib
import importlib
import importlib.metadata
import os
import signal
import sys
from typing import Any

# Service -> its privileged contexts; one that a release lacks is an error at its start.
CONTEXTS = {
    "nova-compute": (
        "nova.privsep:sys_admin_pctxt",
        "vif_plug_ovs.privsep:vif_plug",
        "os_brick.privileged:default",
        "os_brick.privileged:brick_privsep_hide_output",
    ),
    "neutron-ovn-agent": (
        "neutron.privileged:default",
        "neutron.privileged:dhcp_release_cmd",
        "neutron.privileged:ovs_vsctl_cmd",
        "neutron.privileged:namespace_cmd",
        "neutron.privileged:conntrack_cmd",
        "neutron.privileged:link_cmd",
    ),
    "cinder-volume": (
        "cinder.privsep:sys_admin_pctxt",
        "os_brick.privileged:default",
        "os_brick.privileged:brick_privsep_hide_output",
    ),
}


def forget_signals() -> None:
    """Cut a child off from the pipe through which its parent learns of signals.

    Privileged functions fork short-lived children, and end some with SIGTERM. A child that is
    hit before it has handlers of its own would write that to the pipe it inherited, and the
    service would take it for a signal to itself.
    """
    with contextlib.suppress(ValueError):
        signal.set_wakeup_fd(-1)


def main() -> Any:
    """Start the service as its own command would."""
    name = os.path.basename(sys.argv[0])
    # Services read the command line while they are imported.
    sys.argv[0] = os.path.join(os.path.dirname(sys.executable), name)
    (entry,) = importlib.metadata.entry_points(group="console_scripts", name=name)
    start = entry.load()
    for context in CONTEXTS[name]:
        module, _, attribute = context.partition(":")
        getattr(importlib.import_module(module), attribute).set_client_mode(False)
    os.register_at_fork(after_in_child=forget_signals)
    return start()


if __name__ == "__main__":
    sys.exit(main())
