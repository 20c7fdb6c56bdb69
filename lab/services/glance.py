# SPDX-License-Identifier: Apache-2.0
"""Glance: images, kept in Ceph so that disks made from them are copy-on-write clones."""

from typing import TYPE_CHECKING, Any

from lab.core.files import NOTHING, File, HostFiles
from lab.core.ini import Value, ini
from lab.model.plan import Host, Plan
from lab.model.service import Bootstrap, Endpoint, Service
from lab.services import mariadb
from lab.services.common import BIN
from lab.services.common.auth import authtoken
from lab.services.common.uwsgi import api_unit

if TYPE_CHECKING:
    from lab.cloud.filling import Filling

UNIT = "glance-api.service"
PORT = 9292
POOL = "images"
CEPH_USER = "glance"
CONFIG = "/etc/glance/glance-api.conf"

SERVICE = Service(
    name="glance",
    databases=("glance",),
    endpoint=Endpoint("image", PORT),
    bootstrap=Bootstrap(
        files={CONFIG: ini({"database": {"connection": mariadb.bootstrap_url("glance")}})},
        commands=((f"{BIN}/glance-manage", "db_sync"),),
        seconds=4,
    ),
)

_STORE = "rbd"
_STATE = "/var/lib/glance"
_PASTE = "/opt/openstack/etc/glance/glance-api-paste.ini"


def configuration(plan: Plan) -> dict[str, dict[str, Value]]:
    """Return glance-api.conf."""
    return {
        "DEFAULT": {
            "debug": False,
            "enabled_backends": f"{_STORE}:rbd",
            # Nova and Cinder clone an image only if they know which one it is in Ceph.
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


def populate(filling: "Filling") -> dict[str, Any]:
    """Upload the guest image, twice: what rebuilds a server wants another one than its own."""
    # Only here is the cloud's API needed.
    from lab.cloud import images

    cloud, path = filling.cloud, filling.wanted["image"]
    filling.answers("image", lambda: list(cloud.image.images(limit=1)))
    return {
        "image": images.make_image(cloud, images.IMAGE, path),
        "image_alt": images.make_image(cloud, images.ALTERNATIVE_IMAGE, path),
    }
