# SPDX-License-Identifier: Apache-2.0
"""Running a builder's commands in a root file system, or in a throw-away copy of one.

The copy is an overlay. All mounts are made in a mount namespace that ends with the command, so
nothing stays mounted whatever happens. Knows nothing of what is built.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

from lab.core import processes

# Runs in fresh namespaces: $1 root, $2 overlay options or nothing, $3 network?, then pairs of
# binds, "--", command.
_ENTER = r"""
root=$1 overlay=$2 network=$3; shift 3
[ -z "$overlay" ] || mount -t overlay overlay -o "$overlay" "$root"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys" 2>/dev/null || mount --rbind /sys "$root/sys"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
while [ "$1" != -- ]; do
    [ -e "$root$2" ] || mkdir -p "$root$2"
    mount --rbind "$1" "$root$2"
    shift 2
done
shift
[ "$network" = yes ] || chroot "$root" ip link set lo up
exec chroot "$root" "$@"
"""

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# Before a command line: what it starts is killed when the thread that waits for it ends, be it by
# an error elsewhere or with the whole process.
ENDS_WITH_US = ("setpriv", "--pdeathsig", "KILL", "--")


class SandboxError(Exception):
    """A command in the sandbox failed; the message carries the end of what it printed."""


def run_in_root(
    root: Path,
    argv: Sequence[str],
    *,
    overlay: str = "",
    binds: Mapping[Path, str] | None = None,
    network: bool = False,
    input: bytes | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 600,
    log: IO[bytes] | None = None,
) -> bytes:
    """Run `argv` with `root` as its root file system and return its standard output.

    Each call has mount, pid, ipc and uts namespaces of its own: its processes and mounts end
    with it.

    :param overlay: mount options of an overlay to be mounted on `root` first.
    :param binds: folders of the machine to be seen inside, with the absolute path there; or files,
        in the place of files that are there.
    :param network: False: only a loopback of its own. True: the machine's network.
    :param env: the whole environment besides PATH, HOME and LC_ALL.
    :param timeout: seconds; then everything the command started is killed.
    :param log: where all output goes instead; the result is then empty.
    :raises SandboxError: it exited with another status than 0, or took too long.
    """
    enter = [
        *("sh", "-ec", _ENTER, "sandbox", str(root), overlay, "yes" if network else "no"),
        *(part for pair in (binds or {}).items() for part in map(str, pair)),
        *("--", *argv),
    ]
    command = alone(enter, "--ipc", "--uts", *([] if network else ["--net"]))
    try:
        done: subprocess.CompletedProcess[bytes] = subprocess.run(
            command,
            input=input or b"",
            stdout=log or subprocess.PIPE,
            stderr=log or subprocess.PIPE,
            env={"PATH": PATH, "HOME": "/root", "LC_ALL": "C.UTF-8", **(env or {})},
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SandboxError(f"{argv[0]} did not finish within {timeout:.0f} s.") from error
    if done.returncode:
        tail = (done.stderr or done.stdout or b"").decode(errors="replace")[-2000:]
        raise SandboxError(f"{argv[0]} failed with status {done.returncode}:\n{tail}")
    return done.stdout or b""


def alone(argv: Sequence[str], *namespaces: str) -> list[str]:
    """Return the command line that runs `argv` in mount and pid namespaces of its own.

    When whoever started it dies, of SIGKILL too, everything it started dies as well, and all it
    mounted is gone: nothing goes on writing where the next attempt begins.

    :param namespaces: further ones, as options of unshare.
    """
    return [
        *("env", f"{processes.MAKER}={processes.maker()}"),
        *(*ENDS_WITH_US, "unshare", "--mount", "--pid", *namespaces),
        *("--propagation", "private", "--fork", "--kill-child", *argv),
    ]


class Sandbox:
    """A context in which commands see a private, writable copy of a root file system.

    What one command writes to the disk is seen by the next.

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
        """Run `argv` inside; parameters, result and errors are those of `run_in_root`."""
        layers = {"lowerdir": self._rootfs, "upperdir": self._scratch / "upper"}
        layers["workdir"] = self._scratch / "work"
        return run_in_root(
            self._scratch / "root",
            argv,
            overlay=",".join(f"{key}={value}" for key, value in layers.items()),
            binds=self._binds,
            network=self._network,
            input=input,
            env=env,
            timeout=timeout,
        )


def machine_environment() -> dict[str, str]:
    """Return what this machine sets for its package clients (proxies, indexes), for a sandbox.

    Where packages come from is the machine's own affair; the lab carries it over unread.
    """
    kept = ("PIP_", "UV_", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY")
    return {key: value for key, value in os.environ.items() if key.startswith(kept)}
