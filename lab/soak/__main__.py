# SPDX-License-Identifier: Apache-2.0
"""``python -m lab.soak``: reads what to do as JSON from standard input, prints how it goes.

Exit status 0 if all was done, everything stayed well and nothing grew.
"""

import json
import logging
import sys
import time
from collections import defaultdict

import openstack.exceptions

from lab.cloud.waiting import WaitingError, say
from lab.core.engine import CommandError
from lab.lifecycle.building import Lab
from lab.soak import census, populate
from lab.soak.guests import GuestError
from lab.soak.soaking import Soak, Wanted
from lab.soak.tenant import KINDS, NAME

# A host has these for networks, images and connections too: they come and go.
TOLERANCE = defaultdict(
    int,
    {
        "namespaces": 1,
        "links": 3,
        "mounts": 2,
        "files-of-nova": 4,
        "files-in-run": 6,
        "defunct": 2,
        "processes beside guests": 20,
    },
)
DESCRIPTORS = 12
HEAVIER_MIB, HEAVIER_SHARE = 25, 0.15


def grown(soak: Soak) -> list[str]:
    """Return what grew from the first census to the last."""
    if not soak.censuses:
        return []
    first, last = soak.censuses[0], soak.censuses[-1]
    for name in last.counts:
        thing = name.partition(": ")[2]
        if thing.startswith("descriptors-of-"):
            TOLERANCE[thing] = DESCRIPTORS
    return [
        *census.grown(first, last, TOLERANCE),
        *census.heavier(soak.censuses, HEAVIER_MIB, HEAVIER_SHARE),
    ]


def conclude(soak: Soak, wanted: Wanted, seconds: float) -> bool:
    """Print what was done, what was wrong and what grew; return whether all is well."""
    did = wanted.servers
    print(
        f"{soak.moved * did} live migrations and {soak.cut * did} evacuations "
        f"of each kind ({', '.join(KINDS)}) in {seconds:.0f} s."
    )
    acted = [
        f"{number} on {name.partition(':')[0]}"
        for name, number in (soak.censuses[-1].counts if soak.censuses else {}).items()
        if name.endswith(census.ACTED) and number
    ]
    print(f"Remedies acted: {', '.join(acted) or 'never'}.")
    if soak.censuses:
        sizes = [f"{sum(each.memory.values()):.0f}" for each in soak.censuses]
        print(f"Memory of all services, after each round: {', '.join(sizes)} MiB.")
    more = grown(soak)
    print("\n".join(["Grown:", *(f"  {line}" for line in more)]) if more else "Nothing grew.")
    if soak.wrong:
        print("\n".join(["Wrong:", *(f"  {line}" for line in soak.wrong)]))
    else:
        print("Everything was well after every step.")
    return not more and not soak.wrong


def main() -> int:
    """Soak."""
    # A guest that dies while it is spoken to is what is wanted here.
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)
    words = json.load(sys.stdin)
    wanted = Wanted(words["live"], words["evacuations"], words["servers"])
    lab = Lab(words["lab"])
    tenant = populate.tenant(lab.folder / NAME)
    homes = {kind: (pair[0], pair[1]) for kind, pair in words["homes"].items()}
    soak = Soak(lab.engine(), tenant, homes)
    began = time.monotonic()
    broken = ""
    try:
        soak.run(wanted)
    except (WaitingError, GuestError, CommandError, openstack.exceptions.SDKException) as error:
        broken = f"{type(error).__name__}: {error}"
        say(f"The soak could not go on: {broken}")
        soak.wrong.append(broken)
    return 0 if conclude(soak, wanted, time.monotonic() - began) else 1


if __name__ == "__main__":
    sys.exit(main())
