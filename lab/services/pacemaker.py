# SPDX-License-Identifier: Apache-2.0
"""A cluster of all hosts that notices who has died: Corosync and Pacemaker.

Only where the host monitor of `masakari` asks for it. It manages no resources and fences
nobody: what it knows of its members is all that is wanted of it.
"""

from lab.core.files import NOTHING, File, HostFiles
from lab.core.units import unit
from lab.model.plan import Host, Plan

COROSYNC_UNIT = "corosync.service"
UNIT = "pacemaker.service"
READY_UNIT = "pacemaker-ready.service"
EXTRA = "masakari"

INTERFACE = "eth0"
PORT = 5405

# A member that says nothing for so long is taken for dead, milliseconds.
TOKEN_MS = 3000

_COROSYNC = """\
totem {{
    version: 2
    cluster_name: {name}
    transport: knet
    crypto_cipher: aes256
    crypto_hash: sha256
    token: {token}
    interface {{
        linknumber: 0
        mcastport: {port}
    }}
}}
system {{
    sched_rr: no
    move_to_root_cgroup: no
}}
quorum {{
    provider: corosync_votequorum
}}
logging {{
    to_stderr: yes
    to_syslog: no
}}
nodelist {{
{nodes}}}
"""

_NODE = """\
    node {{
        ring0_addr: {address}
        name: {name}
        nodeid: {number}
        quorum_votes: {votes}
    }}
"""

_SCRIPT = "/usr/local/lib/lab/pacemaker-ready"

# With nothing that fences, it would wait for a fencing that nobody carries out.
_READY = """\
#!/bin/sh
until crm_attribute --type crm_config --name stonith-enabled --update false 2>/dev/null; do
    sleep 0.5
done
"""


def wanted(plan: Plan) -> bool:
    """Whether this lab has a cluster at all."""
    return EXTRA in plan.choices.extras


def corosync_conf(plan: Plan) -> str:
    """Return corosync.conf, the same on all hosts.

    The controller, which the lab never kills, has more votes than all others together: whoever
    dies, it keeps the quorum and knows.
    """
    nodes = "".join(
        _NODE.format(
            address=host.mgmt,
            name=host.name,
            number=host.index + 1,
            votes=len(plan.computes) + 1 if host.role == "control" else 1,
        )
        for host in plan.hosts
    )
    return _COROSYNC.format(name=plan.name, token=TOKEN_MS, port=PORT, nodes=nodes)


def _key(plan: Plan) -> str:
    """Return the key of the cluster; Corosync wants at least 1024 bits."""
    return plan.secrets["corosync"] * 4


def render(plan: Plan, host: Host) -> HostFiles:
    """Return the cluster's configuration and units, on every host of a lab that has one."""
    if not wanted(plan):
        return NOTHING
    corosync = unit(
        "Cluster membership",
        "/usr/sbin/corosync -f",
        Type="notify",
        TimeoutStopSec=5,
        RuntimeDirectory="corosync",
    )
    pacemaker = unit(
        "Cluster manager",
        "/usr/sbin/pacemakerd -f",
        after=(COROSYNC_UNIT,),
        requires=(COROSYNC_UNIT,),
        environment={"PCMK_logfile": "none", "PCMK_logpriority": "warning"},
        KillMode="process",
        TimeoutStopSec=10,
        SendSIGKILL="no",
        TasksMax="infinity",
    )
    units = {COROSYNC_UNIT: corosync, UNIT: pacemaker}
    if host.role == "control":
        units[READY_UNIT] = unit(
            "Settings of the cluster", _SCRIPT, after=(UNIT,), oneshot=True, TimeoutStartSec=120
        )
    return HostFiles(
        files=(
            File("/etc/corosync/corosync.conf", corosync_conf(plan)),
            File("/etc/corosync/authkey", _key(plan), mode=0o400),
            File(_SCRIPT, _READY, mode=0o755),
            *(File(f"/etc/systemd/system/{name}", text) for name, text in units.items()),
        ),
        units=tuple(units),
    )
