# SPDX-License-Identifier: Apache-2.0
"""The source host forgets to clean up after an evacuation.

When nova-compute starts again on the recovered host, it leaves the evacuated servers' domains,
disks and allocations where they are and their migration records at ``done``.
"""

SERVICES = ("nova-compute",)
JUDGES = ("clean_up_completed",)
# The host cannot be given back, and nothing else of its clean-up can be judged.
STOPS = True


def apply() -> None:
    """Replace the clean-up with nothing."""
    from nova.compute import manager

    def forget(*_arguments: object) -> dict[str, object]:
        return {}

    manager.ComputeManager._destroy_evacuated_instances = forget
