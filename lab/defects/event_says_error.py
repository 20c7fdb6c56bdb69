# SPDX-License-Identifier: Apache-2.0
"""An evacuation is done by its migration record, and failed by its instance action.

To be seen after an evacuation: openstack server event list SERVER, then
openstack server event show SERVER REQUEST
"""

from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("action_succeeded",)


def apply() -> None:
    """Note an error at the end of the event that rebuilds the server."""
    from nova import exception
    from nova.compute import utils

    leave = utils.EventReporter.__exit__

    def leave_with_an_error(self: Any, kind: Any, error: Any, trace: Any) -> Any:
        if error is not None or self.event_name != "compute_rebuild_instance":
            return leave(self, kind, error, trace)
        try:
            raise exception.NovaException("the paper of this host is on fire")
        except exception.NovaException as made:
            leave(self, type(made), made, made.__traceback__)
        return False

    utils.EventReporter.__exit__ = leave_with_an_error
