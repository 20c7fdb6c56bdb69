# SPDX-License-Identifier: Apache-2.0
"""Who may talk to Ceph, and with which key: cephx keys, capabilities and keyring files as text.

Pure: every key follows from a secret of the plan, so the keyrings of all hosts can be written
before the monitor has ever run. Knows nothing of hosts, units or paths.
"""

import base64
import hashlib
import struct
import uuid
from collections.abc import Iterable, Mapping

from lab.model.plan import Plan

_KEY_TYPE_AES = 1
_KEY_BYTES = 16

INSTANCES_POOL = "vms"
VOLUME_POOLS: Mapping[str, str] = {"rbd": "volumes", "rbd2": "volumes2"}
"""Each backend of Cinder that keeps volumes in Ceph, and its pool."""

_RBD = "profile rbd"


def _rbd(*writable: str) -> str:
    """Say that images may be read, and the pools called `writable` used in every way."""
    return ", ".join(
        [*(f"{_RBD} pool={pool}" for pool in writable), "profile rbd-read-only pool=images"]
    )


CAPABILITIES: Mapping[str, Mapping[str, str]] = {
    "mon.": {"mon": "allow *"},
    "client.admin": {"mds": "allow *", "mgr": "allow *", "mon": "allow *", "osd": "allow *"},
    "mgr.control": {"mds": "allow *", "mon": "allow profile mgr", "osd": "allow *"},
    "osd.0": {"mgr": "allow profile osd", "mon": "allow profile osd", "osd": "allow *"},
    "client.glance": {"mgr": _RBD, "mon": _RBD, "osd": "profile rbd pool=images"},
    "client.cinder": {
        "mgr": _RBD,
        "mon": _RBD,
        "osd": _rbd(*VOLUME_POOLS.values(), INSTANCES_POOL),
    },
    "client.nova": {
        "mgr": _RBD,
        "mon": _RBD,
        # Nova clones the disk of a server itself to make an image of it; where it may not, it
        # suspends the server until the disk is copied.
        "osd": f"{_RBD} pool={INSTANCES_POOL}, {_RBD} pool=images",
    },
}
"""What each entity may do. ``profile rbd`` includes blocklisting, which a client needs to take
over the exclusive lock of a dead one. The monitor calls itself ``mon.``."""


def cephx_key(token: str) -> str:
    """Return the cephx key that follows from a secret `token`.

    The form is that of Ceph's ``CryptoKey``: type, creation time (seconds, nanoseconds) and
    length, little endian, followed by the AES key; all of it in base64. The creation time is
    informative only and is left at zero, so that the same token always gives the same key.
    """
    secret = hashlib.sha256(b"cephx " + token.encode()).digest()[:_KEY_BYTES]
    header = struct.pack("<HIIH", _KEY_TYPE_AES, 0, 0, len(secret))
    return base64.b64encode(header + secret).decode("ascii")


def entity_key(plan: Plan, entity: str) -> str:
    """Return the key of a Ceph `entity` of this lab, for example ``client.cinder``."""
    return cephx_key(plan.secrets[f"ceph-{entity.rstrip('.').replace('.', '-')}"])


def keyring(plan: Plan, entities: Iterable[str], *, capabilities: bool = False) -> str:
    """Write a keyring file that holds the keys of `entities`.

    :param capabilities: also say what each may do; wanted only where the monitor is made.
    """
    lines = []
    for entity in entities:
        lines += [f"[{entity}]", f"\tkey = {entity_key(plan, entity)}"]
        if capabilities:
            caps = CAPABILITIES[entity].items()
            lines += [f'\tcaps {service} = "{caps_of}"' for service, caps_of in caps]
    return "\n".join([*lines, ""])


def cluster_uuid(plan: Plan) -> str:
    """Return the fsid of this lab's Ceph cluster."""
    return _uuid(plan, "fsid")


def osd_uuid(plan: Plan) -> str:
    """Return the UUID of the one OSD."""
    return _uuid(plan, "osd")


def secret_uuid(plan: Plan, user: str = "cinder") -> str:
    """Return the UUID of the libvirt secret that holds the key of ``client.<user>``.

    Cinder hands out its own with every connection; Nova uses its own for instances' disks.
    """
    if user == "cinder":
        return str(uuid.uuid5(uuid.NAMESPACE_DNS, plan.secrets["ceph-secret"]))
    return _uuid(plan, f"secret-{user}")


def _uuid(plan: Plan, purpose: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{purpose} {plan.secrets['ceph-secret']}"))
