# SPDX-License-Identifier: Apache-2.0
"""Nova: API, conductor and scheduler (`control`), nova-compute on compute hosts (`compute`)."""

from typing import TYPE_CHECKING, Any

from lab.core.files import HostFiles
from lab.core.ini import ini
from lab.model.plan import Host, Plan
from lab.model.service import Bootstrap, Endpoint, Service
from lab.services import mariadb
from lab.services.common import BIN
from lab.services.nova import common, compute, control

if TYPE_CHECKING:
    from lab.cloud.filling import Filling

# The cells' addresses are templates that every service fills in from its own configuration, so
# they hold neither a password nor a lab's address.
_CELL = "{scheme}://{username}:{password}@{hostname}"

SERVICE = Service(
    name="nova",
    databases=("nova", "nova_api", "nova_cell0"),
    endpoint=Endpoint("compute", control.PORT, "/v2.1"),
    bootstrap=Bootstrap(
        files={
            common.CONFIG: ini(
                {
                    "DEFAULT": {"transport_url": "rabbit://user:secret@bus:5672/"},
                    "database": {"connection": mariadb.bootstrap_url("nova")},
                    "api_database": {"connection": mariadb.bootstrap_url("nova_api")},
                }
            )
        },
        commands=(
            (f"{BIN}/nova-manage", "api_db", "sync"),
            (
                *(f"{BIN}/nova-manage", "cell_v2", "map_cell0"),
                *("--database_connection", f"{_CELL}/nova_cell0?{{query}}"),
            ),
            (f"{BIN}/nova-manage", "db", "sync"),
            (
                *(f"{BIN}/nova-manage", "cell_v2", "create_cell", "--name", "cell1"),
                *("--database_connection", f"{_CELL}/{{path}}?{{query}}"),
                *("--transport-url", f"{_CELL}:{{port}}/"),
            ),
        ),
        seconds=16,
    ),
)


def render(plan: Plan, host: Host) -> HostFiles:
    """Return what Nova wants on a host."""
    part = control if host.role == "control" else compute
    return part.render(plan, host)


def populate(filling: "Filling") -> dict[str, Any]:
    """Make flavors, and put each compute host into its zone and its storage aggregate."""
    # Only here is the cloud's API needed.
    from lab.cloud import compute as api

    cloud = filling.cloud
    filling.answers("compute", lambda: list(cloud.compute.flavors(limit=1)))
    api.make_flavors(cloud, sorted({host["kind"] for host in filling.hosts}))
    api.group_hosts(cloud, filling.hosts, filling.deadline)
    return {}
