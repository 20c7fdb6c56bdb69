# SPDX-License-Identifier: Apache-2.0
"""What every host of the lab has: name, identity, neighbours, a journal, a target."""

import hashlib

from lab.core.files import File, HostFiles
from lab.model.layout import SEARCH_PATH
from lab.model.plan import Host, Plan

TARGET = """\
[Unit]
Description=Everything a host of the lab runs
Requires=systemd-journald.service systemd-journal-flush.service systemd-tmpfiles-setup.service
After=systemd-journald.service systemd-journal-flush.service systemd-tmpfiles-setup.service
AllowIsolate=yes
"""

JOURNAL = """\
[Journal]
Storage=persistent
SystemMaxUse=64M
RateLimitIntervalSec=0
ForwardToConsole=no
"""


# A power cut must not be answered by tidying up for minutes at the next boot, nor may a stuck
# service hold up a shutdown.
MANAGER = """\
[Manager]
DefaultTimeoutStartSec=120s
DefaultTimeoutStopSec=10s
DefaultLimitNOFILE=65536
DefaultEnvironment=PATH=%s PYTHONDONTWRITEBYTECODE=1
"""


def machine_id(plan: Plan, host: Host) -> str:
    """Return the host's machine id: 32 hex digits, the same at every boot."""
    token = plan.secrets["machine-id"]
    return hashlib.sha256(f"{token} {host.name}".encode()).hexdigest()[:32]


def render(plan: Plan, host: Host) -> HostFiles:
    """Render the part for `host`."""
    neighbours = "".join(f"{other.mgmt} {other.name}\n" for other in plan.hosts)
    return HostFiles(
        files=(
            File("/etc/hostname", f"{host.name}\n"),
            File("/etc/hosts", f"127.0.0.1 localhost\n{neighbours}"),
            File("/etc/machine-id", f"{machine_id(plan, host)}\n", 0o444),
            File("/etc/systemd/system/lab.target", TARGET),
            File("/etc/systemd/journald.conf.d/lab.conf", JOURNAL),
            File("/etc/systemd/system.conf.d/lab.conf", MANAGER % SEARCH_PATH),
        )
    )
