# SPDX-License-Identifier: Apache-2.0
"""Boots the guest image in QEMU and says what happened, as one JSON object on standard output.

Runs in the lab's root file system, in a network namespace of its own: standard library only.
Usage: guest_trial.py IMAGE
"""

import contextlib
import http.server
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

METADATA_PORT = 8000
SSH_PORT = 2222
SECONDS = 120
WORK = Path("/tmp")
KEY = WORK / "key"


class Qmp:
    """The control socket of one QEMU."""

    def __init__(self, path: Path):
        self._socket = socket.socket(socket.AF_UNIX)
        until(path.exists, "control socket")
        self._socket.connect(str(path))
        self._stream = self._socket.makefile("rw")
        self._stream.readline()
        self("qmp_capabilities")

    def __call__(self, execute: str, **arguments: object) -> object:
        """Run one command and return its answer."""
        self._stream.write(json.dumps({"execute": execute, "arguments": arguments}) + "\n")
        self._stream.flush()
        while True:
            answer = json.loads(self._stream.readline())
            if "error" in answer:
                raise RuntimeError(f"{execute}: {answer['error']}")
            if "return" in answer:
                return answer["return"]


def until(true: object, what: str, seconds: float = SECONDS) -> float:
    """Wait until `true` is; return the seconds it took."""
    start = time.monotonic()
    while not true():  # type: ignore[operator]
        if time.monotonic() - start > seconds:
            raise RuntimeError(f"no {what} after {seconds} s")
        time.sleep(0.1)
    return time.monotonic() - start


