# SPDX-License-Identifier: Apache-2.0
"""A link that carries nothing for exactly so many milliseconds, and is whole again.

Both directions, at the switch's end of a host's cable. What it returns was measured: it says how
long the drop really was, so that what measures gaps can be held against it.
"""

import json

from lab.core import containers
from lab.faults import switch
from lab.faults.cables import cable
from lab.faults.dropper import Dropped
from lab.faults.fault import FaultError, run, run_inside
from lab.hosts.engine import LabEngine
from lab.model.plan import Host

LONGEST = 60.0  # seconds; what is to last longer is a cut
LATEST = 3600.0  # seconds until it begins
_MARGIN = 30.0  # seconds that a busy machine may take around it


def drop(
    engine: LabEngine, host: Host, network: str, seconds: float, after: float = 0.0
) -> Dropped:
    """Drop everything on a host's link for `seconds`; return once it is whole again.

    :param after: seconds from now to its beginning.
    :raises FaultError: it cannot be dropped now, or what was dropped is not what was asked for.
    """
    if not 0.001 <= seconds <= LONGEST:
        raise FaultError(
            f"A link is dropped for 1 ms to {LONGEST:.0f} s, not for {seconds * 1000:g} ms; "
            "for longer, cut it: migration-chaos lab fault cut."
        )
    if not 0 <= after <= LATEST:
        raise FaultError(f"A drop begins 0 to {LATEST:.0f} s from now, not {after:g} s.")
    link = cable(engine, host, network)
    if not engine.running(host.name):
        raise FaultError(f"{host.name} is powered off: its links carry nothing to be dropped.")
    switch.prepare(engine)
    standing = switch.members(engine)
    if (link.port,) in [*standing[switch.CUT], *standing[switch.DROPPED]]:
        raise FaultError(
            f"The {network} link of {host.name} is cut or being dropped already; "
            f"clear it first: migration-chaos lab fault clear {host.name}."
        )
    pid = run(engine, ["lxc-info", "-P", containers.LXC, "-n", host.name, "-pH"]).strip()
    wanted = {
        "table": switch.TABLE,
        "set": switch.DROPPED,
        "port": link.port,
        "bridge": link.bridge,
        "interface": link.interface,
        "mac": link.mac,
        "pid": int(pid),
        "seconds": seconds,
        "after": after,
    }
    timeout = after + seconds + _MARGIN
    said = run_inside(engine, "dropper", input=json.dumps(wanted).encode(), timeout=timeout)
    return _checked(Dropped(**json.loads(said)))


def _checked(dropped: Dropped) -> Dropped:
    if dropped.disturbed or dropped.seen is None:
        raise FaultError(
            f"The link was dropped for {dropped.length * 1000:.1f} ms, but {dropped.disturbed} of "
            f"{dropped.sent} measuring frames went otherwise: try again when the network is quiet."
        )
    return dropped
