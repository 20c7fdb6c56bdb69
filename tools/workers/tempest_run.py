# SPDX-License-Identifier: Apache-2.0
"""Runs tests of Tempest's own, in the lab's network: started by `migration-chaos lab exec`.

Reads what to do as JSON from standard input and leaves a test stream, a log and the tempest.conf
it used in a folder. It knows a cloud by its public API only; which hosts take servers while the
tests run, and which are in no availability zone, it sets first and puts back at the end.
"""

import configparser
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openstack
import openstack.connection
import tempest

STREAM = "results.subunit"
OUTPUT = "output.txt"
BIN = Path(sys.executable).parent


def tempest_conf(source: Path, folder: Path, options: dict[str, dict[str, Any]]) -> Path:
    """Write tempest.conf of the run: `source`, with `options` in place of what it says."""
    parser = configparser.RawConfigParser()
    parser.read(source)
    extra = {"DEFAULT": {"log_file": str(folder / "tempest.log"), "debug": True}}
    for section, values in (options | extra).items():
        if section != "DEFAULT" and not parser.has_section(section):
            parser.add_section(section)
        for key, value in values.items():
            parser.set(section, key, str(value))
    path = folder / "tempest.conf"
    with path.open("w") as stream:
        os.chmod(path, 0o600)
        parser.write(stream)
    return path


def let_in(cloud: openstack.connection.Connection, hosts: list[str]) -> None:
    """Let these compute hosts take servers, and no others."""
    for service in cloud.compute.services(binary="nova-compute"):
        if service.host in hosts:
            cloud.compute.enable_service(service)
        else:
            cloud.compute.disable_service(service, disabled_reason="left out of these tests")


@contextmanager
def without_zone(cloud: openstack.connection.Connection, hosts: list[str]) -> Iterator[None]:
    """Take hosts out of their availability zones for a while."""
    taken = [
        (aggregate, host)
        for aggregate in cloud.compute.aggregates()
        if aggregate.availability_zone
        for host in hosts
        if host in (aggregate.hosts or [])
    ]
    for aggregate, host in taken:
        cloud.compute.remove_host_from_aggregate(aggregate, host)
    try:
        yield
    finally:
        for aggregate, host in taken:
            cloud.compute.add_host_to_aggregate(aggregate, host)


def stestr(folder: Path, *words: str, output: str) -> int:
    """Run stestr in `folder`, over the tests of the installed Tempest."""
    top = Path(tempest.__file__).parent
    (folder / ".stestr.conf").write_text(
        "[DEFAULT]\n"
        f"test_path={top / 'test_discover'}\n"
        f"top_dir={top.parent}\n"
        # Tests of one class share what it set up.
        "group_regex=([^\\.]*\\.)*\n"
    )
    with (folder / output).open("wb") as stream:
        return subprocess.run(
            [BIN / "stestr", *words],
            cwd=folder,
            env={**os.environ, "TEMPEST_CONFIG_DIR": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode


def main() -> int:
    """Run the tests; 0 if they ran, however they ended."""
    wanted = json.load(sys.stdin)
    folder = Path(wanted["folder"])
    tempest_conf(Path(wanted["tempest_conf"]), folder, wanted["options"])
    cloud = openstack.connect()
    every = [host.host for host in cloud.compute.services(binary="nova-compute")]
    let_in(cloud, wanted["hosts"])
    try:
        with without_zone(cloud, wanted["unzoned"]):
            workers = ("--concurrency", str(wanted["workers"]))
            stestr(folder, "run", *workers, *wanted["tests"], output=OUTPUT)
    finally:
        # Some tests leave hosts disabled behind.
        let_in(cloud, every)
    return stestr(folder, "last", "--subunit", output=STREAM) & 2


if __name__ == "__main__":
    sys.exit(main())
