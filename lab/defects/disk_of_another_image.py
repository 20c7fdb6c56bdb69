# SPDX-License-Identifier: Apache-2.0
"""A server evacuated without shared storage gets a disk that is not its image's.

One of the image's own files has another content on it.
"""

import subprocess
import tempfile
from pathlib import Path
from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("ephemeral_disk_pristine",)
STORAGES = ("ephemeral",)


def apply() -> None:
    """Change a file on every new local disk of a server that is being rebuilt."""
    from nova.compute import manager
    from nova.virt.libvirt import driver, utils

    rebuild = manager.ComputeManager._rebuild_default_impl
    create = driver.LibvirtDriver._create_image
    evacuated = set()

    def rebuild_marked(self: Any, context: Any, instance: Any, *rest: Any, **named: Any) -> None:
        evacuated.add(instance.uuid)
        try:
            rebuild(self, context, instance, *rest, **named)
        finally:
            evacuated.discard(instance.uuid)

    def create_other(self: Any, context: Any, instance: Any, *rest: Any, **named: Any) -> Any:
        created = create(self, context, instance, *rest, **named)
        disk = Path(utils.get_instance_path(instance)) / "disk"
        if instance.uuid in evacuated and disk.exists():
            change(disk)
        return created

    manager.ComputeManager._rebuild_default_impl = rebuild_marked
    driver.LibvirtDriver._create_image = create_other


def change(disk: Path) -> None:
    """Write /etc/issue anew on a qcow2 disk that is one ext4 file system."""
    with tempfile.TemporaryDirectory(dir=disk.parent) as folder:
        raw, other, script = (Path(folder) / name for name in ("raw", "other", "script"))
        other.write_text("This is not the image you asked for.\n")
        script.write_text(f"cd /etc\nrm issue\nwrite {other} issue\n")
        for command in (
            ["qemu-img", "convert", "-O", "raw", str(disk), str(raw)],
            ["debugfs", "-w", "-f", str(script), str(raw)],
            ["qemu-img", "convert", "-O", "qcow2", str(raw), str(disk)],
        ):
            subprocess.run(command, check=True, capture_output=True)
