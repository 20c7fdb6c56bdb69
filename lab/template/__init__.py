# SPDX-License-Identifier: Apache-2.0
"""The databases of a fresh cloud, made once and copied into every lab.

What is in them is what the services declare of themselves. Knows where things lie in a root file
system; nothing of a lab's secrets: the passwords in a template are replaced by every lab.
"""

import dataclasses
import gzip
import json
import os
from collections.abc import Iterable
from pathlib import Path

from lab.core.cache import Cache, digest
from lab.core.sandbox import Sandbox
from lab.model.networks import CONTROL_OCTET, MANAGEMENT
from lab.model.plan import REGION
from lab.model.service import Service
from lab.services import mariadb
from lab.services.common import auth
from lab.template import builder

SECONDS = 300

_INSIDE = "/opt/lab-builders"
_PYTHON = "/opt/openstack/bin/python"


def _facts(services: Iterable[Service]) -> str:
    return json.dumps(
        {
            "folder": mariadb.FOLDER,
            "socket": mariadb.SOCKET,
            "flags": mariadb.FLAGS,
            "character_set": mariadb.CHARACTER_SET,
            "address": f"http://{MANAGEMENT}.{CONTROL_OCTET}",
            "region": REGION,
            "service_project": auth.SERVICE_PROJECT,
            "services": sorted(map(dataclasses.asdict, services), key=lambda each: each["name"]),
        },
        sort_keys=True,
    )


def _source() -> bytes:
    return Path(builder.__file__).read_bytes()


def key(lock: str, services: Iterable[Service]) -> str:
    """Return the name of the template made from these services.

    :param lock: text of the lock file the service environment was installed from.
    """
    return digest(lock, _source(), _facts(services))


def build(rootfs: Path, out: Path, services: Iterable[Service]) -> str:
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
        report = sandbox.run(
            [_PYTHON, "-P", f"{_INSIDE}/{script.name}"],
            env={"LAB_TEMPLATE": _facts(services)},
            timeout=SECONDS,
        )
        packed = sandbox.run(["tar", "-C", "/", "-cz", mariadb.FOLDER.lstrip("/")])
    partial = out.with_name(f"{out.name}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(packed)
    Cache.complete(partial, out)
    return report.decode(errors="replace")


def archive(template: Path) -> bytes:
    """Return the template as a tar archive of the root of a controller that never booted yet."""
    return gzip.decompress(template.read_bytes())
