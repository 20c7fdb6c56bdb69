# SPDX-License-Identifier: Apache-2.0
"""How an API of the lab is served: one process, a few threads, plain HTTP.

Knows nothing of the applications but their modules' names.
"""

from collections.abc import Mapping, Sequence

from lab.core.units import unit
from lab.services import collector

# One thread waits while another imports, so a few are needed even where nobody calls twice.
THREADS = 4

_OPTIONS = (
    "--enable-threads",
    "--single-interpreter",
    # An application that fails to load ends the process: systemd then tries again.
    "--need-app",
    "--die-on-term",
    "--buffer-size=65535",
    "--http-chunked-input",
    # Nova and Cinder send Glance an image in chunks of 1 MiB: with their frame, more than uWSGI
    # takes by default. It waits 4 s for one, which a reader of a busy disk may need.
    f"--chunked-input-limit={4 << 20}",
    "--chunked-input-timeout=60",
    # Without it clients keep connections open that no thread is left to serve.
    '--add-header="Connection: close"',
    # Every service logs its requests itself.
    "--disable-logging",
)


def api_unit(
    description: str,
    module: str,
    address: str,
    port: int,
    *,
    after: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    arguments: str = "",
    threads: int = THREADS,
    state: str = "",
) -> str:
    """Write the unit of an API.

    :param module: Python module that holds ``application``.
    :param address: where to listen.
    :param after: units it is ordered after and wants.
    :param arguments: command line the application finds in ``sys.argv``.
    :param state: its folder below /var/lib, made at start.
    """
    command = [
        "/opt/openstack/bin/uwsgi",
        f"--http-socket={address}:{port}",
        f"--module={module}:application",
        f"--threads={threads}",
        *_OPTIONS,
    ]
    if arguments:
        command.append(f'--pyargv="{arguments}"')
    return unit(
        description,
        " ".join(command),
        after=after,
        wants=after,
        environment={**LEAN, **(environment or {})},
        TimeoutStopSec=5,
        StateDirectory=state,
    )


LEAN = {
    **collector.ENVIRONMENT,
    # Threads with an arena each keep memory that none of them uses.
    "MALLOC_ARENA_MAX": "2",
}
"""Environment of every Python service of the controller."""
