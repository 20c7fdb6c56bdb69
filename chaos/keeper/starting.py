# SPDX-License-Identifier: Apache-2.0
"""Starts the keeper of a run, so that what ends the run does not end it.

Knows the process and how passwords reach it; nothing of what it does.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from chaos import errors
from chaos.inventory import Inventory, secret

READY = "ready"

# Kept so that a keeper that ended before this process is waited for, not warned of.
_started: list[subprocess.Popen[str]] = []


def start_keeper(journal: Path, inventory: Inventory, lease_seconds: float) -> int:
    """Start the keeper of a run and return its process ID once it watches.

    It is in a session of its own, in no folder and on no terminal, so that what ends the run does
    not end it. Passwords that the hosts file takes from environment variables are handed over
    through a pipe, and are not in its environment.

    :param lease_seconds: how often it looks at the lease follows from that
    :raises chaos.errors.KeeperError: if it does not come to watch
    """
    variables = {one.env for host in inventory for one in host.secrets if one.env}
    environment = secret.environment()
    # It may find the package the way this process does, from wherever it was started.
    places = [str(Path(__file__).parents[2]), environment.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, places))
    log_path = journal.with_suffix(".keeper.log")
    try:
        with open(os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as log:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "chaos.keeper"),
                    *(str(journal), str(inventory.path.absolute()), str(lease_seconds)),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                env=environment,
                cwd="/",
                text=True,
            )
    except OSError as exc:
        raise errors.KeeperError(f"no keeper could be started: {exc.strerror}") from exc
    assert process.stdin and process.stdout
    handed = {name: os.environ[name] for name in variables if name in os.environ}
    try:
        process.stdin.write(json.dumps(handed) + "\n")
        process.stdin.close()
        said = process.stdout.readline().strip()
    except OSError:
        said = ""
    finally:
        process.stdout.close()
    if said != READY:
        process.kill()
        process.wait()
        why = said or _last_line(log_path)
        raise errors.KeeperError(
            "the keeper did not start" + (f": {why}" if why else ""),
            remedy=f"see {log_path}",
        )
    _started[:] = [one for one in _started if one.poll() is None] + [process]
    return process.pid


def _last_line(path: Path) -> str:
    lines = path.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""
