# SPDX-License-Identifier: Apache-2.0
"""The database server of the controller, reached over its socket only.

Its data folder comes from the template (`lab.template`); what is secret in it is replaced here, at
every start, by statements the server reads before it serves anyone. Which accounts and databases
there are, the services declare.
"""

import base64
import hashlib
from collections.abc import Iterable

import bcrypt

from lab.core.files import NOTHING, File, HostFiles
from lab.core.units import unit
from lab.model.plan import Host, Plan
from lab.model.service import Service
from lab.services.common.auth import password_secret

UNIT = "mariadb.service"
FOLDER = "/var/lib/lab/mariadb"
SOCKET = "/run/mysqld/mysqld.sock"

CHARACTER_SET = "utf8mb3"

# The template is built with the same, since some of them shape the files.
FLAGS = (
    "--skip-networking",
    "--skip-log-bin",
    "--skip-name-resolve",
    f"--character-set-server={CHARACTER_SET}",
    f"--collation-server={CHARACTER_SET}_general_ci",
    "--max-connections=500",
    "--performance-schema=0",
    "--key-buffer-size=1M",
    "--aria-pagecache-buffer-size=8M",
    "--innodb-buffer-pool-size=64M",
    "--innodb-log-file-size=16M",
    "--innodb-log-buffer-size=4M",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=0",
    "--innodb-use-native-aio=0",
)

_INIT = "/etc/mysql/lab-init.sql"

_REPLACE_HASH = (
    "UPDATE keystone.password JOIN keystone.local_user"
    " ON password.local_user_id = local_user.id"
    " SET password.password_hash = '{stored}'"
    " WHERE local_user.name = '{user}' AND local_user.domain_id = 'default';"
)


def database_url(plan: Plan, service: str, database: str | None = None) -> str:
    """Return the SQLAlchemy URL under which `service` reaches its `database`.

    :param database: its name, if it is not the service's.
    """
    password = plan.secrets[f"db-{service}"]
    name = database or service
    return f"mysql+pymysql://{service}:{password}@localhost/{name}?unix_socket={SOCKET}"


def bootstrap_url(database: str) -> str:
    """Return the SQLAlchemy URL of a database while the template is made: without a password."""
    return f"mysql+pymysql://root@localhost/{database}?unix_socket={SOCKET}"


def _native_hash(password: str) -> str:
    """Return the stored form of a MariaDB password (mysql_native_password)."""
    once = hashlib.sha1(password.encode(), usedforsecurity=False).digest()
    return "*" + hashlib.sha1(once, usedforsecurity=False).hexdigest().upper()


def keystone_hash(user: str, password: str) -> str:
    """Return the stored form of a Keystone password.

    bcrypt at its cheapest: the password is a random token, and every sign-in costs one round of
    hashing. The salt follows from user and password, so that rendering is repeatable.
    """
    digest = hashlib.sha256(f"{user}\0{password}".encode()).digest()[:16]
    standard = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    own = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    # bcrypt writes base64 with an alphabet of its own, and only 2 bits of the last character.
    salt = base64.b64encode(digest).rstrip(b"=").translate(bytes.maketrans(standard, own))
    return bcrypt.hashpw(password.encode(), b"$2b$04$" + salt).decode()


def init_sql(plan: Plan, services: Iterable[Service]) -> str:
    """Return the statements that put this lab's secrets into the template's data.

    One statement a line, no comments: MariaDB's rule for such a file.

    :param services: those whose databases and users are in the template.
    """
    lines = []
    users = ["admin"]
    for service in services:
        stored = _native_hash(plan.secrets[f"db-{service.name}"])
        account = f"'{service.name}'@'localhost'"
        lines.append(f"CREATE OR REPLACE USER {account} IDENTIFIED BY PASSWORD '{stored}';")
        lines += [f"GRANT ALL ON {name}.* TO {account};" for name in service.databases]
        users += [service.name] if service.user else []
    for user in users:
        stored = keystone_hash(user, plan.secrets[password_secret(user)])
        lines.append(_REPLACE_HASH.format(stored=stored, user=user))
    return "\n".join([*lines, ""])


def accounts(plan: Plan, host: Host, services: Iterable[Service]) -> HostFiles:
    """Return the statements for these services, on the controller only."""
    if host.role != "control":
        return NOTHING
    sql = init_sql(plan, services)
    return HostFiles(files=(File(_INIT, sql, mode=0o600, owner="mysql:mysql"),))


def render(plan: Plan, host: Host) -> HostFiles:
    """The server's unit, on the controller only."""
    if host.role != "control":
        return NOTHING
    command = " ".join(
        [
            "/usr/sbin/mariadbd --no-defaults",
            f"--datadir={FOLDER} --socket={SOCKET} --init-file={_INIT}",
            *FLAGS,
        ]
    )
    return HostFiles(
        files=(
            File(
                f"/etc/systemd/system/{UNIT}",
                unit(
                    "Database server",
                    command,
                    user="mysql",
                    urgent=True,
                    Type="notify",
                    RuntimeDirectory="mysqld",
                    LimitNOFILE=32768,
                ),
            ),
        ),
        units=(UNIT,),
    )
