# SPDX-License-Identifier: Apache-2.0
"""A machine with servers of its own, of the kinds a lab runs too, each where it is by default.

They come from the lab's root file system, in a private copy with a private /run that commands of
the lab see as well; network, processes and all else are the machine's own. What they say of
themselves is compared before and after a lab came and went. Knows nothing of what a lab does.
``python -m lab.tests.functional.neighbours``
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from lab.core.cache import Cache
from lab.core.processes import Process
from lab.guest import IMAGE
from lab.lifecycle.building import Lab
from lab.lifecycle.ingredients import GUEST, ROOTFS, Ingredients
from lab.model.choices import Choices
from lab.tests.functional.checks import Score
from lab.tests.functional.cloud import ask
from lab.tests.functional.commands import Command, WrongError

NAME = "nightly-neighbours"
SECONDS = 90
PORTS = (3306, 5672, 4369, 16509, 3300, 6789)
BRIDGE = "br-neighbour"

# $1 root file system, $2 a folder, $3 the guest image. Ends when its input does.
_WORLD = r"""
mount -t tmpfs -o mode=755 none /run
mkdir -p "$2/upper" "$2/work" "$2/root" /run/lock
root=$2/root
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$root"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /run "$root/run"
mount -t tmpfs -o mode=1777 none "$root/tmp"
cp "$3" "$root/var/lib/libvirt/images/guest.img"
echo ready
cat
"""

_PREPARE = r"""
mkdir -p /run/mysqld /run/openvswitch /run/libvirt /run/ceph /var/lib/ceph/mon/ceph-a
chown mysql:mysql /run/mysqld
echo "127.0.0.1 localhost" > /etc/hosts
mariadb-install-db --no-defaults --user=mysql --datadir=/var/lib/mysql --skip-test-db >/dev/null
cat > /etc/libvirt/libvirtd.conf <<END
listen_tls = 0
listen_tcp = 1
listen_addr = "127.0.0.1"
auth_tcp = "none"
END
cat > /etc/libvirt/qemu.conf <<END
user = "root"
group = "root"
security_driver = "none"
stdio_handler = "file"
cgroup_controllers = []
END
cat > /root/guest.xml <<END
<domain type='qemu'><name>neighbour</name><memory unit='MiB'>128</memory>
<os><type arch='x86_64' machine='pc'>hvm</type></os><devices>
<disk type='file' device='disk'><driver name='qemu' type='raw'/>
<source file='/var/lib/libvirt/images/guest.img'/><target dev='vda' bus='virtio'/></disk>
</devices></domain>
END
cat > /etc/ceph/ceph.conf <<END
[global]
fsid = 7a3f8f0e-6a2f-4a5e-9a51-2d3c7c1d1f00
mon_host = [v2:127.0.0.1:3300,v1:127.0.0.1:6789]
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
END
monmaptool --create --fsid 7a3f8f0e-6a2f-4a5e-9a51-2d3c7c1d1f00 \
    --addv a '[v2:127.0.0.1:3300,v1:127.0.0.1:6789]' /root/monmap >/dev/null
