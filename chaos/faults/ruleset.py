# SPDX-License-Identifier: Apache-2.0
"""The filter rules of a partition: a table of their own, whose name says whose it is.

Text only; runs nothing. ``netdev`` hooks see a packet before bridges and Open vSwitch's kernel
datapath on its way in, and after them on its way out, which ``inet`` hooks do not.
"""

import ipaddress
from collections.abc import Iterable, Sequence

from chaos.recovery.restore_network import FAMILIES

PRIORITY = -500


def ruleset(
    table: str, interfaces: Sequence[str], peers: Iterable[str] = (), *, egress: bool = True
) -> str:
    """Return what ``nft -f`` reads.

    :param interfaces: those that are cut, both ways
    :param peers: cut only what comes from these addresses and what goes to them
    :param egress: False for a kernel without the egress hook (before 5.16): what the host itself
        sends, or forwards, is dropped where it is routed
    """
    theirs = list(peers)
    ways = [("ingress", "saddr")] + ([("egress", "daddr")] if egress else [])
    chains = []
    for number, interface in enumerate(interfaces):
        for hook, side in ways:
            head = f'type filter hook {hook} device "{interface}" priority {PRIORITY};'
            chains.append(_chain(f"{hook}_{number}", head, _drops(side, theirs, arp=True)))
    text = _table(FAMILIES[0], table, chains)
    if not egress:
        names = ", ".join(f'"{one}"' for one in interfaces)
        drops = [f"oifname {{ {names} }} {one}" for one in _drops("daddr", theirs, arp=False)]
        chains = [
            _chain(hook, f"type filter hook {hook} priority {PRIORITY};", drops)
            for hook in ("output", "forward")
        ]
        text += _table(FAMILIES[1], table, chains)
    return text


def _drops(side: str, peers: Sequence[str], arp: bool) -> list[str]:
    if not peers:
        return ["counter drop"]
    found = []
    for version, word in ((4, "ip"), (6, "ip6")):
        theirs = [one for one in peers if ipaddress.ip_address(one).version == version]
        if theirs:
            members = "{ " + ", ".join(theirs) + " }"
            found.append(f"{word} {side} {members} counter drop")
            if arp and version == 4:
                found.append(f"arp {side} ip {members} counter drop")
    return found


def _chain(name: str, head: str, rules: Sequence[str]) -> str:
    lines = [f"    {head} policy accept;", *(f"    {rule};" for rule in rules)]
    return "\n".join([f"  chain {name} {{", *lines, "  }", ""])


def _table(family: str, name: str, chains: Sequence[str]) -> str:
    return "".join([f"table {family} {name} {{\n", *chains, "}\n"])
