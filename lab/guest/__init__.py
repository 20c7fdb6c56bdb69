# SPDX-License-Identifier: Apache-2.0
"""Builds the lab's guest image: a Debian kernel, busybox and an SSH server, on a 40 MiB disk.

The image is made from Debian packages in a throw-away copy of the lab's root file system, by the
script ``make-image`` beside this file; ``root/`` holds the files of the guest's own. Knows nothing
of OpenStack beyond where a guest finds its metadata.
"""

import os
import shutil
from pathlib import Path

from lab.core.cache import Cache, digest
from lab.core.sandbox import Sandbox, SandboxError, machine_environment

IMAGE = "guest.img"
LOGIN = "root"
"""The user that the server's key pair lets in."""

BUILD_SECONDS = 300

_HERE = Path(__file__).parent


class GuestError(Exception):
    """The image could not be built; the message says what failed and what to try."""


def sources() -> tuple[Path, ...]:
    """Return the files the image is made from besides Debian's packages, in a fixed order."""
    return tuple(
        path
        for path in sorted(_HERE.rglob("*"))
        if path.is_file() and path.suffix not in (".py", ".pyc")
    )


def key(base_key: str) -> str:
    """Return the name of the image made from the Debian that is called `base_key`."""
    inputs: list[str | bytes] = [base_key]
    for path in sources():
        inputs += [str(path.relative_to(_HERE)), path.read_bytes()]
    return digest(*inputs)


def build(rootfs: Path, out_dir: Path) -> Path:
    """Return the raw image ``guest.img`` in `out_dir`, built now if it is not there.

    :param rootfs: the lab's root file system; it is not changed.
    :param out_dir: appears only when the image in it is complete.
    :raises GuestError: a package could not be fetched, or a tool failed.
    """
    image = out_dir / IMAGE
    if image.exists():
        return image
    partial = out_dir.with_name(f"{out_dir.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    binds = {_HERE: "/guest", partial: "/out"}
    try:
        with Sandbox(rootfs, partial.with_suffix(".scratch"), binds, network=True) as sandbox:
            _give_names(sandbox)
            argv = ["sh", "/guest/make-image", "/guest", "/out"]
            sandbox.run(argv, env=machine_environment(), timeout=BUILD_SECONDS)
    except SandboxError as error:
        raise GuestError(
            f"The guest image could not be built: {error}\n"
            "It needs a few packages of the Debian mirror; check that the mirror can be reached."
        ) from error
    shutil.rmtree(out_dir, ignore_errors=True)
    Cache.complete(partial, out_dir)
    return image


def _give_names(sandbox: Sandbox) -> None:
    """Let the sandbox resolve names as this machine does: the lab's own hosts must not."""
    for path in ("/etc/resolv.conf", "/etc/hosts"):
        if os.path.exists(path):
            sandbox.run(["sh", "-c", f"cat > {path}"], input=Path(path).read_bytes())
