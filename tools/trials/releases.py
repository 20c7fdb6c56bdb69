# SPDX-License-Identifier: Apache-2.0
"""The suite passes on every release of OpenStack that the lab can have besides the default one.

Each gets a lab of its own, one after the other, with all scenarios: two hosts of each kind.
RELEASES in the environment names those to try, with blanks between.
"""

import os

import labs
from counting import Count
from suite import suite_on_a_lab

LAB = "nightly-releases"


def run() -> Count:
    """Run the suite on each release, say how it ended there, and return the sum."""
    others = [row["Release"] for row in labs.read("release", "list") if not row["Default"]]
    total = Count()
    said = []
    for release in os.environ.get("RELEASES", "").split() or others:
        count = suite_on_a_lab(LAB, f"runs/{LAB}-{release}", "--release", release)
        said.append(f"  {release}: {count}")
        total += count
    print("\n".join(said), flush=True)
    return total
