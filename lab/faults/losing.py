# SPDX-License-Identifier: Apache-2.0
"""Disks that acknowledge and lose: what a guest has synced is gone when its host loses power.

A switch on the host's disk, which the host's QEMU wrapper looks for whenever it starts a guest
(`lab.services.qemu_losing` says what it does then). So it holds for guests that are started, moved
or resumed there afterwards; those that run keep honest disks, and those started under it keep
losing ones until they are started anew.
"""

from collections.abc import Iterator

from lab.core import containers
from lab.core.engine import CommandError
from lab.core.files import File
from lab.faults.fault import Fault, FaultError, run
from lab.hosts.engine import LabEngine
from lab.model.plan import Host
from lab.services.qemu_wrapper import LOSING

KIND = "lose"

_WHAT = "writes of guests started since, at a power cut"
_TEXT = "Guests that start here lose what they have synced when this host loses its power.\n"


def lose(engine: LabEngine, host: Host) -> Fault:
    """Let the disks of all guests that start on the host from now on lose.

    :raises FaultError: the host has no guests' disks.
    """
    if not host.guests:
        raise FaultError(f"{host.name} runs no guests whose disks could lose anything.")
    if host.store == "dir":
        raise FaultError(
            f"Guests of {host.name} keep their disks in a folder that does not die with it, so"
            " they would lose nothing: choose a host with disks of its own."
        )
    if engine.running(host.name):
        folder = LOSING.rpartition("/")[0]
        script = f"mkdir -p {folder} && cat > {LOSING} && sync -f {LOSING}"
        _on(engine, host.name, script, _TEXT.encode())
    else:
        data = containers.archive([File(LOSING, _TEXT)], {})
        containers.unpack(engine.outer, host.name, data)
    return Fault(KIND, host.name, _WHAT)


def _on(engine: LabEngine, host: str, script: str, input: bytes = b"") -> None:
    try:
        engine.execute(host, ["sh", "-ec", script], input)
    except CommandError as error:
        raise FaultError(f"The switch for losing disks cannot be set: {error}") from error


def _switch(host: str) -> str:
    return f"{containers.DISKS}/{host}/upper{LOSING}"


def found(engine: LabEngine) -> Iterator[Fault]:
    """Return every host that lets new guests' disks lose."""
    switches = {_switch(host.name): host.name for host in engine.plan.computes}
    there = run(engine, ["sh", "-c", 'for f; do [ -f "$f" ] && echo "$f"; done; :', "", *switches])
    for path in there.decode().split():
        yield Fault(KIND, switches[path], _WHAT)


def clear(engine: LabEngine, fault: Fault) -> None:
    """Give guests that start on the host from now on honest disks again."""
    if engine.running(fault.host):
        folder = LOSING.rpartition("/")[0]
        _on(engine, fault.host, f"rm -f {LOSING}; sync -f {folder}")
    else:
        run(engine, ["rm", "-f", _switch(fault.host)])
