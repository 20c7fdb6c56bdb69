# SPDX-License-Identifier: Apache-2.0
"""Commands of the lab's root file system that can be used from outside it.

What the suite and Tempest call besides Python need not be installed on the machine: it is run
from the root file system, with the libraries there.
"""

from pathlib import Path

COMMANDS = ("ipmitool", "ping")

_LIBRARIES = "usr/lib/x86_64-linux-gnu"


def write(rootfs: Path, folder: Path) -> None:
    """Write a launcher for each command into `folder`."""
    folder.mkdir(exist_ok=True)
    libraries = rootfs / _LIBRARIES
    for command in COMMANDS:
        launcher = folder / command
        launcher.write_text(
            "#!/bin/sh\n"
            f"exec '{libraries}/ld-linux-x86-64.so.2' --library-path '{libraries}' "
            f"'{rootfs}/usr/bin/{command}' \"$@\"\n"
        )
        launcher.chmod(0o755)
