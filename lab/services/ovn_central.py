# SPDX-License-Identifier: Apache-2.0
"""OVN's central part on the controller: northbound and southbound databases and northd.

Debian's units are kept by name, with drop-ins that start the daemons directly. Knows nothing
of Neutron, which fills the northbound database.
"""

from lab.core.files import NOTHING, File, HostFiles
from lab.model.plan import Host, Plan
from lab.services.ovs import PROBE_MILLISECONDS, SOUTHBOUND_PORT

NORTHBOUND_PORT = 6641
NORTHBOUND_UNIT = "ovn-ovsdb-server-nb.service"
SOUTHBOUND_UNIT = "ovn-ovsdb-server-sb.service"
NORTHD_UNIT = "ovn-northd.service"


def northbound(plan: Plan) -> str:
    """Return the northbound database's address in OVSDB notation."""
    return f"tcp:{plan.control.mgmt}:{NORTHBOUND_PORT}"


def southbound(plan: Plan) -> str:
    """Return the southbound database's address in OVSDB notation."""
    return f"tcp:{plan.control.mgmt}:{SOUTHBOUND_PORT}"


def _database(letters: str, schema: str, address: str, port: int) -> str:
    file = f"/var/lib/ovn/ovn{letters}_db.db"
    run = f"/run/ovn/ovn{letters}_db"
    name = f"OVN_{schema.capitalize()}"
    return f"""\
[Service]
Type=forking
PIDFile={run}.pid
RuntimeDirectory=ovn
RuntimeDirectoryPreserve=yes
ExecStartPre=/bin/sh -c 'test -s {file} || \
ovsdb-tool create {file} /usr/share/ovn/ovn-{letters}.ovsschema'
ExecStart=
ExecStart=/usr/sbin/ovsdb-server {file} --remote=punix:{run}.sock --unixctl={run}.ctl \
--pidfile={run}.pid --remote=db:{name},{letters.upper()}_Global,connections --no-chdir --detach \
-vconsole:off -vsyslog:info -vfile:off
ExecStartPost=/usr/bin/ovn-{letters}ctl --timeout=30 --db=unix:{run}.sock \
--inactivity-probe={PROBE_MILLISECONDS} set-connection ptcp:{port}:{address}
ExecStop=
"""


_NORTHD = f"""\
[Unit]
Requires={NORTHBOUND_UNIT} {SOUTHBOUND_UNIT}
After={NORTHBOUND_UNIT} {SOUTHBOUND_UNIT}

[Service]
RuntimeDirectory=ovn
RuntimeDirectoryPreserve=yes
ExecStart=
ExecStart=/usr/bin/ovn-northd --ovnnb-db=unix:/run/ovn/ovnnb_db.sock \
--ovnsb-db=unix:/run/ovn/ovnsb_db.sock --pidfile=/run/ovn/ovn-northd.pid --detach --no-chdir \
-vconsole:off -vsyslog:info -vfile:off
ExecStop=
"""


def render(plan: Plan, host: Host) -> HostFiles:
    """Return the drop-ins of OVN's databases and northd; nothing but on the controller."""
    if host.role != "control":
        return NOTHING
    return HostFiles(
        files=(
            File(
                f"/etc/systemd/system/{NORTHBOUND_UNIT}.d/lab.conf",
                _database("nb", "northbound", host.mgmt, NORTHBOUND_PORT),
            ),
            File(
                f"/etc/systemd/system/{SOUTHBOUND_UNIT}.d/lab.conf",
                _database("sb", "southbound", host.mgmt, SOUTHBOUND_PORT),
            ),
            File(f"/etc/systemd/system/{NORTHD_UNIT}.d/lab.conf", _NORTHD),
        ),
        units=(NORTHBOUND_UNIT, SOUTHBOUND_UNIT, NORTHD_UNIT),
    )
