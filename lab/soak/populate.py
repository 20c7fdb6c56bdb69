# SPDX-License-Identifier: Apache-2.0
"""``python -m lab.soak.populate``: makes servers, so that there is something to be removed.

Reads what to make as JSON from standard input (see `lab.lifecycle.runner`); the answer is
how many.
"""

import json
import sys
import time
from pathlib import Path

import openstack

from lab.cloud.images import IMAGE
from lab.cloud.inventory import IMAGES, NETWORKS
from lab.cloud.networks import PUBLIC
from lab.outputs.products import CLOUD
from lab.soak.tenant import Tenant


def tenant(folder: Path) -> Tenant:
    """Return the soak's tenant of the lab that this process is in.

    :param folder: where its key is kept.
    """
    cloud = openstack.connect(cloud=CLOUD)
    image = next(item["id"] for item in IMAGES.list(cloud) if item["name"] == IMAGE)
    public = next(item["id"] for item in NETWORKS.list(cloud) if item["name"] == PUBLIC)
    return Tenant(cloud, folder, image, public)


def main() -> int:
    """Make them."""
    wanted = json.load(sys.stdin)
    deadline = time.monotonic() + wanted["seconds"]
    made = tenant(Path(wanted["folder"])).make(wanted["counts"], wanted["homes"], deadline)
    print(json.dumps({"servers": len(made)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
