# SPDX-License-Identifier: Apache-2.0
"""What tempest.conf says of a lab, by the lab's hosts and what was registered."""

import json
import tempfile
import unittest
from pathlib import Path

from oslo_config import cfg
from tempest import config

from lab.model.choices import Choices
from lab.model.plan import make_plan
from lab.outputs import tempest_conf

REGISTERED = tempest_conf.Registered(
    image="i-1",
    image_alt="i-2",
    public_network="n-1",
    multiattach="multiattach",
    extensions=("router", "trunk"),
)


class TempestConf(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def plan(self, hosts):
        return make_plan("lab", Choices(hosts=hosts), self.folder / "secrets")

    def parsed(self, hosts):
        """Return the file as Tempest itself reads it."""
        path = self.folder / "tempest.conf"
        path.write_text(
            tempest_conf.tempest_conf(
                self.plan(hosts), self.folder / "product", REGISTERED, Path("/cache/guest.img")
            )
        )
        conf = cfg.ConfigOpts()
        for group, options in config._opts:
            if group:
                conf.register_group(group)
            conf.register_opts(options, group=group.name if group else None)
        conf(["--config-file", str(path)])
        return conf

    def test_servers_are_not_sent_to_a_host_of_another_kind(self):
        conf = self.parsed(hosts=4)
        self.assertEqual(conf.compute.flavor_ref, "m.shared")
        self.assertFalse(conf["compute-feature-enabled"].can_migrate_between_any_hosts)
        self.assertEqual(conf.compute.min_compute_nodes, 2)
        self.assertEqual(conf.compute.migration_source_host, "compute1")
        self.assertEqual(conf.compute.migration_dest_host, "compute2")

    def test_one_host_of_a_kind_is_nothing_to_move_between(self):
        conf = self.parsed(hosts=2)
        self.assertEqual(conf.compute.min_compute_nodes, 1)
        self.assertIsNone(conf.compute.migration_dest_host)

    def test_the_other_image_is_another_one(self):
        conf = self.parsed(hosts=1)
        self.assertNotEqual(conf.compute.image_ref, conf.compute.image_ref_alt)

    def test_only_extensions_that_are_there_are_promised(self):
        conf = self.parsed(hosts=1)
        self.assertEqual(conf["network-feature-enabled"].api_extensions, ["router", "trunk"])

    def test_tempest_knows_every_option(self):
        conf = self.parsed(hosts=4)
        parser = cfg.ConfigParser(str(self.folder / "tempest.conf"), sections := {})
        parser.parse()
        # What is not Tempest's own.
        del sections["migration_chaos"], sections["oslo_concurrency"]
        for section, options in sections.items():
            for name in options:
                with self.subTest(f"[{section}] {name}"):
                    self.assertIn(name, conf[section])

    def test_copied_disks_are_migrated_as_blocks_within_their_kind(self):
        options = tempest_conf.of_kind(self.plan(4), "ephemeral", alone=True)
        self.assertEqual(options["compute"]["flavor_ref"], "m.ephemeral")
        self.assertEqual(options["compute"]["migration_source_host"], "compute3")
        self.assertTrue(options["compute-feature-enabled"]["block_migration_for_live_migration"])
        self.assertTrue(options["compute-feature-enabled"]["can_migrate_between_any_hosts"])

    def test_what_was_registered_is_read_from_what_the_registering_process_says(self):
        said = {
            "image": "i-1",
            "image_alt": "i-2",
            "public_network": "n-1",
            "multiattach": "multiattach",
            "extensions": ["router", "trunk"],
        }
        self.assertEqual(tempest_conf.Registered.read(json.dumps(said)), REGISTERED)
