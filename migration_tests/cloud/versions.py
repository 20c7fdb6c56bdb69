# SPDX-License-Identifier: Apache-2.0
"""Which API versions are asked for. Compared as numbers: 2.100 is newer than 2.95.

The microversions are set for the whole process by Tempest's fixture, so several threads may ask
at once. May not know: what they are needed for.
"""

from __future__ import annotations

from migration_tests.record.microversions import version

OLDEST_COMPUTE = "2.74"  # a server can be asked for on a host without being bound to it
VOLUME = "3.27"  # the attachment API
PLACEMENT = "1.14"  # a provider names its root, so nested ones find their host


def at_least(found: str, wanted: str) -> bool:
    """Return whether a microversion is another or newer."""
    return version(found) >= version(wanted)


def choose(offered: str, highest: str) -> str:
    """Return the newest version that the cloud offers and the configuration allows."""
    return highest if at_least(offered, highest) else offered
