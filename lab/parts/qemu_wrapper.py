# SPDX-License-Identifier: Apache-2.0
"""A QEMU in front of QEMU: starts guests whose network card offloads no checksums.

The userspace datapath of Open vSwitch 3.1 carries packets between hosts as they are: one whose
checksum a guest left to its "hardware" arrives broken, and TCP to any guest with a stock virtio
driver times out. With the device's offloads off, the guest computes checksums itself; images
stay unmodified, and live migration works because all hosts have the same device.

Knows QEMU's options; libvirt merely finds it first in its search path.
"""

from lab.plan import Host, Plan
from lab.render import NOTHING, File, HostFiles

FOLDER = "/usr/local/lib/lab/qemu"
BINARY = "qemu-system-x86_64"

OFFLOADS = ("csum", "gso", "host_tso4", "host_tso6", "host_ecn", "host_ufo", "host_uso")


def _script() -> str:
    flags = " ".join(f"-global virtio-net-pci.{name}=off" for name in OFFLOADS)
    return (
        "#!/bin/sh\n"
        "# The userspace datapath fills in no checksums: guests must do it themselves.\n"
        f'exec /usr/bin/{BINARY} "$@" {flags}\n'
    )


def render(plan: Plan, host: Host) -> HostFiles:
    """Return the wrapper, on compute hosts."""
    if host.role != "compute":
        return NOTHING
    return HostFiles(files=(File(f"{FOLDER}/{BINARY}", _script(), mode=0o755),))