ceph-mon --mkfs --id a --monmap /root/monmap
ovsdb-tool create /etc/openvswitch/conf.db /usr/share/openvswitch/vswitch.ovsschema
"""

_RABBIT = {
    "HOME": "/var/lib/rabbitmq",
    "RABBITMQ_NODENAME": "rabbit@localhost",
    "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
    "ERL_EPMD_ADDRESS": "127.0.0.1",
    "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
}

# In the order they start: name, command, what shows that it is ready.
_SERVERS: tuple[tuple[str, str, str], ...] = (
    ("mariadb", "mariadbd --no-defaults --user=mysql --datadir=/var/lib/mysql"
     " --socket=/run/mysqld/mysqld.sock --bind-address=127.0.0.1 --port=3306",
     "mariadb -e 'select 1'"),
    ("epmd", "epmd -address 127.0.0.1", "epmd -names"),
    ("rabbitmq", "/usr/lib/rabbitmq/bin/rabbitmq-server", "rabbitmqctl -q await_startup"),
    ("ovsdb", "ovsdb-server /etc/openvswitch/conf.db --remote=punix:/run/openvswitch/db.sock"
     " --unixctl=/run/openvswitch/ovsdb-server.ctl", "ovs-vsctl --no-wait init"),
    ("vswitchd", "ovs-vswitchd unix:/run/openvswitch/db.sock"
     " --unixctl=/run/openvswitch/ovs-vswitchd.ctl",
     "ovs-appctl -t /run/openvswitch/ovs-vswitchd.ctl version"),
    ("ceph-mon", "ceph-mon -f --id a", "ceph --connect-timeout 5 mon stat"),
    ("libvirtd", "libvirtd --listen", "virsh -c qemu+tcp://127.0.0.1/system list"),
)  # fmt: skip

_FILL = rf"""
mariadb -e 'create database kept; create table kept.t (n int); insert into kept.t values (42)'
rabbitmqctl -q add_vhost kept
ovs-vsctl add-br {BRIDGE} -- set bridge {BRIDGE} datapath_type=netdev
ceph config-key set kept 42
virsh -q create /root/guest.xml
"""

# What each has and says; nothing in it changes by itself.
_ASK = {
    "mariadb": "mariadb -Ne 'select n from kept.t; show databases; select user from mysql.user'",
    "rabbitmq": "rabbitmqctl -q list_vhosts; rabbitmqctl -q list_users; epmd -names",
    "openvswitch": "ovs-vsctl show; ovs-ofctl dump-flows " + BRIDGE + " --no-stats",
    "ceph": "ceph config-key get kept; ceph mon dump 2>/dev/null; ceph osd ls",
    "libvirt": "virsh -c qemu+tcp://127.0.0.1/system list --all; virsh net-list --all;"
    " virsh secret-list; virsh domstate neighbour",
    "links": "ip -br link | grep -v '^lo '; ip -br address; ip route; ip rule",
    "filters": "nft list ruleset",
    "switches": "sysctl net.ipv4.ip_forward net.ipv4.conf.all.rp_filter kernel.pid_max",
}


class Neighbours:
    """The servers; a context in which they run.

    :param rootfs: where they come from.
    :param guest: folder of the guest image that one of them runs.
    :param folder: for what they write.
    """

    def __init__(self, rootfs: Path, guest: Path, folder: Path):
        self._rootfs, self._guest, self._folder = rootfs, guest, folder
        self._known: dict[str, Process] = {}
        self._ends = contextlib.ExitStack()

    def __enter__(self) -> "Neighbours":
        with self._ends:
            self._start()
            self._ends = self._ends.pop_all()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ends.close()

    def _start(self) -> None:
        for port in PORTS:
            with socket.socket() as any_socket:
                if any_socket.connect_ex(("127.0.0.1", port)) == 0:
                    raise WrongError(f"this machine has a server on port {port} already")
        self.world = subprocess.Popen(
            [
                *("unshare", "--mount", "--propagation", "private", "sh", "-ec", _WORLD, "sh"),
                *map(str, (self._rootfs, self._folder, self._guest / IMAGE)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._ends.callback(self._end, self.world)
        assert self.world.stdout
        if self.world.stdout.readline() != b"ready\n":
            raise WrongError("the neighbours' file system could not be made")
        self._ends.callback(self._remove_links, {name for _n, name in socket.if_nameindex()})
        self.say(_PREPARE)
        for name, command, ready in _SERVERS:
            log = (self._folder / f"{name}.log").open("wb")
            server = subprocess.Popen(
                self.inside(command.split()),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, **_RABBIT},
            )
            self._ends.callback(self._end, server)
            self._wait(name, server, ready)
            self._known[name] = Process.of(server.pid)
        self.say(_FILL)
        guest = int(self.say("cat /run/libvirt/qemu/neighbour.pid"))
        self._known["guest"] = Process.of(guest)
        self._ends.callback(os.kill, guest, 9)

    def _remove_links(self, known: set[str]) -> None:
        # Open vSwitch's userspace datapath makes taps that outlive it.
        for name in {name for _number, name in socket.if_nameindex()} - known:
            if name in (BRIDGE, "ovs-netdev"):
                self.say(f"ip link delete {name}")

    @staticmethod
    def _end(process: subprocess.Popen[bytes]) -> None:
        # All of its session's first group: some servers are started by a script.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def _wait(self, name: str, server: subprocess.Popen[bytes], ready: str) -> None:
        end = time.monotonic() + SECONDS
        while True:
            with contextlib.suppress(WrongError):
                self.say(ready)
                return
            if server.poll() is not None or time.monotonic() > end:
                said = (self._folder / f"{name}.log").read_text(errors="replace")[-1000:]
                raise WrongError(f"the neighbour {name} does not run: {said}")
            time.sleep(0.2)

    def beside(self) -> list[str]:
        """Return what a command line begins with that runs where the servers' /run is seen."""
        return ["nsenter", "--target", str(self.world.pid), "--mount", "--"]

    def inside(self, argv: Sequence[str]) -> list[str]:
        """Return the command line that runs `argv` in the servers' file system."""
        # A process of its own all the way: what it becomes keeps its number.
        return [*self.beside(), "chroot", str(self._folder / "root"), *argv]

    def say(self, text: str) -> str:
        """Run a shell text in the servers' file system and return what it printed.

        :raises WrongError: it failed.
        """
        done = subprocess.run(
            self.inside(["sh", "-ec", text]),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **_RABBIT},
        )
        if done.returncode:
            raise WrongError(f"{text[:200]}: {done.stderr[-500:]}")
        return done.stdout

    def view(self) -> dict[str, str]:
        """Return what everybody says of themselves, and which processes they are."""
        found = {name: self.say(text) for name, text in _ASK.items()}
        for name, process in self._known.items():
            groups = "gone"
            with contextlib.suppress(OSError):
                groups = Path(f"/proc/{process.pid}/cgroup").read_text()
            found[f"process of {name}"] = f"{process} {process.alive} {groups}"
        return found


