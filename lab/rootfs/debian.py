# SPDX-License-Identifier: Apache-2.0
"""Makes the Debian that every host of the lab runs: Debian 12 with every server, no OpenStack.

Nothing of it is installed on the machine itself. Packages come from wherever this machine gets
its own: the mirror that debootstrap writes into the new root, and the settings of the machine's
package clients, carried over unread.

What is made follows from this file alone and is named by a hash of its text: any change of it
makes everybody build anew, for minutes.
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import IO

from lab.core import processes
from lab.core.sandbox import alone, machine_environment, run_in_root

SUITE = "bookworm"

PACKAGES = """
systemd systemd-sysv openssh-server openssh-client iproute2 iputils-ping nftables ethtool procps
kmod libvirt-daemon-system libvirt-clients qemu-system-x86 qemu-utils qemu-block-extra
openvswitch-switch ovn-central ovn-host haproxy rabbitmq-server mariadb-server memcached
ceph-mon ceph-mgr ceph-osd ceph-common python3-rados python3-rbd python3-libvirt python3-minimal
python3-venv lxc genisoimage dosfstools mtools conntrack ipset dnsmasq-utils e2fsprogs fdisk cpio
busybox-static tcpdump zstd ca-certificates less ipmitool
corosync pacemaker pacemaker-cli-utils
""".split()

# What the services' Python environment needs of Debian to be made; installed before all else, so
# that it can be made while the rest is.
INTERPRETER = ("python3", "ca-certificates")

# QEMU 7.2 corrupts the memory of a busy guest when it is migrated under TCG.
BACKPORTED = "src:qemu src:libvirt src:seabios"

# What systemd would start on any Debian and a host of the lab has no use for.
MASKED = """
systemd-udevd.service systemd-udev-trigger.service systemd-udevd-control.socket
systemd-udevd-kernel.socket kmod-static-nodes.service systemd-modules-load.service
systemd-sysctl.service systemd-binfmt.service systemd-firstboot.service
systemd-machine-id-commit.service systemd-pcrphase.service systemd-pcrphase-sysinit.service
systemd-random-seed.service systemd-repart.service systemd-sysusers.service
systemd-tmpfiles-setup-dev.service systemd-update-utmp.service systemd-pstore.service
systemd-logind.service systemd-journald-audit.socket proc-sys-fs-binfmt_misc.automount
sys-fs-fuse-connections.mount sys-kernel-config.mount sys-kernel-debug.mount
sys-kernel-tracing.mount dev-hugepages.mount dev-mqueue.mount
systemd-ask-password-console.path systemd-ask-password-wall.path systemd-tmpfiles-clean.timer
cryptsetup.target integritysetup.target veritysetup.target modprobe@.service
systemd-initctl.socket systemd-remount-fs.service getty.target
""".split()

def bootstrap(root: Path, log: IO[bytes]) -> None:
    """Make the smallest Debian with a Python in the empty folder `root`.

    :param log: where all output goes.
    :raises lab.core.sandbox.SandboxError: a command failed.
    :raises OSError, subprocess.CalledProcessError: likewise.
    """
    _debootstrap(root, log)
    _sources(root)
    _run(root, log, "apt-get", "update", "-q")
    _install(root, log, *INTERPRETER)


def install(root: Path, log: IO[bytes]) -> None:
    """Add all servers to what `bootstrap` made, and take away what no host of the lab may have.

    Parameters and errors are those of `bootstrap`.
    """
    _install(root, log, *PACKAGES)
    _run(root, log, "apt-get", "clean")
    _finish(root, log)


def _run(root: Path, log: IO[bytes], *argv: str) -> None:
    environment = {**machine_environment(), "DEBIAN_FRONTEND": "noninteractive"}
    run_in_root(root, argv, network=True, env=environment, timeout=1800, log=log)


def _install(root: Path, log: IO[bytes], *packages: str) -> None:
    _run(root, log, "apt-get", "install", "-qy", "--no-install-recommends", *packages)


def _debootstrap(root: Path, log: IO[bytes]) -> None:
    command = alone(["debootstrap", "--variant=minbase", SUITE, str(root)])
    mirror = _machine_mirror()
    marked = {**os.environ, processes.MAKER: processes.maker()}
    command += [mirror] if mirror else []
    subprocess.run(command, stdout=log, stderr=log, env=marked, check=True)


def _machine_mirror() -> str | None:
    """Return the Debian mirror this machine uses, if it is a Debian that says so."""
    done = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(SITE) $(RELEASE) $(CREATED_BY)"],
        capture_output=True, text=True, check=False,
    )
    for line in done.stdout.splitlines():
        site, release, made_by = [*line.split(), "", ""][:3]
        if release == SUITE and made_by == "Packages":
            return site
    return None


def _sources(root: Path) -> None:
    machine = Path("/etc/apt/apt.conf.d")
    kept = ("Acquire::", "Apt::Get", "APT::Get")
    for path in sorted(machine.iterdir()) if machine.is_dir() else ():
        # Hooks of the machine's own packages have no business in the lab.
        text = path.read_text(errors="replace")
        lines = [line for line in text.splitlines() if line.startswith(kept) and ";" in line]
        if lines:
            _write(root, f"/etc/apt/apt.conf.d/{path.name}", "\n".join(lines) + "\n")
    for name in ("resolv.conf", "hosts"):
        source = Path("/etc") / name
        if source.exists():
            shutil.copyfile(source, root / "etc" / name)
    base = (root / "etc/apt/sources.list").read_text()
    backports = base.replace(f" {SUITE} ", f" {SUITE}-backports ")
    _write(root, "/etc/apt/sources.list.d/backports.list", backports)
    pin = f"Package: {BACKPORTED}\nPin: release n={SUITE}-backports\nPin-Priority: 900\n"
    _write(root, "/etc/apt/preferences.d/lab", pin)
    _write(root, "/etc/dpkg/dpkg.cfg.d/lab", "force-unsafe-io\n")
    _write(root, "/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755)


def _finish(root: Path, log: IO[bytes]) -> None:
    units = root / "etc/systemd/system"
    for wants in units.glob("*.wants"):
        shutil.rmtree(wants)
    for unit in MASKED:
        path = units / unit
        path.unlink(missing_ok=True)
        path.symlink_to("/dev/null")
    default = units / "default.target"
    default.unlink(missing_ok=True)
    default.symlink_to("lab.target")
    for stale in (*root.glob("etc/ssh/ssh_host_*"), root / "etc/machine-id"):
        stale.unlink(missing_ok=True)
    (root / "etc/libvirt/qemu/networks/default.xml").unlink(missing_ok=True)
    # Each host has its own; the folders must exist to be mounted over or written to.
    for folder in ("var/lib/mysql", "var/log/journal"):
        shutil.rmtree(root / folder, ignore_errors=True)
    (root / "var/log/journal").mkdir()
    _run(root, log, "install", "-d", "-o", "mysql", "-g", "mysql", "-m", "700", "/var/lib/mysql")
    for name in ("resolv.conf", "hosts"):
        (root / "etc" / name).write_text("127.0.0.1 localhost\n" if name == "hosts" else "")
    _run(root, log, "sh", "-c", "python3 -m compileall -q /usr/lib/python3 || true")


def _write(root: Path, path: str, content: str, mode: int = 0o644) -> None:
    target = root / path.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(content)
    target.chmod(mode)
