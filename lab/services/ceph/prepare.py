# SPDX-License-Identifier: Apache-2.0
"""Runs on the controller: makes the OSD known to the monitor, and makes the pools.

    ceph-prepare register UUID    the monitor knows osd.0 as UUID
    ceph-prepare pools NAME...    the pools exist, are served, and are ready for RBD images

Each can be run again at any time. One process with Ceph's own bindings, because every call of
the ``ceph`` command costs half a second of Python start. Knows nothing of the lab: it is copied
to the host and uses only what Debian installs there.
"""

import json
import sys

import rados
import rbd

DEADLINE_SECONDS = 120
PLACEMENT_GROUPS = 8


def command(cluster: rados.Rados, prefix: str, **arguments: object) -> str:
    """Send one command to the monitor and return its output; ends the process if refused."""
    request = json.dumps({"prefix": prefix, "format": "json", **arguments})
    code, output, status = cluster.mon_command(request, b"")
    if code:
        sys.exit(f"the monitor refused '{prefix}': {status} ({code})")
    return output.decode()


def make_pools(cluster: rados.Rados, names: list[str]) -> None:
    """Make the pools called `names`, prepare them for RBD; waits for the OSD."""
    existing = set(cluster.list_pools())
    for name in names:
        if name not in existing:
            command(cluster, "osd pool create", pool=name, pg_num=PLACEMENT_GROUPS)
        command(cluster, "osd pool application enable", pool=name, app="rbd")
    # The manager runs without modules on purpose; its complaint would hide others.
    command(cluster, "health mute", code="MGR_MODULE_ERROR", sticky=True)
    for name in names:
        with cluster.open_ioctx(name) as pool:
            rbd.RBD().pool_init(pool, True)


def main(arguments: list[str]) -> None:
    """Do what the command line asks for."""
    verb, *rest = arguments
    cluster = rados.Rados(conffile="/etc/ceph/ceph.conf", name="client.admin")
    # A client that finds no OSD looks again when this runs out, by default only after 5 s.
    cluster.conf_set("objecter_tick_interval", "0.3")
    cluster.conf_set("rados_osd_op_timeout", str(DEADLINE_SECONDS))
    cluster.connect(timeout=DEADLINE_SECONDS)
    try:
        if verb == "register":
            command(cluster, "osd new", uuid=rest[0], id=0)
        else:
            make_pools(cluster, rest)
    finally:
        cluster.shutdown()


if __name__ == "__main__":
    main(sys.argv[1:])
