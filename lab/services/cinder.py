# SPDX-License-Identifier: Apache-2.0
"""Cinder: volumes on Ceph's RBD, served by one volume service on the controller."""

from typing import TYPE_CHECKING, Any

from lab.core.files import NOTHING, File, HostFiles
from lab.core.ini import Value, ini
from lab.core.units import unit
from lab.model.plan import REGION, Host, Plan
from lab.model.service import Bootstrap, Endpoint, Service
from lab.services import ceph, mariadb, rabbitmq
from lab.services.common import BIN
from lab.services.common.auth import authtoken, keystone_auth, service_user
from lab.services.common.privsep import helpers
from lab.services.common.uwsgi import LEAN, api_unit

if TYPE_CHECKING:
    from lab.cloud.filling import Filling

API_UNIT = "cinder-api.service"
SCHEDULER_UNIT = "cinder-scheduler.service"
VOLUME_UNIT = "cinder-volume.service"
PORT = 8776
CEPH_USER = "cinder"
CONFIG = "/etc/cinder/cinder.conf"

# A volume type, which is called like its backend: further ones are made when the cloud is filled.
# Written as Cinder's API would: a row for the type, and one for the backend it asks for.
_MAKE_VOLUME_TYPE = """
SET @id = UUID();
INSERT INTO cinder.volume_types (id, name, is_public, created_at, updated_at, deleted)
    VALUES (@id, 'rbd', 1, UTC_TIMESTAMP(), UTC_TIMESTAMP(), 0);
INSERT INTO cinder.volume_type_extra_specs
    (volume_type_id, `key`, value, created_at, updated_at, deleted)
    VALUES (@id, 'volume_backend_name', 'rbd', UTC_TIMESTAMP(), UTC_TIMESTAMP(), 0);
"""

SERVICE = Service(
    name="cinder",
    databases=("cinder",),
    endpoint=Endpoint("block-storage", PORT, "/v3"),
    bootstrap=Bootstrap(
        files={CONFIG: ini({"database": {"connection": mariadb.bootstrap_url("cinder")}})},
        commands=((f"{BIN}/cinder-manage", "db", "sync"),),
        sql=_MAKE_VOLUME_TYPE,
        seconds=8,
    ),
)

_STATE = "/var/lib/cinder"
_SHARE = "/opt/openstack/etc/cinder"


def configuration(plan: Plan) -> dict[str, dict[str, Value]]:
    """Return cinder.conf, the same for the API, the scheduler and the volume service."""
    bus = rabbitmq.messaging(plan)
    return {
        "DEFAULT": {
            **bus.pop("DEFAULT"),
            "debug": False,
            "auth_strategy": "keystone",
            "host": plan.control.name,
            "my_ip": plan.control.mgmt,
            "state_path": _STATE,
            "api_paste_config": f"{_SHARE}/api-paste.ini",
            "resource_query_filters_file": f"{_SHARE}/resource_filters.json",
            "enabled_backends": plan.choices.backends,
            "default_volume_type": plan.choices.backends[0],
            "glance_api_servers": f"http://{plan.control.mgmt}:9292",
            # Nothing is lost by asking Ceph for its free space less often.
            "backend_stats_polling_interval": 10,
            # A scheduler that comes up after the volume service's first report of its capabilities
            # finds no place for any volume until the next one: have that soon.
            "periodic_interval": 5,
            "periodic_fuzzy_delay": 0,
            "report_interval": 5,
            "service_down_time": 60,
        },
        **bus,
        "database": {"connection": mariadb.database_url(plan, "cinder")},
        "keystone_authtoken": authtoken(plan, "cinder"),
        "service_user": service_user(plan, "cinder"),
        "nova": {**keystone_auth(plan, "nova"), "region_name": REGION},
        "coordination": {"backend_url": f"file://{_STATE}/coordination"},
        "oslo_concurrency": {"lock_path": f"{_STATE}/lock"},
        **helpers("cinder_sys_admin", "privsep_osbrick"),
        **{name: _backend(plan, name) for name in plan.choices.backends},
    }


def _backend(plan: Plan, name: str) -> dict[str, Value]:
    return {
        "volume_driver": "cinder.volume.drivers.rbd.RBDDriver",
        "volume_backend_name": name,
        "rbd_pool": ceph.VOLUME_POOLS[name],
        "rbd_user": CEPH_USER,
        "rbd_ceph_conf": "/etc/ceph/ceph.conf",
        "rbd_secret_uuid": ceph.secret_uuid(plan, CEPH_USER),
        # Nobody else writes to the pool: no need to count what is in it.
        "rbd_exclusive_cinder_pool": True,
        "report_discard_supported": True,
    }


def _daemon(description: str, program: str, after: tuple[str, ...]) -> str:
    return unit(
        description,
        f"/opt/openstack/bin/{program} --config-file {CONFIG}",
        after=after,
        wants=after,
        environment=LEAN,
        StateDirectory="cinder",
        TimeoutStopSec=10,
    )


def render(plan: Plan, host: Host) -> HostFiles:
    """Cinder's units and configuration, on the controller only."""
    if host.role != "control":
        return NOTHING
    needs = (mariadb.UNIT, rabbitmq.UNIT)
    api = api_unit(
        "Volume service: API",
        "cinder.wsgi.api",
        host.mgmt,
        PORT,
        after=(mariadb.UNIT,),
        arguments=f"--config-file {CONFIG}",
        state="cinder",
    )
    scheduler = _daemon("Volume service: scheduler", "cinder-scheduler", needs)
    volume = _daemon("Volume service: volumes", "cinder-volume", (*needs, ceph.READY_UNIT))
    return HostFiles(
        files=(
            File(CONFIG, ini(configuration(plan)), mode=0o600),
            File(f"/etc/systemd/system/{API_UNIT}", api),
            File(f"/etc/systemd/system/{SCHEDULER_UNIT}", scheduler),
            File(f"/etc/systemd/system/{VOLUME_UNIT}", volume),
        ),
        units=(API_UNIT, SCHEDULER_UNIT, VOLUME_UNIT),
    )


def populate(filling: "Filling") -> dict[str, Any]:
    """Make a volume type for each backend, and wait until volumes can be asked for."""
    # Only here is the cloud's API needed.
    from lab.cloud import volumes
    from lab.cloud.waiting import say, wait_for

    cloud, names = filling.cloud, filling.wanted["volume_types"]
    filling.answers("block storage", lambda: list(cloud.block_storage.types()))
    volumes.make_volume_types(cloud, names)
    look = volumes.VolumeServices(cloud, names).look
    wait_for("block storage services", filling.deadline, look)
    say("storage pools known")
    return {"multiattach": volumes.make_multiattach_type(cloud)}
