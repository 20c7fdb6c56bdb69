# SPDX-License-Identifier: Apache-2.0
"""The rules by which the lab's switches pass nothing over a cut cable, and what stands in them.

One nftables table of the bridge family with sets of port names. A set decides by the name alone:
a host that is started again finds its cable still cut. Knows ports; nothing of hosts.
"""

import json
from collections.abc import Iterable, Sequence

from lab.core.engine import Engine
from lab.faults.fault import run

TABLE = "lab_faults"
CUT, DROPPED, APART, APART_FROM_RUNNER = "cut", "dropped", "apart", "apart_from_runner"

# The runner is the switch's own interface: what is between it and a host is not forwarded.
_RULES = f"""\
add table bridge {TABLE}
add set bridge {TABLE} {CUT} {{ type ifname; }}
add set bridge {TABLE} {DROPPED} {{ type ifname; flags timeout; }}
add set bridge {TABLE} {APART} {{ type ifname . ifname; }}
add set bridge {TABLE} {APART_FROM_RUNNER} {{ type ifname; }}
add chain bridge {TABLE} arriving {{ type filter hook prerouting priority -300; }}
add chain bridge {TABLE} leaving {{ type filter hook postrouting priority 300; }}
add chain bridge {TABLE} between {{ type filter hook forward priority 0; }}
add chain bridge {TABLE} to_runner {{ type filter hook input priority 0; }}
add chain bridge {TABLE} from_runner {{ type filter hook output priority 0; }}
flush table bridge {TABLE}
add rule bridge {TABLE} arriving iifname @{CUT} drop
add rule bridge {TABLE} arriving iifname @{DROPPED} drop
add rule bridge {TABLE} leaving oifname @{CUT} drop
add rule bridge {TABLE} leaving oifname @{DROPPED} drop
add rule bridge {TABLE} between iifname . oifname @{APART} drop
add rule bridge {TABLE} to_runner iifname @{APART_FROM_RUNNER} drop
add rule bridge {TABLE} from_runner oifname @{APART_FROM_RUNNER} drop
"""

Ports = tuple[str, ...]


def prepare(engine: Engine) -> None:
    """Lay down the rules; nothing changes if they are there."""
    run(engine, ["nft", "-f", "-"], _RULES.encode())


def add(engine: Engine, name: str, members: Iterable[Sequence[str]]) -> None:
    """Put ports, or pairs of them, into the set `name`, all at the same moment."""
    run(engine, ["nft", "-f", "-"], (_RULES + _command("add", name, members)).encode())


def remove(engine: Engine, name: str, members: Iterable[Sequence[str]]) -> None:
    """Take ports, or pairs of them, out of the set `name`."""
    run(engine, ["nft", "-f", "-"], _command("delete", name, members).encode())


def _command(verb: str, name: str, members: Iterable[Sequence[str]]) -> str:
    texts = (" . ".join(f'"{port}"' for port in member) for member in members)
    return f"{verb} element bridge {TABLE} {name} {{ {', '.join(texts)} }}\n"


def members(engine: Engine) -> dict[str, list[Ports]]:
    """Return what stands in each set now.

    :raises lab.core.outer.OuterError: the lab is not up.
    """
    done = engine.outer.run(["nft", "-j", "list", "table", "bridge", TABLE])
    # Without a fault so far there is no table.
    return read(done.stdout) if done.returncode == 0 else {}


def read(text: str | bytes) -> dict[str, list[Ports]]:
    """Return the members of each set in what ``nft -j list table`` printed."""
    sets = [item["set"] for item in json.loads(text)["nftables"] if "set" in item]
    return {each["name"]: [_ports(one) for one in each.get("elem", ())] for each in sets}


def _ports(element: object) -> Ports:
    if isinstance(element, dict):
        if "elem" in element:
            return _ports(element["elem"]["val"])
        return tuple(element["concat"])
    return (str(element),)
