# SPDX-License-Identifier: Apache-2.0
"""A throw-away copy of the lab's root file system in which builders run commands.

The copy is an overlay mounted in a mount namespace that ends with the command, so nothing stays
mounted whatever happens. Knows nothing of what is built.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

# Runs in fresh namespaces: $1 lower, $2 scratch, $3 network?, then pairs of binds, "--", command.
_ENTER = r"""
lower=$1 scratch=$2 network=$3; shift 3
root=$scratch/root
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$scratch/upper,workdir=$scratch/work" "$root"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys" 2>/dev/null || mount --rbind /sys "$root/sys"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
while [ "$1" != -- ]; do
    mkdir -p "$root$2"
    mount --rbind "$1" "$root$2"
    shift 2
done
shift
[ "$network" = yes ] || chroot "$root" ip link set lo up
exec chroot "$root" "$@"
"""

PATH = "/opt/openstack/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class SandboxError(Exception):
    """A command in the sandbox failed; the message carries the end of what it printed."""


class Sandbox:
    """A context in which commands see a private, writable copy of a root file system.

    :param rootfs: the root file system; never changed.
    :param scratch: a folder for what is written; made, and removed at the end.
    :param binds: folders of the machine to be seen inside, with the absolute path there.
    :param network: False: only a loopback of its own. True: the machine's network.
    """

    def __init__(
        self,
        rootfs: Path,
        scratch: Path,
        binds: Mapping[Path, str] | None = None,
        network: bool = False,
    ):
        self._rootfs = rootfs
        self._scratch = scratch
        self._binds = dict(binds or {})
        self._network = network

    def __enter__(self) -> "Sandbox":
        shutil.rmtree(self._scratch, ignore_errors=True)
        for name in ("upper", "work", "root"):
            (self._scratch / name).mkdir(parents=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shutil.rmtree(self._scratch, ignore_errors=True)

    def run(
        self,
        argv: Sequence[str],
        input: bytes | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = 600,
    ) -> bytes:
        """Run `argv` inside and return what it wrote to its standard output.

        Each call has namespaces of its own (its processes end with it); what it writes to the
        disk is seen by the next.

        :param env: the whole environment besides PATH, HOME and LC_ALL.
        :param timeout: seconds; then everything the command started is killed.
        :raises SandboxError: it exited with another status than 0, or took too long.
        """
        namespaces = ["--mount", "--pid", "--ipc", "--uts"]
        if not self._network:
            namespaces.append("--net")
        binds = [part for pair in self._binds.items() for part in map(str, pair)]
        command = [
            *("unshare", *namespaces, "--propagation", "private", "--fork", "--kill-child"),
            *("sh", "-ec", _ENTER, "sandbox"),
            *(str(self._rootfs), str(self._scratch), "yes" if self._network else "no"),
            *binds,
            *("--", *argv),
        ]
        environment = {"PATH": PATH, "HOME": "/root", "LC_ALL": "C.UTF-8", **(env or {})}
        try:
            done = subprocess.run(
                command,
                input=input,
                stdin=None if input is not None else subprocess.DEVNULL,
                capture_output=True,
                env=environment,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise SandboxError(f"{argv[0]} did not finish within {timeout:.0f} s.") from error
        if done.returncode:
            tail = (done.stderr or done.stdout).decode(errors="replace")[-2000:]
            raise SandboxError(f"{argv[0]} failed with status {done.returncode}:\n{tail}")
        return done.stdout


def machine_environment() -> dict[str, str]:
    """Return what this machine sets for its package clients (proxies, indexes), for a sandbox.

    Where packages come from is the machine's own affair; the lab carries it over unread.
    """
    kept = ("PIP_", "UV_", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY")
    return {key: value for key, value in os.environ.items() if key.startswith(kept)}
