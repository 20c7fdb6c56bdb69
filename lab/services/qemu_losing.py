#!/usr/bin/python3 -S
# SPDX-License-Identifier: Apache-2.0
"""Becomes QEMU with disks that acknowledge a guest's flush and do not pass it on.

Runs on a compute host in QEMU's place while the lab's fault "lose" holds there; standard library
only. A disk in a file stays in the host's memory until the host writes it out by itself, which
takes it half a minute. A disk on RBD stays in librbd's cache in this process: without further
settings librbd would write through until the first flush, which never comes, and within a second
after that. Either memory is gone when the host loses its power. A guest that is stopped in order
loses nothing.
"""

import json
import os
import sys

CEPH = "/etc/ceph/ceph.conf"
LOSING_CEPH = "/run/lab-losing-ceph.conf"

# So large and so late that nothing is written before the image is closed: a disk that has kept
# some writes and lost others in between would not only lose but be damaged.
_CACHE = """
[client]
rbd_cache = true
rbd_cache_policy = writeback
rbd_cache_writethrough_until_flush = false
rbd_cache_size = 268435456
rbd_cache_max_dirty = 234881024
rbd_cache_target_dirty = 201326592
rbd_cache_max_dirty_age = 31536000
rbd_cache_max_dirty_object = 4096
"""


def losing(argv: list[str], rbd_conf: str) -> list[str]:
    """Return QEMU's arguments with flushes of all writable disks left out.

    :param rbd_conf: the configuration for disks on RBD.
    """
    changed = list(argv)
    for index, option in enumerate(argv[:-1]):
        if option != "-blockdev":
            continue
        device = json.loads(argv[index + 1])
        if device.get("read-only"):
            continue
        device["cache"] = {"direct": False, "no-flush": True}
        if device.get("driver") == "rbd":
            device["conf"] = rbd_conf
        changed[index + 1] = json.dumps(device)
    return changed


def main() -> None:
    """Become the command in the first argument."""
    if os.path.exists(CEPH):
        with open(CEPH, encoding="utf-8") as plain, open(
            f"{LOSING_CEPH}.{os.getpid()}", "w", encoding="utf-8"
        ) as conf:
            conf.write(plain.read() + _CACHE)
        os.rename(conf.name, LOSING_CEPH)
    os.execv(sys.argv[1], losing(sys.argv[1:], LOSING_CEPH))


if __name__ == "__main__":
    main()
