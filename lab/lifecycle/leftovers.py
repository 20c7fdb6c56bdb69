# SPDX-License-Identifier: Apache-2.0
"""What servers leave on hosts and in Ceph that no API shows: found, and removed on request.

Looks from the hosts themselves, so it also sees what a service failed to clean up.
Right only while the cloud has no servers and no volumes.
"""

import concurrent.futures

from lab.hosts.engine import LabEngine
from lab.model.plan import Host

# One line for each thing found; $1 is "remove" or nothing.
_COMPUTE = r"""
removing() { [ "$1" = remove ]; }
for name in $(virsh list --all --name 2>/dev/null); do
    echo "domain $name"
    removing "$1" || continue
    virsh destroy "$name" >/dev/null 2>&1
    virsh undefine "$name" >/dev/null
done
for folder in /var/lib/nova/instances/*-*-*-*-*; do
    [ -e "$folder" ] || continue
    echo "folder $folder"
    ! removing "$1" || rm -rf "$folder"
done
# Guests' ports only: those of metadata namespaces go when Neutron's agent saw their network go.
for port in $(ovs-vsctl --timeout=10 --format=csv --no-headings --columns=name,external_ids \
    list interface | grep vm-uuid | cut -d, -f1 | tr -d '"'); do
    echo "switch port $port"
    ! removing "$1" || ovs-vsctl --timeout=10 --if-exists del-port br-int "$port"
done
"""

# With Ceph's own bindings; every call of the rbd command would cost half a second.
_CEPH = r"""
import sys, rados, rbd
removing = sys.argv[1:] == ["remove"]
with rados.Rados(conffile="/etc/ceph/ceph.conf", name="client.admin") as cluster:
    for pool in cluster.list_pools():
        if pool.startswith(".") or pool == "images":
            continue
        with cluster.open_ioctx(pool) as io:
            for name in rbd.RBD().list(io):
                end = ""
                if removing:
                    try:
                        with rbd.Image(io, name) as image:
                            for snap in list(image.list_snaps()):
                                if image.is_protected_snap(snap["name"]):
                                    image.unprotect_snap(snap["name"])
                                image.remove_snap(snap["name"])
                        rbd.RBD().remove(io, name)
                    except rbd.Error as error:
                        end = f" (stays: {error})"
                print(f"image {pool}/{name}{end}")
"""


def find(engine: LabEngine, remove: bool) -> list[str]:
    """Return what is left of servers and volumes that are gone, each with its place in words.

    :param remove: remove it too.
    :raises lab.core.engine.CommandError: a host does not answer.
    """
    words = ["remove"] if remove else []

    def look(host: Host) -> list[str]:
        if host.role == "control":
            found = engine.execute(host.name, ["/usr/bin/python3", "-", *words], _CEPH.encode())
        else:
            found = engine.execute(host.name, ["sh", "-c", _COMPUTE, "sh", *words])
        return [f"{line} on {host.name}" for line in found.splitlines()]

    with concurrent.futures.ThreadPoolExecutor(len(engine.plan.hosts)) as pool:
        return [line for lines in pool.map(look, engine.plan.hosts) for line in lines]
