# SPDX-License-Identifier: Apache-2.0
"""Makes the databases of a fresh cloud, as its services declare them.

Runs alone inside the lab's root file system with the services' own Python, so it imports nothing
of the lab and knows no service; what it needs to know comes as JSON in the variable LAB_TEMPLATE
(see `lab.template`). It leaves the data folder of a stopped MariaDB.
"""

import concurrent.futures
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any


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

    def stop(self) -> None:
        """Shut the server down cleanly."""
        run("mariadb-admin", "--no-defaults", f"--socket={self.socket}", "shutdown")
        self.process.wait(timeout=60)


def write(path: str, content: str) -> None:
    """Write a file, making its folder."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(content, encoding="utf-8")


def bootstrap(service: dict[str, Any], database: Database) -> None:
    """Make the schema and the first content of a service's databases."""
    begun = time.monotonic()
    name, wanted = service["name"], service["bootstrap"]
    for path, content in wanted["files"].items():
        write(path, content)
    for command in wanted["commands"]:
        run(*command, **wanted["environment"])
    if wanted["program"]:
        program = f"/tmp/bootstrap-{name}.py"
        write(program, wanted["program"])
        # -P: what lies beside a program must not hide the services' own modules.
        run(sys.executable, "-P", program, **wanted["environment"])
    if wanted["sql"]:
        database.execute(wanted["sql"])
    print(f"{name}: {time.monotonic() - begun:.1f} s")


def build(facts: dict[str, Any]) -> None:
    """Build everything, and print what took how long."""
    database = Database(facts["folder"], facts["socket"], facts["flags"])
    services = facts["services"]
    began = time.monotonic()
    database.start()
    names = (name for service in services for name in service["databases"])
    charset = facts["character_set"]
    database.execute(
        ";".join(f"CREATE DATABASE {name} CHARACTER SET {charset}" for name in names)
    )
    print(f"database: {time.monotonic() - began:.1f} s")
    # Longest first: two at a time then end together.
    services.sort(key=lambda service: -service["bootstrap"]["seconds"])
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(bootstrap, service, database) for service in services]:
            future.result()
    database.stop()
    print(f"all: {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    try:
        build(json.loads(os.environ["LAB_TEMPLATE"]))
    except BuildError as error:
        sys.exit(str(error))