class Machine:
    """A guest in QEMU on the disks given; the one with the number `boot` is booted."""

    def __init__(
        self,
        *disks: Path,
        boot: int = 0,
        bus: str = "virtio-blk-pci",
        metadata: bool = True,
        more: tuple[str, ...] = (),
        serial: str = "serial",
    ):
        self.serial = WORK / serial
        self._control = WORK / f"{serial}.qmp"
        for stale in (self.serial, self._control):
            stale.unlink(missing_ok=True)
        net = "user,id=net0,net=169.254.169.0/24,host=169.254.169.2,dns=169.254.169.3"
        net += f",dhcpstart=169.254.169.15,hostfwd=tcp:127.0.0.1:{SSH_PORT}-:22"
        if metadata:
            net += f",guestfwd=tcp:169.254.169.254:80-cmd:busybox nc 127.0.0.1 {METADATA_PORT}"
        argv = ["qemu-system-x86_64", "-M", "pc", "-cpu", "qemu64", "-m", "128"]
        argv += ["-accel", "tcg,tb-size=32", "-display", "none", "-monitor", "none"]
        argv += ["-chardev", f"file,id=serial0,path={self.serial}", "-serial", "chardev:serial0"]
        argv += ["-qmp", f"unix:{self._control},server,nowait"]
        argv += ["-netdev", net, "-device", "virtio-net-pci,netdev=net0"]
        argv += ["-device", "virtio-rng-pci"]
        for number, disk in enumerate(disks):
            argv += ["-drive", f"file={disk},format=raw,if=none,id=disk{number}"]
            order = ",bootindex=1" if number == boot else ""
            argv += ["-device", f"{bus},drive=disk{number},serial=disk{number}{order}"]
        self.process = subprocess.Popen([*argv, *more])
        self.qmp = Qmp(self._control)

    def cpu_seconds(self) -> float:
        """Processor time that QEMU has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mib(self) -> float:
        """Resident memory of QEMU."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def ssh(self, command: str, check: bool = True) -> str:
        """Run a command in the guest as Tempest does."""
        argv = ["ssh", "-q", "-i", str(KEY), "-p", str(SSH_PORT), "-o", "ConnectTimeout=3"]
        argv += ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"]
        prologue = "set -eu -o pipefail; PATH=$PATH:/sbin:/usr/sbin; "
        argv += ["root@127.0.0.1", prologue + command]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
        if check and done.returncode:
            raise RuntimeError(f"{command!r} ended with {done.returncode}: {done.stderr}")
        return done.stdout if not done.returncode else ""

    def wait_for_ssh(self) -> float:
        """Wait until SSH lets us in; return the seconds."""
        try:
            return until(lambda: self.ssh("echo in", check=False) == "in\n", "SSH")
        except RuntimeError as error:
            raise RuntimeError(f"{error}; console:\n{self.console()[-3000:]}") from error

    def console(self) -> str:
        """What the guest has written to its serial console."""
        return self.serial.read_text(errors="replace")

    def cut_power(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()

    def press_power_button(self) -> float:
        """Ask for a shutdown as Nova does; return the seconds until it is off."""
        start = time.monotonic()
        self.qmp("system_powerdown")
        self.process.wait(timeout=SECONDS)
        return time.monotonic() - start


class _Metadata(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = metadata("served").encode()
        self.send_response(200 if self.path.endswith("/meta_data.json") else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Keep standard error for errors."""


def metadata(name: str) -> str:
    """Return Nova's metadata of a server."""
    public = KEY.with_suffix(".pub").read_text()
    return json.dumps(
        {
            "uuid": "6b1e0f36-7d0c-4a59-9f39-0d6c5f7a6e02",
            "public_keys": {"ssh-key of mine": public},
            "keys": [{"name": "ssh-key of mine", "type": "ssh", "data": public}],
            "hostname": f"{name}.novalocal",
            "name": name,
            "availability_zone": "az1",
        }
    )


@contextlib.contextmanager
def trial(results: dict[str, object], name: str) -> Iterator[dict[str, object]]:
    """Collect what one trial finds; a trial that breaks says why and lets the others run."""
    found: dict[str, object] = {}
    results[name] = found
    try:
        yield found
    except Exception as error:
        found["error"] = f"{type(error).__name__}: {error}"


def life_of_a_server(found: dict[str, object], image: Path) -> None:
    """First boot, plugging, a power cut, a second boot, the power button."""
    disk = copy(image, "server", 2**30)
    machine = Machine(disk)
    found["ssh_seconds"] = machine.wait_for_ssh()
    found["ssh_cpu_seconds"] = machine.cpu_seconds()
    found["memory_mib"] = machine.memory_mib()
    found["hostname"] = machine.ssh("hostname").strip()
    found["root_mib"] = int(machine.ssh("df -m / | tail -1").split()[1])
    until(lambda: "served login:" in machine.console(), "login prompt", 30)
    host_key = machine.ssh("sha256sum /etc/dropbear/ed25519")

    blank = WORK / "blank"
    with blank.open("wb") as stream:
        stream.truncate(64 * 2**20)
    machine.qmp(
        "blockdev-add",
        **{
            "driver": "raw",
            "node-name": "extra",
            "file": {"driver": "file", "filename": str(blank)},
        },
    )
    machine.qmp("device_add", driver="virtio-blk-pci", drive="extra", id="extra0")
    until(lambda: "vdb" in machine.ssh("lsblk -lb --nodeps"), "plugged disk", 30)
    machine.ssh("sudo mkfs -t ext4 /dev/vdb && sudo mount /dev/vdb /mnt && sudo umount /mnt")
    found["disks"] = machine.ssh("lsblk -lb --nodeps | grep disk").splitlines()
    machine.qmp("device_del", id="extra0")
    until(lambda: "vdb" not in machine.ssh("lsblk"), "pulled disk", 30)
    machine.qmp("netdev_add", type="user", id="net1", net="10.9.0.0/24")
    machine.qmp("device_add", driver="virtio-net-pci", netdev="net1", id="nic1")
    until(lambda: "10.9.0." in machine.ssh("ip -4 addr"), "address of plugged card", 60)
    found["default_route"] = machine.ssh("ip route | head -1").strip()

    machine.ssh(
        "i=0; while [ $i -lt 200 ]; do echo $i; i=$((i+1)); done > /tmp/numbers;"
        " dd if=/tmp/numbers of=/kept bs=4k conv=fsync;"
        " echo last | dd of=/kept oflag=append conv=notrunc,fsync;"
        " find / -xdev -name kept | xargs sha256sum"
    )
    machine.cut_power()

    machine = Machine(disk)
    found["second_ssh_seconds"] = machine.wait_for_ssh()
    found["kept"] = machine.ssh("tail -1 /kept; wc -l < /kept").split()
    found["same_host_key"] = machine.ssh("sha256sum /etc/dropbear/ed25519") == host_key
    machine.ssh("sh -c 'while :; do date >> /busy; done' > /dev/null 2>&1 < /dev/null &")
    found["off_seconds"] = machine.press_power_button()
    report = subprocess.run(["dumpe2fs", "-h", disk], capture_output=True, text=True, check=True)
    found["state"] = report.stdout.split("Filesystem state:")[1].split("\n")[0].strip()
    found["needs_recovery"] = "needs_recovery" in report.stdout


def rescue(found: dict[str, object], image: Path) -> None:
    """Two disks from one image: the root is the one that was booted, wherever it is plugged."""
    other, booted = copy(image, "other", 2**28), copy(image, "booted", 2**29)
    sizes = {}
    for order in ("first", "last"):
        disks = (booted, other) if order == "first" else (other, booted)
        machine = Machine(*disks, boot=disks.index(booted))
        machine.wait_for_ssh()
        sizes[order] = int(machine.ssh("df -m / | tail -1").split()[1])
        second = "/dev/vdb" if order == "first" else "/dev/vda"
        machine.ssh(f"mount {second} /mnt; touch /mnt/seen; umount /mnt")
        machine.press_power_button()
    found["root_mib"] = sizes


def config_drive(found: dict[str, object], image: Path) -> None:
    """No metadata service: name and key come from a config drive, wherever it is plugged in."""
    content = WORK / "drive" / "openstack" / "latest"
    content.mkdir(parents=True)
    for kind, devices in (
        ("ide", ["ide-cd,drive=config"]),
        ("scsi", ["virtio-scsi-pci", "scsi-cd,drive=config"]),
        ("virtio", ["virtio-blk-pci,drive=config"]),
    ):
        (content / "meta_data.json").write_text(metadata(f"from-{kind}"))
        drive = WORK / f"config.{kind}"
        if kind == "virtio":
            run("mkfs.vfat", "-n", "config-2", "-C", drive, "2048")
            run("mcopy", "-s", "-i", drive, WORK / "drive" / "openstack", "::/")
        else:
            run("genisoimage", "-quiet", "-J", "-r", "-V", "config-2", "-o", drive, WORK / "drive")
        more = ["-drive", f"file={drive},format=raw,if=none,id=config,readonly=on"]
        for device in devices:
            more += ["-device", device]
        disk = copy(image, "configured", 2**28)
        machine = Machine(disk, metadata=False, more=tuple(more))
        machine.wait_for_ssh()
        found[kind] = machine.ssh("hostname; blkid -L config-2 -o device").split()
        machine.cut_power()


def scsi(found: dict[str, object], image: Path) -> None:
    """The root disk is on virtio-scsi."""
    more = ("-device", "virtio-scsi-pci,id=scsi0")
    disk = copy(image, "scsi", 2**28)
    drive = ("-drive", f"file={disk},format=raw,if=none,id=root")
    machine = Machine(more=(*more, *drive, "-device", "scsi-hd,drive=root,bootindex=1"))
    machine.wait_for_ssh()
    found["root"] = machine.ssh("grep ' / ext4' /proc/mounts").split()[0]
    machine.cut_power()


def live_migration(found: dict[str, object], image: Path) -> None:
    """It goes on running when it moves to another QEMU while it writes."""
    disk = copy(image, "moving", 2**28)
    source = Machine(disk)
    source.wait_for_ssh()
    source.ssh(
        "sh -c 'while :; do cat /proc/uptime; sleep 0.1; done > /ticks' "
        "> /dev/null 2>&1 < /dev/null &"
    )
    boot = source.ssh("cat /proc/sys/kernel/random/boot_id")
    # The address of the source is freed only when it ends: the copy answers from then on.
    channel = WORK / "migration"
    source.qmp("migrate-set-capabilities", capabilities=[{"capability": "events", "state": True}])
    source.qmp("migrate", uri=f"file:{channel}")
    until(lambda: source.qmp("query-migrate").get("status") == "completed", "saved state")
    source.cut_power()
    target = Machine(disk, more=("-incoming", f"file:{channel}"), serial="target")
    target.wait_for_ssh()
    found["same_boot"] = target.ssh("cat /proc/sys/kernel/random/boot_id") == boot
    before = int(target.ssh("wc -l < /ticks"))
    until(lambda: int(target.ssh("wc -l < /ticks")) > before, "another tick", 30)
    target.cut_power()


def copy(image: Path, name: str, size: int) -> Path:
    """Return a fresh disk of `size` bytes made from the image, as Nova makes one."""
    disk = WORK / name
    shutil.copyfile(image, disk)
    os.truncate(disk, size)
    return disk


def run(*argv: str | Path) -> None:
    """Run a tool that must succeed."""
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)


def main(image: Path) -> None:
    """Run every trial and print what was found."""
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", KEY)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", METADATA_PORT), _Metadata)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    results: dict[str, object] = {}
    for trial_of in (life_of_a_server, rescue, config_drive, scsi, live_migration):
        with trial(results, trial_of.__name__) as found:
            trial_of(found, image)
    print(json.dumps(results))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
