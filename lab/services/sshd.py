# SPDX-License-Identifier: Apache-2.0
"""Every host's SSH server: a host key of its own, root by key for the runner and the other hosts.

The other hosts need it because Nova copies disks between compute hosts over SSH (cold migration).
"""

from lab.core.files import File, HostFiles
from lab.core.units import unit
from lab.model.plan import Host, Plan

CONFIG = """\
HostKey /etc/ssh/ssh_host_ed25519_key
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
PrintMotd no
MaxStartups 100
AcceptEnv LANG LC_*
Subsystem sftp /usr/lib/openssh/sftp-server
"""

CLIENT = """\
Host *
    IdentityFile /root/.ssh/id_ed25519
    GlobalKnownHostsFile /etc/ssh/ssh_known_hosts
    StrictHostKeyChecking yes
    BatchMode yes
"""

RUNNER_KEY = "ssh-runner"
BETWEEN_HOSTS_KEY = "ssh-between-hosts"


def known_hosts(plan: Plan) -> str:
    """Return the known_hosts lines of all hosts, by name and by management address."""
    lines = []
    for host in plan.hosts:
        public = plan.secrets.key_pair(f"ssh-host-{host.name}").public
        lines.append(f"{host.name},{host.mgmt} {public}\n")
    return "".join(lines)


def render(plan: Plan, host: Host) -> HostFiles:
    """Render the part for `host`."""
    own = plan.secrets.key_pair(f"ssh-host-{host.name}")
    runner = plan.secrets.key_pair(RUNNER_KEY)
    between = plan.secrets.key_pair(BETWEEN_HOSTS_KEY)
    sshd = unit(
        "SSH server",
        "/usr/sbin/sshd -D -e -f /etc/ssh/sshd_config",
        Type="notify",
        RuntimeDirectory="sshd",
        # Stopping the server must not end the session that asks for it.
        KillMode="process",
    )
    return HostFiles(
        files=(
            File("/etc/ssh/sshd_config", CONFIG),
            File("/etc/ssh/ssh_config.d/lab.conf", CLIENT),
            File("/etc/ssh/ssh_host_ed25519_key", own.private, 0o600),
            File("/etc/ssh/ssh_host_ed25519_key.pub", f"{own.public}\n"),
            File("/etc/ssh/ssh_known_hosts", known_hosts(plan)),
            File("/root/.ssh/id_ed25519", between.private, 0o600),
            File("/root/.ssh/authorized_keys", f"{runner.public}\n{between.public}\n", 0o600),
            File("/etc/systemd/system/lab-sshd.service", sshd),
        ),
        units=("lab-sshd.service",),
    )
