# SPDX-License-Identifier: Apache-2.0
"""The databases of a fresh cloud, made once and copied into every lab.

Knows where things lie in a root file system and in the catalogue; nothing of a lab's secrets.
"""

import gzip
import json
import os
from pathlib import Path

from lab.core.cache import Cache, digest
from lab.core.sandbox import Sandbox
from lab.model.networks import CONTROL_OCTET, MANAGEMENT
from lab.model.plan import REGION
from lab.services import cinder, mariadb
from lab.services.common import auth
from lab.template import builder

_INSIDE = "/opt/lab-builders"
_ADDRESS = f"http://{MANAGEMENT}.{CONTROL_OCTET}"

# name, type, address: what the catalogue says besides Keystone itself.
SERVICES = (
    ("glance", "image", f"{_ADDRESS}:9292"),
    ("placement", "placement", f"{_ADDRESS}:8778"),
    ("nova", "compute", f"{_ADDRESS}:8774/v2.1"),
    ("neutron", "network", f"{_ADDRESS}:9696"),
    ("cinder", "block-storage", f"{_ADDRESS}:8776/v3"),
)


def _facts() -> str:
    return json.dumps(
        {
            "folder": mariadb.FOLDER,
            "socket": mariadb.SOCKET,
            "flags": mariadb.FLAGS,
            "databases": mariadb.DATABASES,
            "identity_url": auth.IDENTITY_URL,
            "region": REGION,
            "service_project": auth.SERVICE_PROJECT,
            "service_users": auth.SERVICE_USERS,
            "services": SERVICES,
            "volume_type": (cinder.VOLUME_TYPE, cinder.BACKEND),
        },
        sort_keys=True,
    )


def _source() -> bytes:
    return Path(builder.__file__).read_bytes()


def key(lock: str) -> str:
    """Return the name of the template made from these services.

    :param lock: text of the lock file the service environment was installed from.
    """
    return digest(lock, _source(), _facts())


def build(rootfs: Path, out: Path) -> str:
    """Make the template, unless it is there already.

    :param rootfs: the lab's root file system; not changed.
    :param out: the file to make; appears only when complete.
    :returns: what took how long, for a log.
    :raises lab.core.sandbox.SandboxError: a step failed.
    """
    if out.exists():
        return ""
    script = Path(builder.__file__)
    scratch = out.with_name(f"{out.name}.scratch")
    with Sandbox(rootfs, scratch, binds={script.parent: _INSIDE}) as sandbox:
        # -P: what lies beside the script must not hide the services' own modules.
        report = sandbox.run(
            [f"{builder.BIN}/python", "-P", f"{_INSIDE}/{script.name}"],
            env={"LAB_TEMPLATE": _facts()},
            timeout=300,
        )
        packed = sandbox.run(["tar", "-C", "/", "-cz", mariadb.FOLDER.lstrip("/")])
    partial = out.with_name(f"{out.name}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(packed)
    Cache.settle(partial, out)
    return report.decode(errors="replace")


def archive(template: Path) -> bytes:
    """Return the template as a tar archive of the root of a controller that never booted yet."""
    return gzip.decompress(template.read_bytes())
