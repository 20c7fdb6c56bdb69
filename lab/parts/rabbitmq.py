# SPDX-License-Identifier: Apache-2.0
"""The message bus: one RabbitMQ node on the controller.

Knows nothing of who talks over it.
"""

from lab.plan import Host, Plan
from lab.render import NOTHING, File, HostFiles, Value, unit

PORT = 5672
USER = "openstack"
UNIT = "rabbitmq.service"

_HOME = "/var/lib/rabbitmq"

# Logged to the journal; the definitions file makes the user before the first client knocks.
_CONFIG = """\
listeners.tcp.1 = {address}:{port}
loopback_users = none
disk_free_limit.absolute = 50MB
vm_memory_high_watermark.absolute = 400MB
num_acceptors.tcp = 2
log.console = true
log.console.level = warning
log.file = false
load_definitions = /etc/rabbitmq/definitions.json
"""


def transport_url(plan: Plan) -> str:
    """Return the oslo.messaging URL of the bus."""
    return f"rabbit://{USER}:{plan.secrets['rabbit']}@{plan.control.mgmt}:{PORT}/"


def messaging(plan: Plan) -> dict[str, dict[str, Value]]:
    """Return the oslo.messaging sections every user of the bus shares.

    Heartbeats are frequent: the connection of a host whose cord was pulled is then given up
    within half a minute, and messages stop going to a dead consumer.
    """
    return {
        "DEFAULT": {"transport_url": transport_url(plan)},
        "oslo_messaging_rabbit": {
            "heartbeat_timeout_threshold": 20,
            "heartbeat_rate": 4,
            "rabbit_retry_interval": 1,
            "rabbit_interval_max": 4,
            "kombu_reconnect_delay": 0.5,
        },
        "oslo_messaging_notifications": {"driver": "noop"},
    }
