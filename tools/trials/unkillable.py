# SPDX-License-Identifier: Apache-2.0
"""A lab killed at any step, on a full disk, over a restart: down leaves nothing, and up works.

UNKILLABLE in the environment names what to try (default: all), with blanks between: ``whole``
(a whole lab is brought up first), ``steps`` or some of ``lab up``'s steps by their names,
``others``, ``disk``, ``builds`` (which builds a root file system and takes longest).
"""

import os

from counting import Count, functional


def run() -> Count:
    """Run the lab's own test of it."""
    return functional("unkillable", *os.environ.get("UNKILLABLE", "").split())
