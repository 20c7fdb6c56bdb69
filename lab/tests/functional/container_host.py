# SPDX-License-Identifier: Apache-2.0
"""A host of the lab, with nothing of OpenStack on it, that has docker and podman and containers.

Both engines come from Debian's packages and are unpacked for this host alone; nothing of them
touches the machine. There is no registry: the one image is made from nothing and sees the host's
own /usr. The containers are run the two ways that clouds run them: by the engine's restart policy,
and kept by a unit of systemd as kolla's are. Knows the lab; nothing of what is tried with them.
"""

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from lab import rootfs
from lab.core import tools
from lab.core.cache import Cache
from lab.core.engine import RUNNER
from lab.core.files import File, HostFiles
from lab.core.sandbox import Sandbox, machine_environment
from lab.hosts.engine import LabEngine
from lab.model.choices import Choices
from lab.model.plan import make_plan
from lab.outputs import products
from lab.services import base, sshd

NAME = "nightly-engines"
HOST = "compute1"
PACKAGES = "podman crun docker.io dumb-init sudo"
ENGINES = ("podman", "docker")

# By name: the network they have, and whether a unit keeps them.
CONTAINERS = {"nova_compute": ("host", True), "nova_libvirt": ("none", False)}

_MACHINES = {Path(path): path for path in ("/etc/resolv.conf", "/etc/hosts")}
_FETCH = f"""
apt-get update -q
apt-get install -qy --no-install-recommends --download-only -o Dir::Cache::archives=/debs \
    -o APT::Sandbox::User=root {PACKAGES}
"""
_UNPACK = """
for deb in /debs/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar -x -C / --keep-directory-symlink \
        --exclude ./usr/share/doc --exclude ./usr/share/man
done
groupadd --system docker
"""

# What waits, has a socket, and gets on: as much of a service as the witnesses look at.
SERVICE = """\
import socket, time
served = socket.socket(socket.AF_UNIX)
served.bind(f"\\0service-{time.monotonic()}")
served.listen()
while True:
    time.sleep(0.1)
"""

# What starts containers by their restart policy at a boot.
_AT_BOOT = ("podman-restart.service", "containerd.service", "docker.service")

# As kolla-ansible writes them, but for waiting less between two starts.
UNIT = """\
[Unit]
Description={engine} {unit}
StartLimitIntervalSec=120
StartLimitBurst=10

[Service]
ExecStart=/usr/bin/{engine} start -a {name}
ExecStop=/usr/bin/{engine} stop {name} -t 10
Restart=always
RestartSec=1
SuccessExitStatus=143
"""

# No bridge, no filter, no kernel modules: a container has the host's network or none.
_DOCKER = '{"iptables": false, "ip6tables": false, "bridge": "none", "storage-driver": "vfs"}\n'
_PODMAN = """\
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
[containers]
cgroups = "disabled"
log_driver = "k8s-file"
"""
_STORAGE = """\
[storage]
driver = "vfs"
runroot = "/run/containers/storage"
graphroot = "/var/lib/containers/storage"
"""

_IMAGE = """
mkdir -p /image/usr /image/proc /image/sys /image/dev /image/tmp /image/run /image/etc /image/var
cd /image
for link in bin sbin lib lib64; do ln -sf usr/$link $link; done
tar -C /image -cf /image.tar .
systemctl start containerd docker
podman import -q /image.tar service
docker import /image.tar service
"""

# Logins besides root's: one that sudo trusts, one that it does not.
_LOGINS = """
for login in trusted other; do
    useradd --create-home --password '*' --shell /bin/sh $login
    cp -r /root/.ssh /home/$login/
    chown -R $login: /home/$login
done
echo 'trusted ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/trusted
"""


