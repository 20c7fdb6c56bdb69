# SPDX-License-Identifier: Apache-2.0
"""All that a lab holds: in its cloud, on its hosts, in Ceph. Changes nothing."""

import concurrent.futures

from lab.core.engine import CommandError
from lab.hosts.engine import LabEngine
from lab.lifecycle.building import Lab, LabError
from lab.lifecycle.runner import RunnerError, ask
from lab.model.plan import Host
from lab.outputs import products

Contents = dict[str, list[str]]  # lines by kind

# One line for each thing: its kind, a tab, what it is.
_COMPUTE = r"""
tab=$(printf '\t')
virsh list --all --name 2>/dev/null | grep . | while read -r name; do
    echo "domains$tab$name $(virsh domstate "$name" 2>/dev/null | head -n 1)"
done
for folder in /var/lib/nova/instances/*-*-*-*-*; do
    [ ! -e "$folder" ] || echo "folders$tab$folder"
done
ovs-vsctl --timeout=10 --format=csv --no-headings --columns=name,external_ids list interface |
    grep vm-uuid | cut -d, -f1 | tr -d '"' | sed "s/^/switch ports$tab/"
"""

_CEPH = r"""
import rados, rbd
with rados.Rados(conffile="/etc/ceph/ceph.conf", name="client.admin") as cluster:
    for pool in cluster.list_pools():
        if pool.startswith("."):
            continue
        with cluster.open_ioctx(pool) as io:
            for name in rbd.RBD().list(io):
                print(f"RBD images\t{pool}/{name}")
                with rbd.Image(io, name, read_only=True) as image:
                    for snap in image.list_snaps():
                        print(f"RBD snapshots\t{pool}/{name}@{snap['name']}")
                    for watcher in image.watchers_list():
                        print(f"RBD watchers\t{pool}/{name} from {watcher['addr'].split(':')[0]}")
"""


def take(lab: Lab) -> Contents:
    """Return what a lab holds, by kind.

    :raises LabError: it is not up, or does not answer.
    """
    engine = lab.engine()
    if not lab.up:
        raise LabError(
            f"The lab {lab.name!r} is not up. Make it with: migration-chaos lab up"
        )
    try:
        found: Contents = ask(
            engine, lab.product, "lab.cloud.contents", {"cloud": products.CLOUD}, lambda _: None
        )
        lines = _on_hosts(engine)
    except (RunnerError, CommandError) as error:
        raise LabError(f"What the lab {lab.name!r} holds was not learned: {error}") from error
    for kind in ("domains", "folders", "switch ports", "RBD images", "RBD snapshots",
                 "RBD watchers"):  # fmt: skip
        found[kind] = sorted(line for of, line in lines if of == kind)
    return found


def _on_hosts(engine: LabEngine) -> list[tuple[str, str]]:
    def look(host: Host) -> list[tuple[str, str]]:
        if host.role == "control":
            return [_parted(line) for line in engine.execute(
                host.name, ["/usr/bin/python3", "-"], _CEPH.encode()
            ).splitlines()]  # fmt: skip
        text = engine.execute(host.name, ["sh", "-c", _COMPUTE])
        found = [_parted(line) for line in text.splitlines()]
        return [(kind, f"{what} on {host.name}") for kind, what in found]

    with concurrent.futures.ThreadPoolExecutor(len(engine.plan.hosts)) as pool:
        return [line for lines in pool.map(look, engine.plan.hosts) for line in lines]


def _parted(line: str) -> tuple[str, str]:
    kind, _, what = line.partition("\t")
    return kind, what
