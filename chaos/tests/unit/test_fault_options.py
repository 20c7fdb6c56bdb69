# SPDX-License-Identifier: Apache-2.0
"""Options of a command line become a fault, or one sentence for each thing that is wrong."""

from pathlib import Path

import fixtures
import testtools

from chaos import errors, faults
from chaos.deadline import Deadline
from chaos.inventory import load_inventory
from chaos.journal.state import StateFolder
from chaos.run import Run

HOSTS = """
version: 1
hosts:
  - name: compute1
    disturb: true
    ssh: {address: 192.0.2.1, user: root, known_hosts_file: known_hosts}
    networks: {management: eno1, storage: eno2}
"""


class OptionsTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.useFixture(fixtures.MonkeyPatch("chaos.journal.state.TEMPORARY", ()))
        folder = Path(self.useFixture(fixtures.TempDir()).path)
        (folder / "known_hosts").write_text("")
        (folder / "hosts.yaml").write_text(HOSTS)
        inventory = load_inventory(folder / "hosts.yaml")
        self.host = inventory.host("compute1")
        run = Run(inventory, state=StateFolder(folder / "state"), keeper=False)
        self.more = {"run": run, "deadline": Deadline.after(5)}

    def make(self, kind, **words):
        return faults.make_fault(kind, self.host, words, **self.more)

    def refusal(self, kind, **words):
        refused = self.assertRaises(errors.FaultRefused, self.make, kind, **words)
        return str(refused)

    def test_texts_become_what_the_fault_takes(self):
        fault = self.make("network_partition", networks="storage, management", peers="192.0.2.9")
        self.assertEqual(("storage", "management"), fault.networks)
        self.assertEqual(("192.0.2.9",), fault.peers)
        fault = self.make("slow_network", networks="storage", rate="500kbit", delay="80ms")
        self.assertEqual((500_000, 0.08), (fault.rate, fault.delay))
        fault = self.make("disk_full", leave="64K", root_too="yes")
        self.assertEqual((65536, True), (fault.leave, fault.root_too))
        self.assertEqual("/var/lib/nova/instances", fault.path)

    def test_every_wrong_option_is_named(self):
        self.assertIn("The option --networks is missing: names", self.refusal("slow_network"))
        said = self.refusal("slow_network", networks="storage", rate="fast", delay="long")
        self.assertIn("'fast' is no rate", said)
        self.assertIn("'long' is no time", said)
        self.assertIn("panic has no option networks", self.refusal("panic", networks="storage"))

    def test_a_host_is_powered_off_by_its_bmc_unless_another_way_is_named(self):
        self.assertEqual("bmc", self.make("power_off").via)
        self.assertEqual("ssh", self.make("power_off", via="ssh").via)
