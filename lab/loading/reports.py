# SPDX-License-Identifier: Apache-2.0
"""Waits until nova-compute of some hosts has reported. Runs on the runner's side of a lab.

``python -m lab.loading.reports SINCE SECONDS HOST...``: SINCE in seconds of the wall clock, which
all hosts of a lab share; the environment says which cloud.
"""

import datetime
import sys
import time

import openstack
from openstack.connection import Connection


def missing(cloud: Connection, hosts: list[str], since: float) -> str:
    """Return what is not so yet, or nothing."""
    services = {s.host: s for s in cloud.compute.services(binary="nova-compute")}
    for host in hosts:
        service = services.get(host)
        if service is None:
            return f"there is no nova-compute on {host}"
        reported = datetime.datetime.fromisoformat(service.updated_at).replace(tzinfo=datetime.UTC)
        # A service that is forced down counts as down however often it reports.
        up = service.state == "up" or service.is_forced_down
        if reported.timestamp() <= since or not up:
            return f"nova-compute on {host} is {service.state}, its last report was at {reported}"
    return ""


def main() -> int:
    """Return 0 once all have reported."""
    since, seconds, *hosts = sys.argv[1:]
    end = time.monotonic() + float(seconds)
    cloud = openstack.connect(api_timeout=20)
    while True:
        try:
            why = missing(cloud, hosts, float(since))
        except Exception as error:
            why = f"the compute API does not answer: {error}"
        if not why:
            return 0
        if time.monotonic() > end:
            print(why.replace("\n", " "), file=sys.stderr)
            return 1
        time.sleep(0.5)


if __name__ == "__main__":
    sys.exit(main())
