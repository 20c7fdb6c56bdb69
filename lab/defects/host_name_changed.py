# SPDX-License-Identifier: Apache-2.0
"""An evacuated server gets another host name from the metadata service.

To be seen in the server, before and after an evacuation:
curl http://169.254.169.254/latest/meta-data/hostname
"""

from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("hostname_kept",)


def apply() -> None:
    """Add a word to the host name of a server that is rebuilt."""
    from nova.compute import manager

    rebuild = manager.ComputeManager._do_rebuild_instance

    def rebuild_without(self: Any, context: Any, instance: Any, *rest: Any) -> None:
        instance.hostname += "-rebuilt"
        rebuild(self, context, instance, *rest)

    manager.ComputeManager._do_rebuild_instance = rebuild_without
