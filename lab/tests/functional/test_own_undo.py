# SPDX-License-Identifier: Apache-2.0
"""What is cut, slowed or filled on a host is so for real, and undone whoever lives to do it.

Needs root and the lab's root file system (built, if it is not there); runs hosts without any of
OpenStack on them. ``python -m unittest lab.tests.functional.test_own_undo``
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from lab.core.engine import RUNNER, CommandError
from lab.outputs import products
from lab.services import base, ovs, sshd
from lab.tests.functional.hosts import UNITS, HostsCase

COMMAND = str(Path(sys.executable).with_name("migration-chaos"))


class OwnUndoTest(HostsCase):
    name = "own-undo-test"
    hosts = 2
    parts = (base, sshd, ovs)
    units = (*UNITS, ovs.SETUP_UNIT)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls.folder / "product"
        products.write_access(cls.engine.plan, cls.product)

    def setUp(self):
        self.state = self.folder / f"state-{self.id().rpartition('.')[2]}"

    def words(self, *words):
        state = ["--state", str(self.state)]
        return self.engine.command(RUNNER, [COMMAND, *words, *state])

    def start(self, fault, *words):
        """Start it and return when it is injected, or over."""
        words = [fault, "compute1", "--hosts", str(self.product / "hosts.yaml"), *words]
        process = subprocess.Popen(
            self.words("inject", *words, "--json"),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        output = ""
        for line in process.stderr:
            output += line
            if line.startswith(("injected", "unknown", "refused")):
                break
        if not output.endswith("injected\n"):
            process.send_signal(signal.SIGINT)
            self.fail(output + process.communicate(timeout=240)[0])
        return process

    def ended(self, process):
        """End the holding and return what it printed."""
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=240)
        output = json.loads(out)
        ended = output["verdict"], output["recovered"]
        self.assertEqual(("injected", True), ended, (output, err))
        self.nothing_left()
        return output

    def nothing_left(self):
        script = (
            "nft list tables; tc qdisc show | grep c4a0:; "
            "systemctl list-units --all --no-legend 'migration-chaos-recover-*'; "
            "ls -d /var/lib/nova/instances/.migration-chaos-*; true"
        )
        self.assertEqual("", self.shell(script))

    def answers(self, address, host):
        try:
            self.engine.execute(host, ["ping", "-n", "-q", "-c", "1", "-W", "0.5", address])
        except CommandError:
            return False
        return True

    def both_ways(self, network):
        """Who of two hosts reaches the other on a network."""
        one, two = (self.engine.plan.host(name) for name in ("compute1", "compute2"))
        return [
            self.answers(getattr(two, network), one.name),
            self.answers(getattr(one, network), two.name),
        ]

    def keeper(self):
        (path,) = self.state.glob("*.keeper")
        return int(path.read_text())

    def test_with_runner_and_keeper_killed_the_host_undoes_its_own_isolation(self):
        before = self.boot_id()
        words = ("--networks", "management", "--recover-after", "30s")
        process = self.start("network_partition", *words)
        self.assertEqual([False, False], self.both_ways("mgmt"))
        os.kill(self.keeper(), signal.SIGKILL)
        process.kill()
        process.wait()
        self.assertIn("migration_chaos_", self.shell("nft list tables"))
        self.wait_until("the host is reached", lambda: all(self.both_ways("mgmt")))
        self.assertEqual("", self.shell("nft list tables"))
        status = subprocess.run(self.words("status", "--json"), check=False, capture_output=True)
        self.assertEqual(1, status.returncode, status.stdout)
        done = subprocess.run(self.words("recover", "--json"), check=False, capture_output=True)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn(b"recovered by the host's own timer", done.stdout)
        self.assertEqual(before, self.boot_id())
        self.nothing_left()

    def test_a_host_whose_own_undo_is_lost_is_reset_by_its_bmc(self):
        before = self.boot_id()
        words = ("--networks", "management", "--recover-after", "30s", "--power-cycle")
        process = self.start("network_partition", *words)
        self.shell("systemctl stop 'migration-chaos-recover-*.timer'")
        output = self.ended(process)
        self.assertIn("gone with the system", output["found"])
        self.assertNotEqual(before, self.boot_id())
        self.assertEqual([True, True], self.both_ways("mgmt"))

    def test_a_storage_network_is_cut_both_ways_and_no_other(self):
        process = self.start("network_partition", "--networks", "storage")
        self.assertEqual([False, False], self.both_ways("storage"))
        self.assertEqual([True, True], self.both_ways("mgmt"))
        self.ended(process)
        self.assertEqual([True, True], self.both_ways("storage"))

    def test_a_tunnel_is_cut_although_a_switch_in_user_space_reads_it(self):
        self.wait_until("the tunnel is up", lambda: all(self.both_ways("tunnel")))
        process = self.start("network_partition", "--networks", "tunnel")
        self.assertEqual([False, False], self.both_ways("tunnel"))
        self.ended(process)
        self.wait_until("the tunnel is up", lambda: all(self.both_ways("tunnel")))

    def test_the_way_of_the_login_itself_is_slowed(self):
        before = self.shell("tc qdisc show dev eth0")
        self.ended(self.start("slow_network", "--networks", "management"))
        self.assertEqual(before, self.shell("tc qdisc show dev eth0"))

    def test_a_tunnel_is_slowed(self):
        self.wait_until("the tunnel is up", lambda: all(self.both_ways("tunnel")))
        self.ended(self.start("slow_network", "--networks", "tunnel", "--rate", "500kbit"))

    def test_the_disk_of_the_instances_is_full(self):
        self.shell("mkdir -p /var/lib/nova/instances")
        process = self.start("disk_full", "--leave", "64K", "--root-too")
        with self.assertRaisesRegex(CommandError, "No space left"):
            self.shell("head -c 8M /dev/zero > /var/lib/nova/instances/more")
        self.shell("rm -f /var/lib/nova/instances/more")
        self.ended(process)

    def test_a_host_that_panics_starts_anew_by_itself(self):
        before = self.boot_id()
        self.ended(self.start("panic"))
        self.assertNotEqual(before, self.boot_id())
