# SPDX-License-Identifier: Apache-2.0
"""What a service of the cloud declares of itself: its user, databases, endpoint and bootstrap.

Plain data, because the databases are made by a program that runs alone with the services' own
Python (`lab.template.builder`) and is given this as JSON. Each service has its declaration in its
own file, as ``SERVICE``; `lab.services.all` finds them. Knows no service.
"""

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """Where a service's API answers on the controller, as the catalogue says.

    :param kind: type of the service: ``image``, ``compute``, ...
    :param path: what follows address and port.
    """

    kind: str
    port: int
    path: str = ""


@dataclasses.dataclass(frozen=True)
class Bootstrap:
    """How a service's databases get their schema and first content, before it ever runs.

    It happens in a throw-away copy of the root file system, beside a database server without
    passwords; nothing but the databases is kept.

    :param files: configuration that the commands read, text by path.
    :param commands: argument lists, run one after another.
    :param environment: of the commands.
    :param program: text of a Python program that is run last, by the services' own Python.
    :param sql: statements to be run after that.
    :param seconds: how long all this takes, roughly; what takes longest begins first.
    """

    files: Mapping[str, str] = dataclasses.field(default_factory=dict)
    commands: tuple[tuple[str, ...], ...] = ()
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    program: str = ""
    sql: str = ""
    seconds: int = 1


@dataclasses.dataclass(frozen=True)
class Service:
    """A service that the cloud's catalogue or database knows.

    :param name: its account at the database, its user in Keystone, its name in the catalogue.
    :param databases: those it owns.
    :param user: whether it has a user in Keystone, with the roles ``admin`` and ``service``.
    :param endpoint: None if no catalogue entry is to be made for it.
    :param extra: only labs that chose it by its name have it.
    :param after: names of services that must have filled in theirs before this one does.
    """

    name: str
    databases: tuple[str, ...]
    bootstrap: Bootstrap
    user: bool = True
    endpoint: Endpoint | None = None
    extra: bool = False
    after: tuple[str, ...] = ()
