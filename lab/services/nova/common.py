# SPDX-License-Identifier: Apache-2.0
"""The part of nova.conf that the controller and every compute host have in common.

Knows nothing of databases (compute hosts must not) nor of hypervisors.
"""

from lab.core.ini import Value
from lab.model.plan import REGION, Plan
from lab.services.common.auth import keystone_auth, service_user
from lab.services.common.privsep import helpers
from lab.services.rabbitmq import messaging

CONFIG = "/etc/nova/nova.conf"
STATE = "/var/lib/nova"

REPORT_INTERVAL = 2
# Of many hosts, since each report is work for the conductor.
SELDOM_REPORT_INTERVAL = 6
MISSED_REPORTS = 6

_PRIVSEP_SECTIONS = (
    "privsep",
    "nova_sys_admin",
    "vif_plug_ovs_privileged",
    "vif_plug_linux_bridge_privileged",
    "privsep_osbrick",
)


def common(plan: Plan) -> dict[str, dict[str, Value]]:
    """Return the shared sections of nova.conf, fresh dictionaries to build on.

    A host counts as down so many missed reports after its last: soon enough for a scenario that
    waits for it, late enough for two processors that run guests in software.
    """
    bus = messaging(plan)
    interval = SELDOM_REPORT_INTERVAL if plan.many_hosts else REPORT_INTERVAL
    sections: dict[str, dict[str, Value]] = {
        "DEFAULT": {
            **bus.pop("DEFAULT"),
            "debug": False,
            "state_path": STATE,
            "report_interval": interval,
            "service_down_time": interval * MISSED_REPORTS,
            "periodic_fuzzy_delay": 5,
            "graceful_shutdown_timeout": 10,
            "manager_shutdown_timeout": 8,
        },
        **bus,
        "oslo_concurrency": {"lock_path": f"{STATE}/lock"},
        "service_user": service_user(plan, "nova"),
        "keystone": {**keystone_auth(plan, "nova"), "region_name": REGION},
        "placement": {**keystone_auth(plan, "placement"), "region_name": REGION},
        "neutron": {**keystone_auth(plan, "neutron"), "region_name": REGION},
        "glance": {"region_name": REGION},
        "cinder": {**keystone_auth(plan, "cinder"), "os_region_name": REGION},
    }
    return sections | helpers(*_PRIVSEP_SECTIONS)
