# SPDX-License-Identifier: Apache-2.0
"""A host's power switch, as its BMC and the engine press it. Runs in the lab's namespaces.

``python -m lab.core.power on|off|shutdown|restart|status HOST``; standard library
only. Knows the container engine and nothing of what runs on a host.
"""

import subprocess
import sys
import time

from lab.core import disk

LXC = "/lab/self/lxc"
SECONDS = 20


def _engine(tool: str, host: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [f"lxc-{tool}", "-P", LXC, "-n", host, *options],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def is_on(host: str) -> bool:
    """Whether the host has power: anything but a container that has stopped."""
    return "STOPPED" not in _engine("info", host, "-sH").stdout


def turn_on(host: str) -> str:
    """Start the host; nothing happens if it is on. Return why it did not start, or nothing."""
    end = time.monotonic() + SECONDS
    while not is_on(host):
        # A host that just died counts as off before its disk has been cut off. Started now, it
        # would run on the old mount, and lose it a moment later.
        if not disk.was_cut(host) and time.monotonic() < end:
            time.sleep(0.02)
            continue
        done = _engine("start", host, "-d")
        if done.returncode == 0:
            break
        # A host that just died may still be being removed by the engine.
        if time.monotonic() > end:
            return done.stderr
        time.sleep(0.1)
    return ""


def turn_off(host: str) -> str:
    """Cut the host's power; nothing happens if it is off. Return what failed, or nothing."""
    end = time.monotonic() + SECONDS
    while is_on(host):
        done = _engine("stop", host, "-k")
        if time.monotonic() > end:
            return done.stderr or "it is still on"
    return ""


def ask(host: str, *options: str) -> str:
    """Ask the host's system to end in order; does not wait. Return what failed, or nothing."""
    done = _engine("stop", host, "--nowait", "--nokill", *options) if is_on(host) else None
    return done.stderr if done and done.returncode else ""


def shut_down(host: str) -> str:
    """Ask the host to shut down, as its power button does."""
    return ask(host)


def restart(host: str) -> str:
    """Ask the host to restart, as its keyboard does."""
    return ask(host, "--reboot")


def main() -> int:
    """Do what the command line says."""
    action, host = sys.argv[1:]
    if action == "status":
        print("on" if is_on(host) else "off")
        return 0
    actions = {"on": turn_on, "off": turn_off, "shutdown": shut_down, "restart": restart}
    failure = actions[action](host)
    print(failure, file=sys.stderr, end="")
    return 1 if failure else 0


if __name__ == "__main__":
    sys.exit(main())
