# SPDX-License-Identifier: Apache-2.0
"""A host's power switch, as its BMC and the engine press it. Runs in the lab's namespaces.

``python -m lab.core.power on|off|status HOST``; standard library only. Knows the container engine
and nothing of what runs on a host.
"""

import subprocess
import sys
import time

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
        done = _engine("start", host, "-d")
        if done.returncode == 0:
            break
        # A host that just died may still be being buried by the engine, its disk being cut off.
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


def main() -> int:
    """Do what the command line says."""
    action, host = sys.argv[1:]
    if action == "status":
        print("on" if is_on(host) else "off")
        return 0
    failure = {"on": turn_on, "off": turn_off}[action](host)
    print(failure, file=sys.stderr, end="")
    return 1 if failure else 0


if __name__ == "__main__":
    sys.exit(main())
