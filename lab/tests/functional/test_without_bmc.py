# SPDX-License-Identifier: Apache-2.0
"""A host without a BMC is crashed for real; its service stays down until it is recovered.

The real systemd, the real reboot(2), whoever dies in between. Needs root and the lab's root file
system (built, if it is not there); runs hosts without any of OpenStack on them.
``python -m unittest lab.tests.functional.test_without_bmc``
"""

import dataclasses
import json
import os
import subprocess
import sys
import unittest
from pathlib import Path
from types import SimpleNamespace

from lab.core.engine import RUNNER, CommandError
from lab.core.files import File, HostFiles
from lab.core.units import unit
from lab.outputs import products
from lab.services import base, sshd
from lab.tests.functional.hosts import UNITS, HostsCase

COMMAND = str(Path(sys.executable).with_name("migration-chaos"))
SERVICE = "nova-compute.service"
FOLDER = f"/etc/systemd/system/{SERVICE}.d"
HOLD = f"{FOLDER}/zz-migration-chaos-hold.conf"

# Makes of a host one whose configuration management removes what it does not know, at each boot.
PURGES = """\
mkdir -p /etc/systemd/system/lab.target.wants
cat > /etc/systemd/system/purge.service <<END
[Unit]
DefaultDependencies=no
After=systemd-tmpfiles-setup.service
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'rm -rf /etc/systemd/system/nova-compute.service.d; systemctl daemon-reload; \
systemctl start --no-block nova-compute.service'
END
ln -sf ../purge.service /etc/systemd/system/lab.target.wants/
sync /etc/systemd/system/purge.service /etc/systemd/system/lab.target.wants /etc/systemd/system
"""
UNPURGED = "rm -f /etc/systemd/system/purge.service /etc/systemd/system/lab.target.wants/purge.*"

COUNT = """
import sys
from chaos.deadline import Deadline
from chaos.inventory import load_inventory
from chaos.transport import HostShell
from chaos.witnesses.guests import count_guests
host = load_inventory(sys.argv[1]).host("compute1")
with HostShell(host) as shell:
    print(count_guests(shell, Deadline.after(30)))
"""


def _compute(plan, host):
    """What is called nova-compute here, and is not started if its own disk says so."""
    text = unit("a service", "/bin/sleep infinity", Restart="always")
    return HostFiles(files=(File(f"/etc/systemd/system/{SERVICE}", text),), units=(SERVICE,))


