# SPDX-License-Identifier: Apache-2.0
"""Neutron leaves a live-migrated port DOWN although OVN has it up on its new host.

Nova activates the port's new binding when the guest runs on the destination; Neutron sets the
port DOWN then and waits for OVN to report it up. What OVN does to the Port_Binding row meanwhile
(from its southbound database's log, times in ms)::

     0  northd      requested_chassis = destination
     8  source      chassis = [], up = false
    21  destination chassis = destination, additional_chassis = [], up = true

If northd gets to see the row between the second and the third, the logical port goes down and up,
and Neutron follows. If not, it never goes down, and the row's own update is all that tells of the
move; ``PortBindingChassisUpdateEvent.match_fn`` passes over it, because it clears
``additional_chassis``, or because the row had no chassis for a moment before. The port then stays
DOWN for good, with traffic flowing: one live migration in three to eight here.

Seen with Neutron 29.0.0 and OVN 23.03. The remedy lets every update count that gives a port which
is up another chassis. At the start of a guest its port is not up yet: nothing changes there.
"""

import contextlib
from pathlib import Path
from typing import Any

SERVICES = ("neutron-api",)

_ACTED = Path("/var/lib/lab/acted/port_up_after_live_migration")


def apply() -> None:
    """Let match_fn see a port's move for what it is."""
    from neutron.common.ovn import constants, utils
    from neutron.plugins.ml2.drivers.ovn.mech_driver.ovsdb import ovsdb_monitor

    event_class = ovsdb_monitor.PortBindingChassisUpdateEvent
    as_published = event_class.match_fn

    def match_fn(self: Any, event: Any, row: Any, old: Any = None) -> bool:
        if as_published(self, event, row, old):
            return True
        moved = row.chassis and getattr(old, "chassis", row.chassis) != row.chassis
        if not moved or row.type == constants.OVN_CHASSIS_REDIRECT:
            return False
        port = self.driver.nb_ovn.lookup("Logical_Switch_Port", row.logical_port, default=None)
        if not (port and utils.is_lsp_enabled(port) and utils.is_lsp_up(port)):
            return False
        with contextlib.suppress(OSError):
            _ACTED.parent.mkdir(parents=True, exist_ok=True)
            with _ACTED.open("a") as stream:
                stream.write(f"{row.logical_port}\n")
        return True

    event_class.match_fn = match_fn