class ContainerHost:
    """The host; a context in which it runs. Needs root.

    :ivar product: where its hosts.yaml and its keys are
    """

    def __enter__(self) -> "ContainerHost":
        root = rootfs.build(Cache(), Choices().lock_text, print)
        self.folder = Path(tempfile.mkdtemp(prefix="engines-", dir=Cache().folder))
        self.product = self.folder / "product"
        plan = make_plan(NAME, Choices(hosts=1), self.folder / "secrets")
        self.engine = LabEngine(plan, self.folder)
        try:
            archive = self._packages(root)
            self.engine.make(root)
            self._allow_devices()
            products.write_access(plan, self.product)
            host = plan.host(HOST)
            parts = [part.render(plan, host) for part in (base, sshd)]
            self.engine.prepare(host.name, [*parts, _files()], archive.read_bytes())
            archive.unlink()
            self.engine.power_on(HOST)
            self.engine.wait_for_units(HOST, ("lab-sshd.service",), 60)
            tools.write(root, self.folder / "tools")
            self.shell(_IMAGE, 120)
            self.shell(_LOGINS)
            for unit in _AT_BOOT:
                self._at_boot(f"/lib/systemd/system/{unit}")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self.engine.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def shell(self, script: str, seconds: float = 60) -> str:
        """Run a shell script on the host and return what it printed, stripped."""
        return self.engine.execute(HOST, ["sh", "-ec", script], timeout=seconds).strip()

    def command(self, argv: Sequence[str]) -> list[str]:
        """Return the command line that runs `argv` here, in the host's network."""
        path = os.pathsep.join([str(self.folder / "tools"), os.environ["PATH"]])
        return self.engine.command(RUNNER, ["env", f"PATH={path}", *argv])

    def run_containers(self, engine: str) -> None:
        """Have both containers run by `engine`, and by that only."""
        self.end_containers()
        for name, (network, kept) in CONTAINERS.items():
            words = [engine, "create", "--name", name, f"--network={network}"]
            words += ["--volume=/usr:/usr:ro", "--volume=/srv:/srv:ro"]
            words += [] if kept else ["--restart=always"]
            words += ["service", "/usr/bin/dumb-init", "--single-child", "--"]
            words += ["/usr/bin/python3", "/srv/service.py"]
            self.shell(shlex.join(words))
            unit = f"kolla-{name}-container.service"
            if kept:
                text = UNIT.format(engine=engine, unit=unit, name=name)
                self.engine.execute(
                    HOST, ["tee", f"/etc/systemd/system/{unit}"], input=text.encode()
                )
                self._at_boot(f"/etc/systemd/system/{unit}")
                self.shell(f"systemctl daemon-reload; systemctl start {unit}")
            else:
                self.shell(f"{engine} start {name}")
        # A crash that comes later takes with it what is not on the disk.
        self.shell("sync -f /var/lib")

    def _at_boot(self, unit: str) -> None:
        """Have a unit started at each boot."""
        self.shell(f"ln -sf {unit} /etc/systemd/system/lab.target.wants/")

    def end_containers(self) -> None:
        """Remove all containers of both engines, and the units."""
        for name in CONTAINERS:
            unit = f"kolla-{name}-container.service"
            self.shell(f"systemctl stop {unit} 2>/dev/null || true")
            self.shell(
                f"cd /etc/systemd/system; rm -f {unit} lab.target.wants/{unit}; "
                "systemctl daemon-reload"
            )
            for engine in ENGINES:
                self.shell(f"{engine} rm -f {name} 2>/dev/null || true")

    def _packages(self, root: Path) -> Path:
        """Return an archive of what Debian's packages put into a host's file system."""
        debs, scratch, archive = (self.folder / name for name in ("debs", "box", "engines.tar"))
        (debs / "partial").mkdir(parents=True)
        environment = {**machine_environment(), "DEBIAN_FRONTEND": "noninteractive"}
        with Sandbox(root, scratch, {debs: "/debs", **_MACHINES}, network=True) as box:
            box.run(["sh", "-ec", _FETCH], env=environment)
        with Sandbox(root, scratch, {debs: "/debs"}) as box:
            box.run(["sh", "-ec", _UNPACK])
            # What the sandbox wrote, and nothing else, is what is to be added.
            written = ["tar", "-C", str(scratch / "upper"), "--exclude=./debs"]
            subprocess.run([*written, "-cf", str(archive), "."], check=True)
        shutil.rmtree(debs)
        return archive

    def _allow_devices(self) -> None:
        """Let engines say of all devices what their containers may do: hosts name a few only."""
        with (self.folder / "lxc" / HOST / "config").open("a") as config:
            config.write("lxc.cgroup.devices.allow = a\n")


def _files() -> HostFiles:
    return HostFiles(
        files=(
            File("/srv/service.py", SERVICE),
            File("/etc/docker/daemon.json", _DOCKER),
            File("/etc/containers/containers.conf", _PODMAN),
            File("/etc/containers/storage.conf", _STORAGE),
        ),
        units=(),
    )
