# SPDX-License-Identifier: Apache-2.0
"""The lab is as fast and as small as it aims to be, from nothing and with everything cached.

Each aim is a check. Worth something only on a machine that does nothing else. The lab is made
three times with everything cached: the first time, the machine still has to read its files.
"""

import json
import subprocess

from counting import COMMAND, Count, cannot_carry_a_lab


def run() -> Count:
    """Run the benchmark and count the aims that are met."""
    if cannot_carry_a_lab():
        return Count(skipped=1)
    command = [COMMAND, "lab", "bench", "--cold", "--repeat", "3", "-f", "json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        return Count(failed=1)
    count = Count()
    for row in json.loads(done.stdout):
        print(*(row[key] for key in ("Measure", "Of", "Value", "Unit", "Aim", "Met")))
        count += Count(passed=row["Met"] == "yes", failed=row["Met"] == "no")
    return count
