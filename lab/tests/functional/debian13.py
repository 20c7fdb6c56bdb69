# SPDX-License-Identifier: Apache-2.0
"""Another machine than Debian 12: a Debian 13 made here, in which the checkout is set up and used.

It has its own root file system, Python, tools and processes; kernel, network and devices are this
machine's. Nothing of the lab's is handed to it: it builds everything itself.

``python -m lab.tests.functional.debian13 FILE... -- COMMAND...`` makes one, gives it the files, in
the folder that is named to the command as ``$GIVEN``, runs the command there and removes it again.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from lab.core.cache import Cache
from lab.rootfs import debian
from lab.tests.functional.commands import WrongError

SUITE = "trixie"
CHECKOUT = "/root/checkout"
NAME = "elsewhere"
GIVEN = "/root/given"  # what was handed to it

# What a bare machine has and a chroot has not.
PACKAGES = "ca-certificates,procps,iproute2,mount,util-linux,python3"

# What says where this machine gets its packages from.
CARRIED = ("/etc/pip.conf", "/etc/ssl/certs/ca-certificates.crt")

# $1 the root, then the command.
_ENTER = r"""
root=$1; shift
mount --bind "$root" "$root"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
cp /etc/resolv.conf /etc/hosts "$root/etc/"
cd "$root"
pivot_root . mnt
exec chroot . sh -ec 'umount -l /mnt; cd "$0"; exec "$@"' "$CHECKOUT" "$@"
"""

_BOOT = f"lab exec --name {NAME} -- .venv/bin/python -m lab.tests.functional.servers boot there"


def make(root: Path, checkout: Path) -> None:
    """Make the machine in the folder `root`, with a fresh clone of the checkout.

    :raises WrongError: it cannot be made.
    """
    mirror = debian._machine_mirror()
    command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(root)]
    command += [mirror] if mirror else []
    apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", *command]
    _run(apart)
    for path in map(Path, CARRIED):
        place = root / str(path).lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            shutil.copyfile(path, place)
    for path in Path("/etc/apt/apt.conf.d").iterdir():
        lines = path.read_text(errors="replace").splitlines()
        kept = [line for line in lines if line.startswith("Acquire::")]
        (root / str(path).lstrip("/")).write_text("\n".join([*kept, ""]))
    _run(["git", "clone", "--quiet", "--no-local", str(checkout), str(root) + CHECKOUT])


def use(root: Path, hosts: int = 1) -> None:
    """Set the checkout up there, bring a lab up, boot a server in it, take the lab down.

    :raises WrongError: one of these failed.
    """
    command = ".venv/bin/migration-chaos"
    inside(root, ["./run", "setup"])
    try:
        inside(root, [command, "lab", "up", "--name", NAME, "--computes", str(hosts)])
        inside(root, [command, *_BOOT.split()])
    finally:
        inside(root, [command, "lab", "down", "--name", NAME])


def inside(root: Path, argv: Sequence[str]) -> str:
    """Run a command in the checkout on that machine; return what it printed.

    :raises WrongError: it failed.
    """
    # No pid namespace: a lab is to outlive the command that made it.
    apart = ["unshare", "--mount", "--ipc", "--uts", "--propagation", "private"]
    within = ["env", f"CHECKOUT={CHECKOUT}", "sh", "-ec", _ENTER, "sh", str(root)]
    return _run([*apart, *within, *argv])


def _run(argv: Sequence[str]) -> str:
    done = subprocess.run(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise WrongError(f"{argv[-1]} ended with {done.returncode}: {done.stdout[-2500:]}")
    return done.stdout


def main() -> int:
    """Do what the command line says; return the command's exit status, 1 without a machine."""
    files, command = sys.argv[1:], []
    if "--" in files:
        command = files[files.index("--") + 1 :]
        files = files[: files.index("--")]
    cache = Cache().folder
    cache.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="debian13-", dir=cache))
    root = scratch / "root"
    try:
        make(root, Path(__file__).resolve().parents[3])
        given = root / GIVEN.lstrip("/")
        given.mkdir()
        for path in files:
            shutil.copy(path, given)
        print(inside(root, ("env", f"GIVEN={GIVEN}", *command)), end="")
    except WrongError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
