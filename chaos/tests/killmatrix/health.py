# SPDX-License-Identifier: Apache-2.0
"""Whether a host is as it was before anybody disturbed it.

Looks only; knows the host's power, its services and the journal.
"""

import time

from chaos import errors
from chaos.deadline import Deadline
from chaos.journal.reading import JournalReader
from chaos.power import PowerState, bmc_power
from chaos.services import NAMES, service_control
from chaos.transport import HostShell, read_boot_id
from chaos.witnesses.process import read_stat

RESTORE_SECONDS = 300.0
LOOK_SECONDS = 20.0
TICK = 0.25


# What faults leave on a host until it is recovered: tables, queues, timers, files.
LEFT = """
nft list tables | grep migration_chaos_
tc qdisc show | grep c4a0:
systemctl list-units --all --no-legend 'migration-chaos-recover-*'
ls -d /var/lib/nova/instances/.migration-chaos-* 2>/dev/null
find /etc/systemd/system -name '*migration-chaos*'
for name in %s; do grep -H down "/sys/class/net/$name/operstate"; done
true
"""


def well(host, deadline):
    """Return what is wrong with the host; nothing if it is as before."""
    try:
        power = bmc_power(host)
        if power is not None and power.status(deadline) is not PowerState.ON:
            return "its power is not on"
        with HostShell(host) as shell:
            read_boot_id(shell, deadline)
            for name in NAMES:
                pid = service_control(host, name, shell).pid(deadline)
                stat = read_stat(shell, pid, deadline) if pid else None
                if stat is None or stat.state in "TtZX":
                    return f"its {name} service does not run"
            left = shell.check(["sh", "-c", LEFT % " ".join(host.networks.values())], deadline)
            if left.stdout.strip():
                return f"there is left: {left.stdout.strip()}"
    except errors.ChaosError as exc:
        return exc.found
    return ""


def wait_until_well(host, *journals):
    """Wait; return how long it took, and what is wrong at the end.

    :param journals: paths of journals that have to be closed as well
    """
    began = time.monotonic()
    wrong = ""
    for _ in Deadline.after(RESTORE_SECONDS).ticks(TICK):
        still_open = any(JournalReader(path).open_entries() for path in journals)
        wrong = "the journal is open" if still_open else well(host, Deadline.after(LOOK_SECONDS))
        if not wrong:
            break
    return time.monotonic() - began, wrong
