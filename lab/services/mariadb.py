# SPDX-License-Identifier: Apache-2.0
"""The database server of the controller, reached over its socket only.

Its data folder comes from the template (lab/template.py); what is secret in it is replaced here,
at every start, by statements the server reads before it serves anyone.
"""

import base64
import hashlib

import bcrypt

from lab.core.files import NOTHING, File, HostFiles
from lab.core.units import unit
from lab.model.plan import Host, Plan
from lab.services.common.auth import SERVICE_USERS, password_secret

UNIT = "mariadb.service"
FOLDER = "/var/lib/lab/mariadb"
SOCKET = "/run/mysqld/mysqld.sock"

# Which databases each service owns.
DATABASES = {
    "keystone": ("keystone",),
    "placement": ("placement",),
    "glance": ("glance",),
    "nova": ("nova", "nova_api", "nova_cell0"),
    "neutron": ("neutron",),
    "cinder": ("cinder",),
}

# Of services that not every lab has: made empty at the first start.
EXTRA_DATABASES = {"masakari": ("masakari",)}

# The template is built with the same, since some of them shape the files.
FLAGS = (
    "--skip-networking",
    "--skip-log-bin",
    "--skip-name-resolve",
    "--character-set-server=utf8mb3",
    "--collation-server=utf8mb3_general_ci",
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


def init_sql(plan: Plan) -> str:
    """Return the statements that put this lab's secrets into the template's data.

    One statement a line, no comments: MariaDB's rule for such a file.
    """
    lines = []
    databases: dict[str, tuple[str, ...]] = dict(DATABASES)
    for extra in plan.choices.extras:
        databases[extra] = EXTRA_DATABASES[extra]
        lines += [
            f"CREATE DATABASE IF NOT EXISTS {name} CHARACTER SET utf8mb3;"
            for name in databases[extra]
        ]
    for service, names in databases.items():
        stored = _native_hash(plan.secrets[f"db-{service}"])
        account = f"'{service}'@'localhost'"
        lines.append(f"CREATE OR REPLACE USER {account} IDENTIFIED BY PASSWORD '{stored}';")
        lines += [f"GRANT ALL ON {name}.* TO {account};" for name in names]
    for user in ("admin", *SERVICE_USERS):
        stored = keystone_hash(user, plan.secrets[password_secret(user)])
        lines.append(_REPLACE_HASH.format(stored=stored, user=user))
    return "\n".join([*lines, ""])


def render(plan: Plan, host: Host) -> HostFiles:
    """The server's unit and its secrets, on the controller only."""
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
            File(_INIT, init_sql(plan), mode=0o600, owner="mysql:mysql"),
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
