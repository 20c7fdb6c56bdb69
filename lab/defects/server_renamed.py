# SPDX-License-Identifier: Apache-2.0
"""An evacuated server comes back under another name."""

from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("name_kept",)


def apply() -> None:
    """Add a word to the name of a server that is rebuilt."""
    from nova.compute import manager

    rebuild = manager.ComputeManager._do_rebuild_instance

    def rename(self: Any, context: Any, instance: Any, *rest: Any) -> None:
        instance.display_name += "-rebuilt"
        rebuild(self, context, instance, *rest)

    manager.ComputeManager._do_rebuild_instance = rename
