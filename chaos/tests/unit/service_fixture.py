# SPDX-License-Identifier: Apache-2.0
"""A host with a service that is started at each boot, by a unit or by the engine of a container.

It has processes and a folder of units of its own (namespaces), so it needs root. Its ``systemctl``
and ``docker`` are scripts that do what is asked of them here and keep their state in files: what
systemd and docker really do is tried on hosts of the lab.
"""

import os
import shutil
import subprocess
import unittest
from pathlib import Path

import fixtures

from chaos.tests.unit.host_fixture import HostFixture

UNIT = "nova-compute.service"
CONTAINER = "nova_compute"

# The one unit; drop-ins count from the moment they are read, conditions when they are asked.
SYSTEMCTL = """\
#!/bin/sh
here=${0%/bin/*} unit=nova-compute.service folder=/etc/systemd/system/nova-compute.service.d
for last; do :; done
pid() { kill -0 "$(cat $here/pid)" 2>/dev/null && cat $here/pid || echo 0; }
held() {
    for file in $(cat $here/read); do
        path=$(sed -n 's/^ConditionPathExists=!//p' $file 2>/dev/null)
        [ -n "$path" ] && [ -e "$path" ] && return 0
    done
    return 1
}
case $1 in
    daemon-reload) ls $folder/*.conf 2>/dev/null >$here/read ;;
    show)
        if [ "$last" = $unit ]; then
            echo LoadState=loaded; echo MainPID=$(pid); echo DropInPaths=$(cat $here/read)
        else
            echo LoadState=not-found; echo MainPID=0; echo DropInPaths=
        fi ;;
    start) [ "$(pid)" != 0 ] || held || $here/bin/run ;;
    stop) kill "$(cat $here/pid)" 2>/dev/null; rm -f $here/pid ;;
esac
exit 0
"""

# The one container; its folder is where the engine keeps its settings of it.
DOCKER = """\
#!/bin/sh
here=${0%/bin/*} config=${0%/bin/*}/containers/c1/hostconfig.json
pid() { kill -0 "$(cat $here/pid)" 2>/dev/null && cat $here/pid || echo 0; }
said() { sed 's/.*"'$1'": "*\\([^",}]*\\).*/\\1/' $config; }
case "$1 $2" in
    "container inspect")
        case $4 in
            *Pid*) echo "$(pid) <no value>" ;;
            *Restart*) echo "$(said Name) $(said Count) c1" ;;
        esac ;;
    "update --help") cat $here/help ;;
    update*)
        words=${2#--restart=} count=0
        case $words in *:*) count=${words#*:} ;; esac
        printf '{"RestartPolicy": {"Name": "%s", "Count": %s}}\n' ${words%:*} $count >$config ;;
    info*) echo $here ;;
    start*) [ "$(pid)" != 0 ] || $here/bin/run ;;
    stop*) kill "$(cat $here/pid)" ;;
    boot*) [ "$(said Name)" = no ] || $0 start ;;
esac
exit 0
"""

RUN = """\
#!/bin/sh
setsid sleep 1000000 </dev/null >/dev/null 2>&1 &
echo $! >${0%/bin/*}/pid
"""

# All that ran is gone; then the host's own machinery starts what it starts at every boot.
BOOT = """\
#!/bin/sh
here=${0%/bin/*}
kill -9 -1
rm -f $here/pid
[ ! -e $here/purges ] || rm -rf /etc/systemd/system/*.d
systemctl daemon-reload
$1 $2 $3
[ ! -e $here/guest-at-boot ] || setsid qemu-system-x86_64 1000000 >/dev/null 2>&1 &
"""
BEGIN = {"systemd": f"systemctl start {UNIT}", "docker": "docker boot"}
OWN = "mount -t tmpfs none /etc/systemd && mkdir /etc/systemd/system && echo ready; exec sleep inf"
NAMESPACES = ("--mount", "--pid", "--fork", "--mount-proc")
TOOLS = ("unshare", "nsenter", "setsid", "pgrep")


