#!/opt/openstack/bin/python
# SPDX-License-Identifier: Apache-2.0
"""Becomes the service it is called like, which then calls its privileged functions itself.

Runs on a host of the lab, in the services' environment; imports nothing of the lab.
"""

import contextlib
import fcntl
import importlib
import importlib.metadata
import os
import signal
import sys
import termios
from pathlib import Path
from typing import Any

# Service -> its privileged contexts.
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
}


# Lists those that the release does not have yet; another one that is missing is an error.
MISSING = "missing"


def contexts(name: str, folder: Path) -> tuple[str, ...]:
    """Return the privileged contexts of a service.

    :param folder: where the list of those lies that the release lacks, if it lacks any.
    """
    path = folder / MISSING
    missing = path.read_text().split() if path.exists() else ()
    return tuple(context for context in CONTEXTS[name] if context not in missing)


def forget_signals() -> None:
    """Cut a child off from the pipe through which its parent learns of signals.

    Privileged functions fork short-lived children, and end some with SIGTERM. A child that is
    hit before it has handlers of its own would write that to the pipe it inherited, and the
    service would take it for a signal to itself.
    """
    with contextlib.suppress(ValueError):
        signal.set_wakeup_fd(-1)


def own_terminal() -> int | None:
    """Take a terminal that never goes away, and return its other end; None if there is no need.

    systemd makes every service the leader of a session without a terminal. The first terminal
    that such a process opens becomes its own, and the end of it a SIGHUP to the process. A
    helper of oslo.privsep leads no session and may read a guest's console as it likes; a
    service that does so itself would be hung up with the guest.
    """
    if os.getsid(0) != os.getpid():
        return None
    end, terminal = os.openpty()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    os.close(terminal)
    return end


def main() -> Any:
    """Start the service as its own command would."""
    folder, name = os.path.split(sys.argv[0])
    # Services read the command line while they are imported.
    sys.argv[0] = os.path.join(os.path.dirname(sys.executable), name)
    (entry,) = importlib.metadata.entry_points(group="console_scripts", name=name)
    start = entry.load()
    for context in contexts(name, Path(folder)):
        module, _, attribute = context.partition(":")
        getattr(importlib.import_module(module), attribute).set_client_mode(False)
    os.register_at_fork(after_in_child=forget_signals)
    terminal = own_terminal()
    try:
        return start()
    finally:
        if terminal is not None:
            os.close(terminal)


if __name__ == "__main__":
    sys.exit(main())
