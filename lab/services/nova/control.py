# SPDX-License-Identifier: Apache-2.0
"""Nova on the controller: API, metadata, conductor, scheduler.

What the compute hosts share with it stands in `common`; what only they have, in `compute`.
"""

from lab.core.files import NOTHING, File, HostFiles
from lab.core.ini import Value, ini
from lab.core.units import unit
from lab.model import differences
from lab.model.plan import Host, Plan
from lab.services import mariadb, rabbitmq
from lab.services.common.auth import MEMCACHED, authtoken
from lab.services.common.uwsgi import LEAN, api_unit
from lab.services.nova.common import CONFIG, common

API_UNIT = "nova-api.service"
METADATA_UNIT = "nova-metadata.service"
CONDUCTOR_UNIT = "nova-conductor.service"
SCHEDULER_UNIT = "nova-scheduler.service"
PORT = 8774
METADATA_PORT = 8775
METADATA_SECRET = "metadata"  # noqa: S105 - the name of a secret

_PASTE = "/opt/openstack/etc/nova/api-paste.ini"

# Flavors find their kind of storage by the aggregate's properties; zones need no filter.
FILTERS = (
    "ComputeFilter",
    "ComputeCapabilitiesFilter",
    "ImagePropertiesFilter",
    "ServerGroupAntiAffinityFilter",
    "ServerGroupAffinityFilter",
    "SameHostFilter",
    "DifferentHostFilter",
    "AggregateInstanceExtraSpecsFilter",
)


def configuration(plan: Plan) -> dict[str, dict[str, Value]]:
    """Return the controller's nova.conf."""
    sections = common(plan)
    sections["DEFAULT"] |= {"my_ip": plan.control.mgmt, "host": plan.control.name}
    sections["neutron"] |= {
        "service_metadata_proxy": True,
        "metadata_proxy_shared_secret": plan.secrets[METADATA_SECRET],
    }
    sections |= {
        "database": {"connection": mariadb.database_url(plan, "nova")},
        "api_database": {"connection": mariadb.database_url(plan, "nova", "nova_api")},
        "keystone_authtoken": authtoken(plan, "nova"),
        "cache": {
            "enabled": True,
            "backend": "dogpile.cache.memcached",
            "memcache_servers": MEMCACHED,
        },
        "conductor": {"workers": 1},
        "scheduler": {"workers": 1, "discover_hosts_in_cells_interval": 2},
        "filter_scheduler": {"enabled_filters": FILTERS},
        "vnc": {"enabled": False},
        # A whole host's servers, and what else is there: more than a project has by default.
        "quota": {"instances": 40, "cores": 40},
    }
    if plan.choices.driver == "fake":
        # Hundreds of servers are what such a lab is for.
        sections["quota"] = {"instances": -1, "cores": -1, "ram": -1}
    return differences.of(plan.choices.release).fit("nova", sections)


def _daemon(description: str, program: str) -> str:
    needs = (mariadb.UNIT, rabbitmq.UNIT)
    return unit(
        description,
        f"/opt/openstack/bin/{program} --config-file {CONFIG}",
        after=needs,
        wants=needs,
        environment=LEAN,
        StateDirectory="nova",
        TimeoutStopSec=10,
    )


def render(plan: Plan, host: Host) -> HostFiles:
    """The units and configuration of Nova's control plane, on the controller only."""
    if host.role != "control":
        return NOTHING
    # Both lie outside one folder; os.path.join keeps absolute names as they are.
    environment = {
        "OS_NOVA_CONFIG_FILES": f"{_PASTE};{CONFIG}",
        **differences.of(plan.choices.release).environment.get("nova", {}),
    }
    api = api_unit(
        "Compute service: API",
        "nova.wsgi.osapi_compute",
        host.mgmt,
        PORT,
        after=(mariadb.UNIT,),
        environment=environment,
        threads=6,
        state="nova",
    )
    metadata = api_unit(
        "Compute service: metadata",
        "nova.wsgi.metadata",
        host.mgmt,
        METADATA_PORT,
        after=(mariadb.UNIT,),
        environment=environment,
        threads=2,
        state="nova",
    )
    units = {
        API_UNIT: api,
        METADATA_UNIT: metadata,
        CONDUCTOR_UNIT: _daemon("Compute service: conductor", "nova-conductor"),
        SCHEDULER_UNIT: _daemon("Compute service: scheduler", "nova-scheduler"),
    }
    files = [File(f"/etc/systemd/system/{name}", text) for name, text in units.items()]
    return HostFiles(
        files=(File(CONFIG, ini(configuration(plan)), mode=0o600), *files),
        units=tuple(units),
    )
