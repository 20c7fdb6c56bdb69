# SPDX-License-Identifier: Apache-2.0
"""Makes the databases of a fresh cloud: schemas, cells, service users, catalogue.

Runs alone inside the lab's root file system with the services' own Python, so it imports nothing
of the lab; what it needs to know comes as JSON in the variable LAB_TEMPLATE. It leaves the data
folder of a stopped MariaDB; its passwords are placeholders, which every lab replaces.
"""

import concurrent.futures
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PLACEHOLDER = "placeholder"
BIN = "/opt/openstack/bin"
POPULATE = "populate"

# What Cinder's API would write: a row for the type, and one for the backend it asks for.
MAKE_VOLUME_TYPE = """
SET @id = UUID();
INSERT INTO cinder.volume_types (id, name, is_public, created_at, updated_at, deleted)
    VALUES (@id, '{name}', 1, UTC_TIMESTAMP(), UTC_TIMESTAMP(), 0);
INSERT INTO cinder.volume_type_extra_specs
    (volume_type_id, `key`, value, created_at, updated_at, deleted)
    VALUES (@id, 'volume_backend_name', '{backend}', UTC_TIMESTAMP(), UTC_TIMESTAMP(), 0);
"""


class BuildError(Exception):
    """A command of the build failed; the message carries the end of its output."""


