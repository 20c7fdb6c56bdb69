# SPDX-License-Identifier: Apache-2.0
"""Keystone: the identity service, and the keys it signs and encrypts with.

Users, roles and the catalogue come with the database's template: `register` makes them there.
"""

import base64
import hashlib
from pathlib import Path

from lab.core.files import NOTHING, File, HostFiles
from lab.core.ini import Value, ini
from lab.model.plan import REGION, Host, Plan
from lab.model.service import Bootstrap, Service
from lab.services import mariadb, memcached
from lab.services.common import BIN
from lab.services.common.auth import IDENTITY_URL, MEMCACHED
from lab.services.common.uwsgi import api_unit
from lab.services.keystone import register

UNIT = "keystone.service"
PORT = 5000
CONFIG = "/etc/keystone/keystone.conf"

# Its own bootstrap makes its user and its endpoint.
SERVICE = Service(
    name="keystone",
    databases=("keystone",),
    user=False,
    bootstrap=Bootstrap(
        files={
            CONFIG: ini(
                {
                    "database": {"connection": mariadb.bootstrap_url("keystone")},
                    "identity": {"password_hash_rounds": 4},
                    "cache": {"enabled": True, "backend": "dogpile.cache.memory"},
                }
            )
        },
        commands=(
            (f"{BIN}/keystone-manage", "db_sync"),
            (
                *(f"{BIN}/keystone-manage", "fernet_setup"),
                *("--keystone-user", "root", "--keystone-group", "root"),
            ),
            (
                *(f"{BIN}/keystone-manage", "bootstrap", "--bootstrap-region-id", REGION),
                *(
                    word
                    for interface in ("public", "internal", "admin")
                    for word in (f"--bootstrap-{interface}-url", IDENTITY_URL)
                ),
            ),
        ),
        environment={"OS_BOOTSTRAP_PASSWORD": register.PLACEHOLDER},
        program=Path(register.__file__).read_text(encoding="utf-8"),
        seconds=20,
    ),
)

# Keystone complains about key folders that others can look into.
_CLOSED = """\
z /etc/keystone/fernet-keys 0700 root root
z /etc/keystone/credential-keys 0700 root root
"""


def fernet_key(secret: str) -> str:
    """Return the Fernet key that follows from a secret: 32 bytes in URL-safe base64."""
    return base64.urlsafe_b64encode(hashlib.sha256(secret.encode()).digest()).decode()


def _keys(plan: Plan, kind: str) -> tuple[File, ...]:
    # 0 is the key to come, the highest number the one in use.
    return tuple(
        File(f"/etc/keystone/{kind}-keys/{number}", fernet_key(plan.secrets[f"{kind}-{number}"]),
             mode=0o600)
        for number in (0, 1)
    )  # fmt: skip


def configuration(plan: Plan) -> dict[str, dict[str, Value]]:
    """Return keystone.conf."""
    return {
        "DEFAULT": {"debug": False},
        "database": {"connection": mariadb.database_url(plan, "keystone")},
        "identity": {
            # The suite makes users and signs in all the time; hashing dear passwords for long is
            # of no use where they are thrown away.
            "password_hash_rounds": 4,
            # What bcrypt takes; with more allowed, Keystone warns at every sign-in.
            "max_password_length": 72,
        },
        "token": {"provider": "fernet", "expiration": 86400},
        "cache": {
            "enabled": True,
            "backend": "dogpile.cache.memcached",
            "memcache_servers": MEMCACHED,
            "expiration_time": 600,
        },
        "oslo_messaging_notifications": {"driver": "noop"},
    }


def render(plan: Plan, host: Host) -> HostFiles:
    """Keystone's unit, configuration and keys, on the controller only."""
    if host.role != "control":
        return NOTHING
    service = api_unit(
        "Identity service",
        "keystone.wsgi.api",
        host.mgmt,
        PORT,
        after=(mariadb.UNIT, memcached.UNIT),
    )
    return HostFiles(
        files=(
            File(CONFIG, ini(configuration(plan)), mode=0o600),
            *_keys(plan, "fernet"),
            *_keys(plan, "credential"),
            File("/etc/tmpfiles.d/lab-keystone.conf", _CLOSED),
            File(f"/etc/systemd/system/{UNIT}", service),
        ),
        units=(UNIT,),
    )
