# SPDX-License-Identifier: Apache-2.0
"""Builds the lab's one root file system: Debian 12 with every server, and OpenStack from PyPI.

It is the read-only lower layer of every host. Nothing of it is installed on the machine itself.
Packages come from wherever this machine gets its own: the mirror that debootstrap writes into the
new root, and the settings of the machine's package clients, carried over unread.
"""

import inspect
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from lab.core.cache import Cache, digest
from lab.core.sandbox import SandboxError, machine_environment, run_in_root

SUITE = "bookworm"

PACKAGES = """
systemd systemd-sysv openssh-server openssh-client iproute2 iputils-ping nftables ethtool procps
kmod libvirt-daemon-system libvirt-clients qemu-system-x86 qemu-utils qemu-block-extra
openvswitch-switch ovn-central ovn-host haproxy rabbitmq-server mariadb-server memcached
ceph-mon ceph-mgr ceph-osd ceph-common python3-rados python3-rbd python3-libvirt python3-minimal
python3-venv lxc genisoimage dosfstools mtools conntrack ipset dnsmasq-utils e2fsprogs fdisk cpio
busybox-static tcpdump zstd ca-certificates less ipmitool
""".split()

# QEMU 7.2 corrupts the memory of a busy guest when it is migrated under TCG.
BACKPORTED = "src:qemu src:libvirt src:seabios"

# Bindings to Debian's own libraries, used from the OpenStack environment.
BINDINGS = ("rados", "rbd", "libvirt")

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

Report = Callable[[str], None]


class RootfsError(Exception):
    """The root file system could not be built; says at which step, with the end of the log."""


def key(lock: str) -> str:
    """Return the name of the root file system made with the OpenStack lock file's text `lock`."""
    return digest(lock, inspect.getsource(sys.modules[__name__]))


def build(cache: Cache, lock: str, report: Report) -> Path:
    """Return the root file system's folder, built now if it is not there.

    :param lock: text of the lock file (pip's format, with hashes) of the OpenStack environment.
    :param report: told in a few words what is being done.
    :raises RootfsError: a step failed; what was built is kept apart and started afresh next time.
    """
    name = key(lock)
    ready = cache.built("rootfs", name)
    if ready.is_dir():
        return ready
    root = cache.under_construction("rootfs", name)
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    log_path = cache.folder / "rootfs.log"
    with log_path.open("wb") as log:
        try:
            for title, step in (
                ("Debian base", _debootstrap),
                ("package sources", _sources),
                (f"{len(PACKAGES)} packages and what they need", _packages),
                ("OpenStack from PyPI", lambda root, log: _openstack(root, log, lock)),
                ("small things", _finish),
            ):
                report(title)
                step(root, log)
        except (SandboxError, OSError, subprocess.CalledProcessError) as error:
            log.flush()
            end = log_path.read_text(errors="replace")[-1500:]
            raise RootfsError(
                f"Building the root file system failed at: {title}.\n{error}\n{end}\n"
                f"The whole log is {log_path}; the next run starts it afresh."
            ) from error
    root.rename(ready)
    return ready


def _run(
    root: Path, log: IO[bytes], *argv: str, env: Mapping[str, str] | None = None
) -> None:
    environment = {**machine_environment(), "DEBIAN_FRONTEND": "noninteractive", **(env or {})}
    run_in_root(root, argv, network=True, env=environment, timeout=1800, log=log)


def _debootstrap(root: Path, log: IO[bytes]) -> None:
    command = ["debootstrap", "--variant=minbase", SUITE, str(root)]
    mirror = _machine_mirror()
    subprocess.run([*command, *([mirror] if mirror else [])], stdout=log, stderr=log, check=True)


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


def _sources(root: Path, log: IO[bytes]) -> None:
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


def _packages(root: Path, log: IO[bytes]) -> None:
    _run(root, log, "apt-get", "update", "-q")
    _run(root, log, "apt-get", "install", "-qy", "--no-install-recommends", *PACKAGES)
    _run(root, log, "apt-get", "clean")


def _openstack(root: Path, log: IO[bytes], lock: str) -> None:
    uv = Path(sys.executable).with_name("uv")
    if not uv.exists():
        found = shutil.which("uv")
        if not found:
            raise RootfsError("uv is missing: pip install uv, then try again.")
        uv = Path(found)
    shutil.copy(uv, root / "usr/local/bin/uv")
    _write(root, "/opt/openstack.lock", lock)
    authorities = Path("/etc/ssl/certs/ca-certificates.crt")
    carried = root / "opt/authorities.crt"
    env = {"UV_LINK_MODE": "copy", "UV_CACHE_DIR": "/tmp/uv"}
    if authorities.exists():
        shutil.copyfile(authorities, carried)
        env["SSL_CERT_FILE"] = "/opt/authorities.crt"
    _run(root, log, "uv", "venv", "--python", "/usr/bin/python3", "/opt/openstack", env=env)
    _run(
        root, log, "uv", "pip", "install", "--python", "/opt/openstack/bin/python",
        "--require-hashes", "--compile-bytecode", "-r", "/opt/openstack.lock", env=env,
    )
    carried.unlink(missing_ok=True)
    packages = Path("/usr/lib/python3/dist-packages")
    environment = root / "opt/openstack/lib/python3.11/site-packages"
    for path in sorted((root / packages.relative_to("/")).iterdir()):
        if path.name.startswith(BINDINGS):
            (environment / path.name).symlink_to(packages / path.name)


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