def run(*argv: str, **environment: str) -> None:
    """Run `argv` quietly; `environment` is added to this process's own."""
    done = subprocess.run(
        argv,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode:
        tail = done.stdout.decode(errors="replace")[-3000:]
        raise BuildError(f"{' '.join(argv)} failed with status {done.returncode}:\n{tail}")


def write(path: str, content: str) -> None:
    """Write a configuration file, making its folder."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(content, encoding="utf-8")


class Database:
    """A MariaDB of the build's own, without users and without network."""

    def __init__(self, folder: str, socket: str, flags: list[str]):
        self.folder = folder
        self.socket = socket
        self.flags = flags

    def start(self) -> None:
        """Make the data folder, start the server and wait until it answers."""
        Path(self.folder).mkdir(parents=True)
        Path(self.socket).parent.mkdir(parents=True, exist_ok=True)
        for folder in (Path(self.folder), Path(self.socket).parent):
            shutil.chown(folder, "mysql", "mysql")
        run(
            "mariadb-install-db",
            "--no-defaults",
            "--user=mysql",
            f"--datadir={self.folder}",
            "--skip-test-db",
            "--auth-root-authentication-method=socket",
            *[flag for flag in self.flags if flag.startswith("--innodb")],
        )
        log = Path(self.folder).with_suffix(".log").open("wb")
        # Outlives this method on purpose: stop() ends it.
        self.process = subprocess.Popen(
            [
                "mariadbd",
                "--no-defaults",
                "--user=mysql",
                f"--datadir={self.folder}",
                f"--socket={self.socket}",
                "--skip-grant-tables",
                *self.flags,
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        deadline = time.monotonic() + 30
        while not Path(self.socket).exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                said = Path(log.name).read_text(errors="replace")[-2000:]
                raise BuildError(f"MariaDB did not start within 30 s:\n{said}")
            time.sleep(0.1)

    def execute(self, sql: str) -> None:
        """Run SQL statements."""
        run("mariadb", "--no-defaults", f"--socket={self.socket}", "-e", sql)

    def url(self, name: str) -> str:
        """Return SQLAlchemy's address of the database called `name`."""
        return f"mysql+pymysql://root@localhost/{name}?unix_socket={self.socket}"

    def stop(self) -> None:
        """Shut the server down cleanly."""
        run("mariadb-admin", "--no-defaults", f"--socket={self.socket}", "shutdown")
        self.process.wait(timeout=60)


def configure(database: Database) -> None:
    """Write what the schema tools read: little more than where the database is."""
    for service in ("placement", "glance", "cinder"):
        section = "placement_database" if service == "placement" else "database"
        name = f"/etc/{service}/{service}{'-api' if service == 'glance' else ''}.conf"
        write(name, f"[{section}]\nconnection = {database.url(service)}\n")
    write(
        "/etc/neutron/neutron.conf",
        "[DEFAULT]\ncore_plugin = ml2\nservice_plugins = ovn-router\n"
        f"[database]\nconnection = {database.url('neutron')}\n",
    )
    write(
        "/etc/nova/nova.conf",
        "[DEFAULT]\ntransport_url = rabbit://user:secret@bus:5672/\n"
        f"[database]\nconnection = {database.url('nova')}\n"
        f"[api_database]\nconnection = {database.url('nova_api')}\n",
    )
    write(
        "/etc/keystone/keystone.conf",
        f"[database]\nconnection = {database.url('keystone')}\n"
        "[identity]\npassword_hash_rounds = 4\n"
        "[cache]\nenabled = true\nbackend = dogpile.cache.memory\n",
    )


def nova(_: dict[str, Any]) -> None:
    """Nova's three databases and its two cells.

    The cells' addresses are templates that every service fills in from its own configuration, so
    they hold neither a password nor a lab's address.
    """
    base = "{scheme}://{username}:{password}@{hostname}"
    run(f"{BIN}/nova-manage", "api_db", "sync")
    run(
        *(f"{BIN}/nova-manage", "cell_v2", "map_cell0"),
        *("--database_connection", f"{base}/nova_cell0?{{query}}"),
    )
    run(f"{BIN}/nova-manage", "db", "sync")
    run(
        *(f"{BIN}/nova-manage", "cell_v2", "create_cell", "--name", "cell1"),
        *("--database_connection", f"{base}/{{path}}?{{query}}"),
        *("--transport-url", f"{base}:{{port}}/"),
    )


def keystone(facts: dict[str, Any]) -> None:
    """Keystone's schema, its first user, the service users and the catalogue."""
    keys = Path("/etc/keystone/fernet-keys")
    run(f"{BIN}/keystone-manage", "db_sync")
    run(
        *(f"{BIN}/keystone-manage", "fernet_setup"),
        *("--keystone-user", "root", "--keystone-group", "root"),
    )
    identity = facts["identity_url"]
    run(
        *(f"{BIN}/keystone-manage", "bootstrap", "--bootstrap-region-id", facts["region"]),
        *("--bootstrap-public-url", identity, "--bootstrap-internal-url", identity),
        *("--bootstrap-admin-url", identity),
        OS_BOOTSTRAP_PASSWORD=PLACEHOLDER,
    )
    # In a process of its own: Keystone's application patches the threads of the one it is in.
    run(sys.executable, "-P", __file__, POPULATE)
    shutil.rmtree(keys)


def populate(facts: dict[str, Any]) -> None:
    """Ask Keystone's own application, in this process, for users, roles and endpoints."""
    # It reads the command line as its own.
    del sys.argv[1:]
    from keystone.wsgi.api import application
    from werkzeug.test import Client

    client = Client(application)
    headers: dict[str, str] = {}

    def ask(method: str, path: str, body: Any = None) -> Any:
        answer = client.open(f"/v3{path}", method=method, json=body, headers=headers)
        if answer.status_code >= 400:
            raise BuildError(f"Keystone answered {answer.status} to {path}: {answer.text}")
        if "X-Subject-Token" in answer.headers:
            headers["X-Auth-Token"] = answer.headers["X-Subject-Token"]
        return answer.json if answer.data else None

    def make(kind: str, body: dict[str, Any]) -> str:
        return str(ask("POST", f"/{kind}s", {kind: body})[kind]["id"])

    user = {"name": "admin", "domain": {"id": "default"}, "password": PLACEHOLDER}
    ask(
        "POST",
        "/auth/tokens",
        {
            "auth": {
                "identity": {"methods": ["password"], "password": {"user": user}},
                "scope": {"project": {"name": "admin", "domain": {"id": "default"}}},
            }
        },
    )
    roles = {role["name"]: role["id"] for role in ask("GET", "/roles")["roles"]}
    project = make("project", {"name": facts["service_project"], "domain_id": "default"})
    for name in facts["service_users"]:
        made = make("user", {"name": name, "domain_id": "default", "password": PLACEHOLDER})
        for role in ("admin", "service"):
            ask("PUT", f"/projects/{project}/users/{made}/roles/{roles[role]}")
    for name, kind, url in facts["services"]:
        service = make("service", {"name": name, "type": kind})
        for interface in ("public", "internal"):
            make(
                "endpoint",
                {
                    "service_id": service,
                    "interface": interface,
                    "region_id": facts["region"],
                    "url": url,
                },
            )


def neutron(_: dict[str, Any]) -> None:
    """Neutron's schema."""
    run(f"{BIN}/neutron-db-manage", "upgrade", "heads")


def cinder(facts: dict[str, Any]) -> None:
    """Cinder's schema and the volume type that is the default in its configuration."""
    run(f"{BIN}/cinder-manage", "db", "sync")
    name, backend = facts["volume_type"]
    database = Database(facts["folder"], facts["socket"], facts["flags"])
    database.execute(MAKE_VOLUME_TYPE.format(name=name, backend=backend))


def glance(_: dict[str, Any]) -> None:
    """Glance's schema."""
    run(f"{BIN}/glance-manage", "db_sync")


def placement(_: dict[str, Any]) -> None:
    """Placement's schema."""
    run(f"{BIN}/placement-manage", "db", "sync")


# Longest first: two at a time then end together.
TASKS = (keystone, nova, neutron, cinder, glance, placement)


def build(facts: dict[str, Any]) -> None:
    """Build everything, and tell what took how long."""
    database = Database(facts["folder"], facts["socket"], facts["flags"])
    began = time.monotonic()
    database.start()
    databases = (name for names in facts["databases"].values() for name in names)
    database.execute(
        ";".join(f"CREATE DATABASE {name} CHARACTER SET utf8mb3" for name in databases)
    )
    configure(database)
    print(f"database: {time.monotonic() - began:.1f} s")

    def timed(task: Callable[[dict[str, Any]], None]) -> None:
        start = time.monotonic()
        task(facts)
        print(f"{task.__name__}: {time.monotonic() - start:.1f} s")

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(timed, task) for task in TASKS]:
            future.result()
    database.stop()
    print(f"all: {time.monotonic() - began:.1f} s")


def main() -> None:
    """Build, or do the part that wants a process of its own."""
    facts = json.loads(os.environ["LAB_TEMPLATE"])
    if sys.argv[1:] == [POPULATE]:
        populate(facts)
    else:
        build(facts)


if __name__ == "__main__":
    try:
        main()
    except BuildError as error:
        sys.exit(str(error))
