# SPDX-License-Identifier: Apache-2.0
"""The source host calls its clean-up complete, but keeps the evacuated servers' domains.

Whoever starts one by hand has the same server running twice, on one disk if that is shared.
"""

from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("source_without_domain",)
# That the disks stay with their domains is no second fault.
HIDES = ("source_without_disk",)


def apply() -> None:
    """Let nothing be destroyed while evacuated servers are being cleaned up."""
    from nova.compute import manager

    clean_up = manager.ComputeManager._destroy_evacuated_instances

    def only_on_paper(self: Any, *arguments: Any) -> Any:
        self.driver.destroy = lambda *_arguments, **_named: None
        try:
            return clean_up(self, *arguments)
        finally:
            del self.driver.destroy

    manager.ComputeManager._destroy_evacuated_instances = only_on_paper
