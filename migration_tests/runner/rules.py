# SPDX-License-Identifier: Apache-2.0
"""What the cloud knows against disturbing a host: others' servers, controllers, no room elsewhere.

Each rule refuses with one sentence that names it and says how to allow what it forbids. The same
rules choose the host and are asked again by the fault itself, the moment before anything is
touched. A cloud that cannot be asked refuses too. May not know: what is done to the host.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial

from chaos.guard import HostRule
from chaos.inventory import Host
from migration_tests.cloud.errors import CloudError
from migration_tests.cloud.questions import Cloud
from migration_tests.runner.room import Need, amounts_text, first_without_place


@dataclass(frozen=True)
class Allowed:
    """What may be disturbed in spite of a rule.

    :ivar with_other_servers: names of hosts
    :ivar with_controllers: names of hosts
    :ivar without_room: any host
    """

    with_other_servers: frozenset[str] = frozenset()
    with_controllers: frozenset[str] = frozenset()
    without_room: bool = False


def rules(
    cloud: Cloud,
    allowed: Allowed,
    own: Callable[[], Collection[str]],
    *,
    refuse_unasked: bool = True,
) -> tuple[HostRule, ...]:
    """Return the cloud's rules, for :class:`chaos.guard.Guard`.

    :param own: returns the servers of the scenario itself
    :param refuse_unasked: refuse when the cloud cannot be asked; else its error is raised
    """
    every = (foreign_servers, controllers, no_room)
    if refuse_unasked:
        return tuple(partial(_asked, rule, cloud, allowed, own) for rule in every)
    return tuple(partial(rule, cloud, allowed, own) for rule in every)


Own = Callable[[], Collection[str]]
Rule = Callable[[Cloud, Allowed, Own, Host], str | None]


def _asked(rule: Rule, cloud: Cloud, allowed: Allowed, own: Own, host: Host) -> str | None:
    try:
        return rule(cloud, allowed, own, host)
    except CloudError as error:
        return (
            f"Whether {host.name} may be disturbed is not known ({error}): see that the cloud's "
            "API answers."
        )


def foreign_servers(cloud: Cloud, allowed: Allowed, own: Own, host: Host) -> str | None:
    """Refuse a host with servers of others: nobody would evacuate them."""
    if host.name in allowed.with_other_servers:
        return None
    others = sorted(set(cloud.server_ids_on(host.name)) - set(own()))
    if not others:
        return None
    return (
        f"{len(others)} server(s) that are not the suite's own run on {host.name} "
        f"({', '.join(others[:3])}{', ...' if others[3:] else ''}): move them away, or name the "
        "host in [migration_chaos] hosts_with_other_servers if their loss is agreed on."
    )


def controllers(cloud: Cloud, allowed: Allowed, own: Own, host: Host) -> str | None:
    """Refuse a host that the cloud is controlled from: it could not rescue anything."""
    if host.name in allowed.with_controllers:
        return None
    found = cloud.controllers_on(host.name)
    if not found:
        return None
    return (
        f"{host.name} also runs {', '.join(found)}, services that control the cloud: name the "
        "host in [migration_chaos] hosts_with_controllers if the cloud has others of them."
    )


def no_room(cloud: Cloud, allowed: Allowed, own: Own, host: Host) -> str | None:
    """Refuse a host whose servers would find no place on the others."""
    if allowed.without_room:
        return None
    usable = {service.host for service in cloud.services() if service.usable} - {host.name}
    if not usable:
        return (
            f"No other compute host is up and enabled, so what runs on {host.name} could go "
            "nowhere: bring another one up, or set [migration_chaos] check_room = false."
        )
    mine = set(own()) & set(cloud.server_ids_on(host.name))
    needs = [Need(cloud.allocations(server).get(host.name, {})) for server in sorted(mine)]
    if not needs:
        return None
    room = {name: free for name, free in cloud.room().items() if name in usable}
    lost = first_without_place(needs, room)
    if lost is None:
        return None
    free = "; ".join(f"{name} {amounts_text(room[name])}" for name in sorted(room))
    return (
        f"The other compute hosts have no room for what runs on {host.name} "
        f"({amounts_text(lost.amounts)} fits nowhere; free: {free}): make room, or set "
        "[migration_chaos] check_room = false."
    )
