# SPDX-License-Identifier: Apache-2.0
"""Fills a fresh cloud with what every cloud has: an image, flavors, a public network, zones.

Each service fills in its own (``populate`` in its file), side by side. Runs as a process of its
own in the lab's network (see `lab.lifecycle.runner`), reads what to make as JSON from standard
input and writes what came of it to standard output, progress to standard error.
"""

import concurrent.futures
import json
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Any

import openstack
import openstack.exceptions

from lab.cloud import inventory
from lab.cloud.filling import Filling
from lab.cloud.waiting import WaitingError, say
from lab.services import all as services
from lab.services.all import Population


def fill(filling: Filling, populations: Sequence[Population]) -> dict[str, Any]:
    """Let every service fill in its own; return all that they answer.

    :param populations: each after those that it needs.
    """
    begun: dict[str, Future[Mapping[str, Any]]] = {}

    def run(each: Population) -> Mapping[str, Any]:
        for name in each.after:
            begun[name].result()
        return each.populate(filling)

    with concurrent.futures.ThreadPoolExecutor(len(populations)) as pool:
        for each in populations:
            begun[each.name] = pool.submit(run, each)
    return {key: value for one in begun.values() for key, value in one.result().items()}


def main() -> int:
    """Do it all."""
    wanted = json.load(sys.stdin)
    deadline = time.monotonic() + wanted["seconds"]
    filling = Filling(openstack.connect(cloud=wanted["cloud"]), wanted, deadline)
    try:
        # Nobody can be asked for anything without a token.
        filling.answers("identity", filling.cloud.authorize)
        answer = fill(filling, services.populations(wanted["extras"]))
    except (WaitingError, openstack.exceptions.SDKException) as error:
        say(f"FAILED {error}")
        return 1
    print(json.dumps({**answer, "kept": inventory.note(filling.cloud)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
