# SPDX-License-Identifier: Apache-2.0
"""A QEMU in front of QEMU: starts guests whose network card offloads no checksums.

The userspace datapath of Open vSwitch 3.1 carries packets between hosts as they are: one whose
checksum a guest left to its "hardware" arrives broken, and TCP to any guest with a stock virtio
driver times out. With the device's offloads off, the guest computes checksums itself; images
stay unmodified, and live migration works because all hosts have the same device.

Where the lab's fault "lose" holds, guests' disks are made to lose besides; see `qemu_losing`.
Knows QEMU's options; libvirt merely finds it first in its search path.
"""

from pathlib import Path

from lab.core.files import NOTHING, File, HostFiles
from lab.model.plan import Host, Plan

FOLDER = "/usr/local/lib/lab/qemu"
BINARY = "qemu-system-x86_64"

LOSING = "/etc/lab/disks-lose"
"""While this file is there, disks of guests that start lose what they acknowledged."""

_LOSER = "/usr/local/lib/lab/qemu-losing"

OFFLOADS = ("csum", "gso", "host_tso4", "host_tso6", "host_ecn", "host_ufo", "host_uso")


def _script() -> str:
    flags = " ".join(f"-global virtio-net-pci.{name}=off" for name in OFFLOADS)
    return (
        "#!/bin/sh\n"
        "loser=\n"
        "# The userspace datapath fills in no checksums: guests must do it themselves.\n"
        f"[ ! -e {LOSING} ] || loser={_LOSER}\n"
        f'exec $loser /usr/bin/{BINARY} "$@" {flags}\n'
    )


def render(plan: Plan, host: Host) -> HostFiles:
    """Return the wrapper, on compute hosts."""
    if not host.guests:
        return NOTHING
    loser = Path(__file__).with_name("qemu_losing.py").read_text()
    return HostFiles(
        files=(
            File(f"{FOLDER}/{BINARY}", _script(), mode=0o755),
            File(_LOSER, loser, mode=0o755),
        )
    )
