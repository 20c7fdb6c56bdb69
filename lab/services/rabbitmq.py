# SPDX-License-Identifier: Apache-2.0
"""The message bus: one RabbitMQ node on the controller.

Knows nothing of who talks over it.
"""

from lab.core.files import NOTHING, File, HostFiles
from lab.core.ini import Value
from lab.core.units import unit
from lab.model.plan import Host, Plan

PORT = 5672
USER = "openstack"
UNIT = "rabbitmq.service"

_HOME = "/var/lib/rabbitmq"

# The user is made at the first start, with the database.
_CONFIG = """\
listeners.tcp.1 = {address}:{port}
default_user = {user}
default_pass = {password}
loopback_users = none
disk_free_limit.absolute = 50MB
vm_memory_high_watermark.absolute = 512MiB
num_acceptors.tcp = 2
log.console = true
log.console.level = warning
log.file = false
"""

# One scheduler that does not spin while it waits: two processors are shared by everything. The
# node speaks to nobody but itself, so its own ports stay on the loopback address.
_ERLANG = "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none +A 8"
_ERLANG_NET = "-kernel inet_dist_use_interface {127,0,0,1}"


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


def render(plan: Plan, host: Host) -> HostFiles:
    """The bus's unit and configuration, on the controller only."""
    if host.role != "control":
        return NOTHING
    config = _CONFIG.format(
        address=host.mgmt, port=PORT, user=USER, password=plan.secrets["rabbit"]
    )
    service = unit(
        "Message bus",
        "/usr/lib/rabbitmq/bin/rabbitmq-server",
        user="rabbitmq",
        urgent=True,
        environment={
            "RABBITMQ_NODENAME": "rabbit@localhost",
            "RABBITMQ_MNESIA_BASE": f"{_HOME}/mnesia",
            "RABBITMQ_CONFIG_FILE": "/etc/rabbitmq/lab.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": "/etc/rabbitmq/lab_plugins",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"{_ERLANG} {_ERLANG_NET}",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        },
        Type="notify",
        NotifyAccess="all",
        StateDirectory="rabbitmq",
        WorkingDirectory=_HOME,
        TimeoutStartSec=180,
    )
    return HostFiles(
        files=(
            File("/etc/rabbitmq/lab.conf", config, mode=0o600, owner="rabbitmq:rabbitmq"),
            File(
                f"{_HOME}/.erlang.cookie",
                plan.secrets["rabbit-cookie"],
                mode=0o400,
                owner="rabbitmq:rabbitmq",
            ),
            File("/etc/rabbitmq/lab_plugins", "[].\n", owner="rabbitmq:rabbitmq"),
            File(f"/etc/systemd/system/{UNIT}", service),
        ),
        units=(UNIT,),
    )
