# SPDX-License-Identifier: Apache-2.0
"""Commands of the lab's root file system that can be used from outside it.

What the suite and Tempest call besides Python need not be installed on the machine: it is run
from the root file system, with the libraries there.
"""

from collections.abc import Iterable
from pathlib import Path

COMMANDS = ("ipmitool", "ping")
# What harms a host's network, for tests that harm one of their own.
FOR_TESTS = (*COMMANDS, "nft", "ip", "tc", "pgrep")

_LIBRARIES = "usr/lib/x86_64-linux-gnu"


def write(rootfs: Path, folder: Path, commands: Iterable[str] = COMMANDS) -> None:
    """Write a launcher for each command into `folder`."""
    folder.mkdir(exist_ok=True)
    libraries = rootfs / _LIBRARIES
    for command in commands:
        places = (rootfs / "usr" / place / command for place in ("bin", "sbin"))
        program = next(path for path in places if path.exists())
        launcher = folder / command
        launcher.write_text(
            "#!/bin/sh\n"
            f"exec '{libraries}/ld-linux-x86-64.so.2' --library-path '{libraries}' "
            f"'{program}' \"$@\"\n"
        )
        launcher.chmod(0o755)
