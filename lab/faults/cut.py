# SPDX-License-Identifier: Apache-2.0
"""A cut cable: between a host and a network, or only between two hosts on a network.

Both directions at once, and nothing else on the network is disturbed. It stays cut over the
host's power cycles until it is cleared.
"""

from collections.abc import Iterator, Sequence

from lab.core.engine import RUNNER
from lab.faults import switch
from lab.faults.cables import Cable, cable, cables
from lab.faults.fault import Fault, FaultError
from lab.hosts.engine import LabEngine
from lab.model.plan import Host

KIND = "cut"


def cut(
    engine: LabEngine, host: Host, networks: Sequence[str] = (), other: str | None = None
) -> list[Fault]:
    """Cut a host off networks, all at the same moment; nothing happens to those cut already.

    :param networks: by name; none: all the host has (and, with `other`, that one too).
    :param other: cut only what is between the two: another host's name, or ``runner``.
    :raises FaultError: there is no such link.
    """
    wanted = networks or [each.network for each in cables(engine, host)]
    links = [cable(engine, host, network) for network in dict.fromkeys(wanted)]
    if other is None:
        switch.add(engine, switch.CUT, [(link.port,) for link in links])
    elif other == RUNNER:
        switch.add(engine, switch.APART_FROM_RUNNER, [(link.port,) for link in links])
    else:
        ends = _far_ends(engine, links, other, all_wanted=bool(networks))
        links = [link for link in links if link.network in ends]
        pairs = [(link.port, ends[link.network]) for link in links]
        switch.add(engine, switch.APART, [*pairs, *(pair[::-1] for pair in pairs)])
    return [_fault(link, other or "") for link in links]


def _far_ends(
    engine: LabEngine, links: Sequence[Cable], other: str, all_wanted: bool
) -> dict[str, str]:
    peer = engine.plan.host(other)
    if peer in [link.host for link in links]:
        raise FaultError(f"{other} cannot be cut from itself; name another host, or no --from.")
    there = {each.network: each.port for each in cables(engine, peer)}
    ends = {}
    for link in links:
        if link.network in there:
            ends[link.network] = there[link.network]
        elif all_wanted:
            raise FaultError(f"{other} has no link to the network {link.network!r}.")
    return ends


def _fault(link: Cable, other: str) -> Fault:
    what = f"{link.network} from {other}" if other else link.network
    return Fault(KIND, link.host.name, what, link.network, other)


def found(engine: LabEngine) -> Iterator[Fault]:
    """Return every cable that is cut now."""
    members = switch.members(engine)
    links = {link.port: link for host in engine.plan.hosts for link in cables(engine, host)}
    for (port,) in members.get(switch.CUT, ()):
        yield _fault(links[port], "")
    for (port,) in members.get(switch.APART_FROM_RUNNER, ()):
        yield _fault(links[port], RUNNER)
    for one, two in members.get(switch.APART, ()):
        # Each pair stands there both ways round.
        if links[one].host.index < links[two].host.index:
            yield _fault(links[one], links[two].host.name)


def clear(engine: LabEngine, fault: Fault) -> None:
    """Undo one cut."""
    link = cable(engine, engine.plan.host(fault.host), fault.network)
    if not fault.other:
        switch.remove(engine, switch.CUT, [(link.port,)])
    elif fault.other == RUNNER:
        switch.remove(engine, switch.APART_FROM_RUNNER, [(link.port,)])
    else:
        end = cable(engine, engine.plan.host(fault.other), fault.network).port
        switch.remove(engine, switch.APART, [(link.port, end), (end, link.port)])