def why_not():
    """Why there can be no such host here; "" if there can."""
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        return f"not installed here: {', '.join(missing)}"
    if os.geteuid() or not Path("/etc/systemd").is_dir():
        return "processes and units of their own need root, and /etc/systemd"
    done = subprocess.run(
        ["unshare", *NAMESPACES, "true"], check=False, capture_output=True
    )
    return "" if done.returncode == 0 else "this root may not make namespaces"


skip_without_namespaces = unittest.skipIf(why_not(), why_not())


class ServiceHostFixture(HostFixture):
    """The host; its compute service runs.

    :param by: ``systemd`` or ``docker``
    """

    def __init__(self, by="systemd"):
        super().__init__(driver="")
        self.by = by

    def _setUp(self):
        self.tools = Path(self.useFixture(fixtures.TempDir()).path)
        tools = self.tools / "bin"
        (self.tools / "containers" / "c1").mkdir(parents=True)
        tools.mkdir()
        programs = {"systemctl": SYSTEMCTL, "docker": DOCKER, "run": RUN, "boot": BOOT}
        for name, text in programs.items():
            (tools / name).write_text(text)
            (tools / name).chmod(0o755)
        shutil.copy(shutil.which("sleep"), tools / "qemu-system-x86_64")
        (self.tools / "help").write_text("--restart string   Restart policy\n")
        (self.tools / "read").touch()
        self.set_policy("always")
        self.namespaces = subprocess.Popen(
            ["unshare", *NAMESPACES, "--kill-child", "sh", "-c", OWN],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.addCleanup(self._end_namespaces)
        if self.namespaces.stdout.readline() != "ready\n":
            raise AssertionError("the namespaces of the host were not made")
        # The program that made them waits outside; its child is the first process inside.
        pid = self.namespaces.pid
        first = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0]
        path = f"{tools}:{os.environ['PATH']}"
        within = ["nsenter", "--mount", "--pid", "--target", first, "env", f"PATH={path}"]
        self.within = within
        self.execute(BEGIN[self.by])
        # A host of the test restarts within a second.
        self.useFixture(
            fixtures.MonkeyPatch("chaos.witnesses.init_start.TOLERANCE_SECONDS", 0.05)
        )
        for name in ("start_service", "release_service"):
            self.useFixture(fixtures.MonkeyPatch(f"chaos.recovery.{name}.LOOK_INTERVAL", 0.1))
        self.useFixture(fixtures.MonkeyPatch("chaos.recovery.start_service.RECHECK_SECONDS", 0.2))
        super()._setUp()

    def _end_namespaces(self):
        self.namespaces.kill()
        self.namespaces.wait()
        self.namespaces.stdout.close()

    def _config(self):
        boot = [*self.within, str(self.tools / "bin" / "boot"), *BEGIN[self.by].split()]
        return {**super()._config(), "within": self.within, "boot": boot}

    def write(self, **changes):
        """Write the hosts file: it restarts by itself, and its compute service is what it is."""
        compute = {"driver": "docker", "name": CONTAINER} if self.by == "docker" else UNIT
        changes = {"restarts_by_itself": True, "services": {"compute": compute}, **changes}
        return super().write(**changes)

    def execute(self, script):
        """Run a script on the host and return what it printed."""
        done = subprocess.run(
            [*self.within, "sh", "-c", script], check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def flag(self, name):
        """Let the host do something of its own at its next boot."""
        (self.tools / name).touch()

    def set_policy(self, policy, count=0):
        """Let the container have a restart policy."""
        self.config = self.tools / "containers" / "c1" / "hostconfig.json"
        self.config.write_text(
            f'{{"RestartPolicy": {{"Name": "{policy}", "Count": {count}}}}}\n'
        )

    def pid(self):
        """The number of the service's process, 0 if it does not run."""
        path = self.tools / "pid"
        if not path.exists():
            return 0
        return int(self.execute(f"kill -0 $(cat {path}) 2>/dev/null && cat {path} || echo 0"))

    def units(self):
        """All that lies in the folder of units."""
        return self.execute("find /etc/systemd/system -mindepth 1")
