# SPDX-License-Identifier: Apache-2.0
"""The multinode job of Zuul runs the scenario that needs no BMC, by the hosts file it writes."""

from __future__ import annotations

import base64
import tempfile
import unittest
from pathlib import Path

import yaml

from chaos.inventory import load_inventory
from migration_tests.steps.crash import Crash
from migration_tests.steps.inject import Inject

TOP = Path(__file__).resolve().parents[3]
PLAYBOOK = TOP / "playbooks" / "multinode" / "hosts-file.yaml"
TEMPLATES = PLAYBOOK.parent / "templates"

try:
    import jinja2
except ImportError:  # not needed by the suite itself
    jinja2 = None

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHOSTKEY{number} root@node\n"
NODES = ("controller", "compute1")


def hostvars():
    return {
        name: {
            "ansible_facts": {"nodename": f"np{number}"},
            "nodepool": {"private_ipv4": f"192.0.2.{number}"},
            "chaos_host_key": {
                "content": base64.b64encode(KEY.format(number=number).encode()).decode()
            },
        }
        for number, name in enumerate(NODES, 1)
    }


@unittest.skipUnless(PLAYBOOK.is_file(), "the playbooks are not part of an installed package")
@unittest.skipUnless(jinja2, "jinja2 is not installed here")
class TheHostsFile(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        # As Ansible renders them.
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATES), trim_blocks=True, keep_trailing_newline=True
        )
        environment.filters["b64decode"] = lambda text: base64.b64decode(text).decode()
        groups = {"all": list(NODES), "tempest": ["controller"]}
        for name in ("hosts.yaml", "known_hosts"):
            text = environment.get_template(f"{name}.j2").render(
                groups=groups, hostvars=hostvars()
            )
            (self.folder / name).write_text(text)
        (self.folder / "id_ed25519").touch(mode=0o600)
        self.controller, self.compute = load_inventory(self.folder / "hosts.yaml")

    def test_names_the_nodes_as_nova_does_and_lets_the_compute_node_be_crashed_only(self):
        self.assertEqual(("np1", "np2"), (self.controller.name, self.compute.name))
        self.assertEqual((False, True), (self.controller.disturb, self.compute.disturb))
        self.assertEqual("", Crash().refuses(self.compute))
        self.assertIn("no bmc", Inject(via="ssh").refuses(self.compute))

    def test_knows_the_key_of_each_node(self):
        lines = (self.folder / "known_hosts").read_text().splitlines()
        self.assertEqual(["192.0.2.1", "192.0.2.2"], [line.split()[0] for line in lines])
        self.assertEqual(["ssh-ed25519"] * 2, [line.split()[1] for line in lines])


@unittest.skipUnless(PLAYBOOK.is_file(), "the playbooks are not part of an installed package")
class TheJob(unittest.TestCase):
    def test_uses_the_hosts_file_that_its_playbook_writes(self):
        jobs = yaml.safe_load((TOP / "zuul.d" / "jobs.yaml").read_text())
        (job,) = [one["job"] for one in jobs if one["job"]["name"] == "migration-chaos-multinode"]
        self.assertEqual(PLAYBOOK.relative_to(TOP).as_posix(), job["pre-run"])
        test_config = job["vars"]["devstack_local_conf"]["test-config"]["$TEMPEST_CONFIG"]
        plays = yaml.safe_load(PLAYBOOK.read_text())
        (folder,) = [play["vars"]["chaos_folder"] for play in plays if "vars" in play]
        self.assertEqual(f"{folder}/hosts.yaml", test_config["migration_chaos"]["hosts_file"])
        templates = [
            name for play in plays for task in play["tasks"] for name in task.get("loop", ())
        ]
        self.assertEqual(
            sorted(f"{name}.j2" for name in templates),
            sorted(path.name for path in TEMPLATES.iterdir()),
        )
