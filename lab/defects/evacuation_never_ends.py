# SPDX-License-Identifier: Apache-2.0
"""An evacuation begins on the host that should take the server in, and never ends.

Neither error nor progress: the migration record stays where it is.
"""

import threading
from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("evacuation_completed",)
STOPS = True


def apply() -> None:
    """Wait for ever before anything is rebuilt."""
    from nova.compute import manager

    def hang(*_arguments: Any, **_named: Any) -> None:
        threading.Event().wait()

    manager.ComputeManager._do_rebuild_instance_with_claim = hang
