# SPDX-License-Identifier: Apache-2.0
"""Other machines: a Debian 13 carries a lab, and those that cannot say why in one sentence each.

ELSEWHERE in the environment names what to try (default: all), with blanks between: ``lacking``,
``debian13`` (which builds everything there is to build, in a machine made for it).
"""

import os

from counting import Count, functional


def run() -> Count:
    """Run the lab's own test of it."""
    return functional("elsewhere", *os.environ.get("ELSEWHERE", "").split())
