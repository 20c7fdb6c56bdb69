# SPDX-License-Identifier: Apache-2.0
"""All services of the lab, found in this folder: nobody has to list them.

A module here is a part of the lab if it has ``render(plan, host)``, and a service of the cloud if
it has ``SERVICE``, what it declares of itself; then it may have ``populate(filling)`` too. Knows
no service but the database server, which has to let all others in.
"""

import dataclasses
import graphlib
import importlib
import pkgutil
from collections.abc import Callable, Collection, Iterator, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

from lab import services
from lab.core.files import HostFiles
from lab.model.plan import Host, Plan
from lab.model.service import Service
from lab.services import mariadb

if TYPE_CHECKING:
    from lab.cloud.filling import Filling


@dataclasses.dataclass(frozen=True)
class Population:
    """How a service fills in what a fresh cloud lacks of it.

    :param name: of the service.
    :param after: names of those that have to be done before.
    """

    name: str
    populate: "Callable[[Filling], Mapping[str, Any]]"
    after: tuple[str, ...]


def _modules() -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(services.__path__, f"{services.__name__}."):
        if found.name != __name__:
            yield importlib.import_module(found.name)


MODULES = tuple(_modules())


def declared(extras: Collection[str]) -> tuple[Service, ...]:
    """Return what the services of a lab declare of themselves.

    :param extras: names of services that not every lab has, as chosen.
    """
    found = (module.SERVICE for module in MODULES if hasattr(module, "SERVICE"))
    return tuple(service for service in found if not service.extra or service.name in extras)


def render(plan: Plan, host: Host) -> list[HostFiles]:
    """Return what each service wants on a host."""
    wanted = [module.render(plan, host) for module in MODULES if hasattr(module, "render")]
    return [*wanted, mariadb.accounts(plan, host, declared(plan.choices.extras))]


def populations(extras: Collection[str]) -> list[Population]:
    """Return how the services of a lab fill in theirs, each after those that it needs.

    :param extras: names of services that not every lab has, as chosen.
    """
    there = {service.name: service for service in declared(extras)}
    found = {
        module.SERVICE.name: Population(
            module.SERVICE.name, module.populate, module.SERVICE.after
        )
        for module in MODULES
        if hasattr(module, "populate") and module.SERVICE.name in there
    }
    graph = {name: population.after for name, population in found.items()}
    return [found[name] for name in graphlib.TopologicalSorter(graph).static_order()]