def compare(before: dict[str, str], now: dict[str, str]) -> None:
    """See that nobody noticed anything.

    :raises WrongError: somebody did; says who and what.
    """
    for name, text in before.items():
        if now[name] != text:
            raise WrongError(f"{name} was:\n{text}\nand is:\n{now[name]}")


def checks(
    name: str, neighbours: Neighbours, command: Callable[..., None], boot: Callable[..., None]
) -> Iterator[tuple[str, Callable[[], None]]]:
    """Go through the checks of a lab of that name beside them, in an order that matters.

    :param command: runs ``lab`` with the words after it.
    :param boot: boots a server in the lab.
    """
    before = neighbours.view()
    yield "a lab comes up beside them", lambda: command("up", "--name", name, "--computes", "1")
    yield "none of them noticed that", lambda: compare(before, neighbours.view())
    yield "a server boots in the lab", boot
    yield "none of them noticed that either", lambda: compare(before, neighbours.view())
    yield "the lab is removed", lambda: command("down", "--name", name)
    yield "none of them noticed its end", lambda: compare(before, neighbours.view())


def main() -> None:
    """Try it with a lab of one host."""
    cache = Cache()
    lab = Lab(NAME, cache)
    ingredients = Ingredients(Choices(), cache)
    for step in ingredients.steps():
        if step.name in (ROOTFS, GUEST):
            step.run(print)
    folder = Path(tempfile.mkdtemp(prefix="neighbours-", dir=cache.folder))
    score = Score()
    try:
        with Neighbours(ingredients.rootfs, ingredients.guest, folder) as world:

            def command(*words: str) -> None:
                done = Command(*words, before=world.beside())
                if done.wait(580):
                    raise WrongError(done.said[-1500:])

            def boot() -> None:
                ask(NAME, "boot", "beside", before=world.beside())

            score.check_all(checks(NAME, world, command, boot))
    finally:
        lab.remove()
        shutil.rmtree(folder, ignore_errors=True)
    score.end()


if __name__ == "__main__":
    main()
