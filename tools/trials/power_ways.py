# SPDX-License-Identifier: Apache-2.0
"""A host is switched off by whatever its BMC is: a whole scenario over IPMI, Redfish, commands.

One lab each, whose hosts file names that way and no other. POWER_WAYS in the environment names
those to try (default: all), with blanks between.
"""

import os

from counting import Count
from suite import suite_on_a_lab

WAYS = ("redfish", "command", "ipmi")
SCENARIO = r"\.EvacuateShared\."


def run() -> Count:
    """Try them one after the other."""
    count = Count()
    for way in os.environ.get("POWER_WAYS", "").split() or WAYS:
        print(f"Hosts are switched by: {way}", flush=True)
        lab = f"nightly-power-{way}"
        words = ("--bmc", way, "--", "--regex", SCENARIO)
        count += suite_on_a_lab(lab, f"runs/{lab}", *words)
    return count
