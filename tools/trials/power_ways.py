# SPDX-License-Identifier: Apache-2.0
"""A host dies by whatever it has: a whole scenario over IPMI, Redfish, commands, without a BMC.

One lab each, whose hosts file names that way and no other. POWER_WAYS in the environment names
those to try (default: all), with blanks between.
"""

import os

from counting import Count
from suite import suite_on_a_lab

WITHOUT = "none"
WAYS = ("redfish", "command", "ipmi", WITHOUT)
BY_BMC, WITHOUT_BMC = r"\.EvacuateShared\.", r"\.EvacuateWithoutBmc"


def run() -> Count:
    """Try them one after the other."""
    count = Count()
    for way in os.environ.get("POWER_WAYS", "").split() or WAYS:
        print(f"Hosts are switched by: {way}", flush=True)
        lab = f"nightly-power-{way}"
        scenario = WITHOUT_BMC if way == WITHOUT else BY_BMC
        words = ("--bmc", way, "--", "--regex", scenario)
        count += suite_on_a_lab(lab, f"runs/{lab}", *words)
    return count
