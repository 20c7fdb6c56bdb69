# SPDX-License-Identifier: Apache-2.0
"""Two labs at once: servers boot in both, and one goes on working while the other is removed."""

from counting import Count, functional


def run() -> Count:
    """Run the lab's own test of it."""
    return functional("two_labs")