@unittest.skipUnless(os.geteuid() == 0, "needs root")
class WithoutBmcTest(HostsCase):
    name = "without-bmc-test"
    parts = (base, sshd, SimpleNamespace(render=_compute))
    units = (*UNITS, SERVICE)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls.folder / "product"
        plan = cls.engine.plan
        none = dataclasses.replace(plan.choices, bmc="none")
        products.write_access(dataclasses.replace(plan, choices=none), cls.product)
        cls.hosts_file = str(cls.product / "hosts.yaml")

    def setUp(self):
        self.state = self.folder / f"state-{self.id().rpartition('.')[2]}"
        self.addCleanup(self.shell, UNPURGED)
        self.wait_until("the service runs", lambda: self.active() == "active")

    # --- what is asked ----------------------------------------------------------------------

    def active(self):
        try:
            return self.shell(f"systemctl is-active {SERVICE} || true")
        except CommandError:
            return ""

    def pid(self):
        return int(self.shell(f"systemctl show --property=MainPID --value {SERVICE}"))

    def held(self):
        return self.shell(f"ls {FOLDER} 2>/dev/null || true")

    def chaos(self, *words):
        """Run a command of the library, and return its status and its document."""
        state = [] if words[0] == "hosts" else ["--state", str(self.state)]
        done = subprocess.run(
            self.engine.command(RUNNER, [COMMAND, *words, *state, "--json"]),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        self.assertTrue(done.stdout, done.stderr)
        return done.returncode, json.loads(done.stdout)

    def crash(self, *words):
        words = ("inject", "panic", "compute1", "--hosts", self.hosts_file, *words)
        return self.chaos(*words, "--for", "1s")

    def killed_at(self, phase):
        """Crash the host with a runner that kills itself at an event."""
        words = ["--hosts", self.hosts_file, "--host", "compute1", "--state", str(self.state)]
        words += ["--run", "killed", "--fault", "panic", "--words", '{"hold": "compute"}']
        words += ["--die-at", phase]
        python = [sys.executable, "-m", "chaos.tests.killmatrix", *words]
        done = subprocess.run(
            self.engine.command(RUNNER, python), capture_output=True, text=True, check=False
        )
        self.assertNotEqual(0, done.returncode, done.stderr)

    def is_whole(self):
        """The keeper has put all back."""
        self.wait_until("nothing is open", lambda: not self.chaos("status")[1]["faults"])
        self.assertEqual(("active", ""), (self.active(), self.held()))

    # --- what must be so --------------------------------------------------------------------

    def test_systemd_masks_no_unit_whose_file_lies_where_the_mask_would(self):
        with self.assertRaisesRegex(CommandError, "already exists"):
            self.shell(f"systemctl mask {SERVICE}")

    def test_hosts_check_says_that_it_may_be_crashed_and_not_be_switched_off(self):
        _, document = self.chaos("hosts", "check", "--hosts", self.hosts_file)
        (row,) = document["hosts"]
        self.assertEqual((True, ""), (row["restarts_by_itself"], row["crash"]))
        self.assertIn("has no bmc", row["power_off"]["ssh"])

    def test_the_service_stays_down_and_is_as_before_at_the_end(self):
        before = self.boot_id()
        self.shell("echo lost > /var/lost")
        status, said = self.crash("--hold", "compute")
        self.assertEqual((0, "injected", True, ""), (
            status, said["verdict"], said["recovered"], said["flaw"]
        ), said)  # fmt: skip
        says = {one["witness"]: one["says"] for one in said["witnesses"]}
        self.assertEqual({"boot_id": "dead", "init_start": "dead", "guests": "absent"}, says)
        self.assertNotEqual(before, self.boot_id())
        self.assertEqual(("active", ""), (self.active(), self.held()))
        # The file that holds it was synced, and nothing else. The name of another may have been:
        # one sync commits the file system's whole journal; but not what was written to it.
        self.assertEqual("", self.shell("cat /var/lost 2>/dev/null || true"))
        # That it was not started shows in its journal: a condition, not a failure.
        self.assertIn("ConditionPathExists", self.shell(f"journalctl -b -u {SERVICE} --no-pager"))

    def test_what_others_have_put_beside_the_hold_stays(self):
        self.shell(f"mkdir -p {FOLDER}; echo '[Service]' > {FOLDER}/theirs.conf; sync {FOLDER}/*")
        self.addCleanup(self.shell, f"rm -rf {FOLDER}; systemctl daemon-reload")
        status, said = self.crash("--hold", "compute")
        self.assertEqual((0, ""), (status, said["flaw"]), said)
        self.assertEqual("theirs.conf", self.held())

    def test_a_hold_that_is_purged_at_the_boot_is_said(self):
        self.shell(PURGES)
        status, said = self.crash("--hold", "compute")
        self.assertEqual((1, "injected", True), (
            status, said["verdict"], said["recovered"]
        ), said)  # fmt: skip
        self.assertIn("the compute service of compute1 does not stay down", said["flaw"])
        self.assertIn(HOLD, said["flaw"])

    def test_a_guest_is_counted_by_the_name_of_its_process(self):
        self.addCleanup(self.shell, "rm -f /usr/local/bin/qemu-*")
        self.assertEqual("0", self.guests())
        self.shell("cp /bin/sleep /usr/local/bin/qemu-system-x86_64")
        self.shell("cp /bin/sleep /usr/local/bin/qemu-ga")
        for name in ("qemu-ga", "qemu-system-x86_64"):
            self.shell(f"systemd-run --unit=guest-{name} /usr/local/bin/{name} infinity")
            self.addCleanup(self.shell, f"systemctl stop guest-{name}")
        self.assertEqual("1", self.guests())

    def guests(self):
        """How many guests the witness counts on the host."""
        ask = [sys.executable, "-c", COUNT, self.hosts_file]
        return self.engine.execute(RUNNER, ask).strip()

    def test_a_runner_killed_between_hold_and_crash_leaves_nothing_held(self):
        before = self.boot_id(), self.pid()
        self.killed_at("fault.held")
        self.is_whole()
        self.assertEqual(before, (self.boot_id(), self.pid()))

    def test_a_runner_killed_after_the_crash_has_its_keeper_release_the_service(self):
        before = self.boot_id()
        self.killed_at("fault.injected")
        self.is_whole()
        self.assertNotEqual(before, self.boot_id())


if __name__ == "__main__":
    unittest.main()
