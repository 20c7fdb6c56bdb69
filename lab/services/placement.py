# SPDX-License-Identifier: Apache-2.0
"""Placement: which host has what, and who uses it."""

from lab.core.files import NOTHING, File, HostFiles
from lab.core.ini import Value, ini
from lab.model.plan import Host, Plan
from lab.model.service import Bootstrap, Endpoint, Service
from lab.services import mariadb
from lab.services.common import BIN
from lab.services.common.auth import authtoken
from lab.services.common.uwsgi import api_unit

UNIT = "placement.service"
PORT = 8778
CONFIG = "/etc/placement/placement.conf"

SERVICE = Service(
    name="placement",
    databases=("placement",),
    endpoint=Endpoint("placement", PORT),
    bootstrap=Bootstrap(
        files={
            CONFIG: ini(
                {"placement_database": {"connection": mariadb.bootstrap_url("placement")}}
            )
        },
        commands=((f"{BIN}/placement-manage", "db", "sync"),),
    ),
)


def configuration(plan: Plan) -> dict[str, dict[str, Value]]:
    """Return placement.conf."""
    return {
        "DEFAULT": {"debug": False},
        "api": {"auth_strategy": "keystone"},
        "placement_database": {"connection": mariadb.database_url(plan, "placement")},
        "keystone_authtoken": authtoken(plan, "placement"),
    }


def render(plan: Plan, host: Host) -> HostFiles:
    """Placement's unit and configuration, on the controller only."""
    if host.role != "control":
        return NOTHING
    service = api_unit(
        "Placement service", "placement.wsgi.api", host.mgmt, PORT, after=(mariadb.UNIT,)
    )
    return HostFiles(
        files=(
            File(CONFIG, ini(configuration(plan)), mode=0o600),
            File(f"/etc/systemd/system/{UNIT}", service),
        ),
        units=(UNIT,),
    )
