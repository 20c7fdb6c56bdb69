# SPDX-License-Identifier: Apache-2.0
"""Makes the Python environment of the OpenStack services: one release, from PyPI, by a lock file.

What is made follows from this file, the lock file and the Debian it is for, and is named by a hash
of them. Indexes and proxies are the machine's own affair and are carried over unread.
"""

import shutil
import sys
from pathlib import Path
from typing import IO

from lab.core.sandbox import machine_environment, run_in_root

INSIDE = "/opt/openstack"

# Bindings to Debian's own libraries, used from the environment.
BINDINGS = ("rados", "rbd", "libvirt")

_PACKAGES = "lib/python3.11/site-packages"
_DEBIAN_PACKAGES = "usr/lib/python3/dist-packages"

_SECONDS = 1800

# What is needed to make the environment and not kept: the installer, the lock file, downloads. It
# lies inside, so that what was downloaded can be linked into its place instead of being copied.
_KIT = ".kit"

_INSTALL = f"""
cd {INSIDE}/{_KIT}
./uv venv --quiet --allow-existing --python /usr/bin/python3 {INSIDE}
./uv pip install --python {INSIDE}/bin/python --require-hashes --compile-bytecode -r lock
"""

# How this machine resolves names; a finished Debian of the lab does not know.
_NAMES = ("/etc/resolv.conf", "/etc/hosts")


class ToolError(Exception):
    """What the environment is installed with is not on this machine; says how to get it."""


def make(debian: Path, folder: Path, lock: str, log: IO[bytes]) -> None:
    """Make the environment in the empty `folder`, for the place ``INSIDE`` of a root file system.

    :param debian: a root file system with an interpreter; nothing is written to it.
    :param lock: text of the lock file (pip's format, with hashes).
    :param log: where all output goes.
    :raises lab.core.sandbox.SandboxError: a package could not be had or installed.
    :raises ToolError: there is no uv.
    """
    kit = folder / _KIT
    kit.mkdir()
    shutil.copy(_uv(), kit / "uv")
    (kit / "lock").write_text(lock)
    env = {"UV_LINK_MODE": "hardlink", "UV_CACHE_DIR": f"{INSIDE}/{_KIT}/downloads"}
    authorities = Path("/etc/ssl/certs/ca-certificates.crt")
    if authorities.exists():
        shutil.copyfile(authorities, kit / "authorities.crt")
        env["SSL_CERT_FILE"] = f"{INSIDE}/{_KIT}/authorities.crt"
    run_in_root(
        debian,
        ["sh", "-ec", _INSTALL],
        binds={folder: INSIDE} | {Path(name): name for name in _NAMES if Path(name).exists()},
        network=True,
        env={**machine_environment(), **env},
        timeout=_SECONDS,
        log=log,
    )
    shutil.rmtree(kit)


def bind(root: Path) -> None:
    """Let the environment in the root file system `root` find Debian's bindings."""
    packages = root / INSIDE.lstrip("/") / _PACKAGES
    for path in sorted((root / _DEBIAN_PACKAGES).iterdir()):
        if path.name.startswith(BINDINGS):
            (packages / path.name).symlink_to(f"/{_DEBIAN_PACKAGES}/{path.name}")


def _uv() -> Path:
    beside = Path(sys.executable).with_name("uv")
    if beside.exists():
        return beside
    found = shutil.which("uv")
    if not found:
        raise ToolError("uv is missing: pip install uv, then try again.")
    return Path(found)
