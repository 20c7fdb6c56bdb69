# SPDX-License-Identifier: Apache-2.0
"""Glance: images, kept in Ceph so that disks made from them are copy-on-write clones."""

from lab.core.files import NOTHING, File, HostFiles
from lab.core.ini import Value, ini
from lab.model.plan import Host, Plan
from lab.services import mariadb
from lab.services.common.auth import authtoken
from lab.services.common.uwsgi import api_unit

UNIT = "glance-api.service"
PORT = 9292
POOL = "images"
CEPH_USER = "glance"
CONFIG = "/etc/glance/glance-api.conf"

_STORE = "rbd"
_STATE = "/var/lib/glance"
_PASTE = "/opt/openstack/etc/glance/glance-api-paste.ini"


def configuration(plan: Plan) -> dict[str, dict[str, Value]]:
    """Return glance-api.conf."""
    return {
        "DEFAULT": {
            "debug": False,
            "enabled_backends": f"{_STORE}:rbd",
            # Nova and Cinder clone an image only where they are told which one it is in Ceph.
            "show_image_direct_url": True,
            "show_multiple_locations": True,
            "enabled_import_methods": "[glance-direct]",
            "worker_self_reference_url": f"http://{plan.control.mgmt}:{PORT}",
        },
        "database": {"connection": mariadb.database_url(plan, "glance")},
        "keystone_authtoken": authtoken(plan, "glance"),
        "paste_deploy": {"flavor": "keystone", "config_file": _PASTE},
        "glance_store": {"default_backend": _STORE},
        _STORE: {
            "rbd_store_pool": POOL,
            "rbd_store_user": CEPH_USER,
            "rbd_store_ceph_conf": "/etc/ceph/ceph.conf",
            "rbd_store_chunk_size": 4,
        },
        "os_glance_staging_store": {"filesystem_store_datadir": f"{_STATE}/staging"},
        "os_glance_tasks_store": {"filesystem_store_datadir": f"{_STATE}/tasks"},
        "oslo_concurrency": {"lock_path": f"{_STATE}/lock"},
        "oslo_messaging_notifications": {"driver": "noop"},
    }


def render(plan: Plan, host: Host) -> HostFiles:
    """Glance's unit and configuration, on the controller only."""
    if host.role != "control":
        return NOTHING
    service = api_unit(
        "Image service",
        "glance.wsgi.api",
        host.mgmt,
        PORT,
        after=(mariadb.UNIT,),
        environment={"OS_GLANCE_CONFIG_DIR": "/etc/glance"},
        state="glance glance/staging glance/tasks",
    )
    return HostFiles(
        files=(
            File(CONFIG, ini(configuration(plan)), mode=0o600),
            File(f"/etc/systemd/system/{UNIT}", service),
        ),
        units=(UNIT,),
    )
