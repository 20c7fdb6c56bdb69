# SPDX-License-Identifier: Apache-2.0
"""What each choice changes in a lab's files, and which choices do not go together."""

import configparser
import tempfile
import unittest
from pathlib import Path

import yaml

from lab.core import containers
from lab.core.cache import Cache
from lab.lifecycle.making import Making
from lab.model.choices import BMCS, NO_BMC, ChoiceError, Choices
from lab.model.layout import layout, shared_folders
from lab.model.plan import INSTANCES, make_plan
from lab.outputs import products, tempest_conf
from lab.services import ceph, cinder, libvirt, metadata_agent, neutron, qemu_wrapper
from lab.services.all import render
from lab.services.ceph import auth
from lab.services.nova import common as nova_common
from lab.services.nova import compute as nova_compute
from lab.services.nova import control as nova_control

REGISTERED = tempest_conf.Registered(
    image="image",
    image_alt="other",
    public_network="network",
    multiattach="multiattach",
    extensions=(),
)


class ChoicesCase(unittest.TestCase):
    def plan(self, **choices):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return make_plan("test", Choices(**choices), Path(folder.name) / "secrets")

    def files(self, part, plan, host):
        rendered = part.render(plan, plan.host(host))
        return {file.path: str(file.content) for file in rendered.files}

    def ini(self, text):
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string(text)
        return parser

    def nova(self, plan, host):
        part = nova_control if host == "control" else nova_compute
        return self.ini(self.files(part, plan, host)[nova_common.CONFIG])

    def tempest(self, plan):
        return self.ini(
            tempest_conf.tempest_conf(plan, Path("/product"), REGISTERED, Path("/image"))
        )


class GoingTogetherTest(ChoicesCase):
    def test_hosts_without_disks_cannot_share_a_folder(self):
        with self.assertRaisesRegex(ChoiceError, "leave out --shared or --driver fake"):
            Choices(driver="fake", shared="dir")

    def test_a_backend_is_chosen_once(self):
        with self.assertRaisesRegex(ChoiceError, "'rbd' is chosen twice"):
            Choices(backends=("rbd", "rbd"))


class SharedFolderTest(ChoicesCase):
    def setUp(self):
        self.lab = self.plan(hosts=4, shared="dir")

    def configuration(self, host):
        return containers.configuration(layout(self.lab).host(host), "group")

    def test_only_hosts_with_shared_storage_have_it(self):
        line = f"lxc.mount.entry = /lab/shared/instances {INSTANCES.lstrip('/')} none bind"
        for host in self.lab.computes:
            self.assertEqual(
                host.kind == "shared", line in self.configuration(host.name), host.name
            )
        self.assertNotIn(INSTANCES.lstrip("/"), self.configuration("control"))

    def test_it_lies_beside_the_hosts_own_disks(self):
        for host in self.lab.hosts:
            for name in shared_folders(host):
                self.assertNotIn(containers.DISKS, f"/lab/shared/{name}")

    def test_libvirt_knows_where_a_disk_is_no_other_hosts(self):
        for host in self.lab.computes:
            text = self.files(libvirt, self.lab, host.name)["/etc/libvirt/qemu.conf"]
            listed = f'shared_filesystems = [ "{INSTANCES}" ]' in text
            self.assertEqual(host.kind == "shared", listed, host.name)

    def test_nova_keeps_disks_in_files_and_its_identity_elsewhere(self):
        for host in self.lab.computes:
            settings = self.nova(self.lab, host.name)
            self.assertEqual("qcow2", settings["libvirt"]["images_type"])
            self.assertNotIn("workarounds", settings)
            # compute_id lies in state_path.
            self.assertNotIn(INSTANCES, settings["DEFAULT"]["state_path"])

    def test_ceph_keeps_volumes_and_images_only(self):
        self.assertEqual(("volumes", "images"), ceph.pools(self.lab))
        for host in self.lab.computes:
            paths = self.files(ceph, self.lab, host.name)
            self.assertNotIn("/etc/ceph/ceph.client.nova.keyring", paths)
            self.assertIn("/etc/ceph/ceph.client.cinder.keyring", paths)

    def test_the_suite_sees_the_same_as_with_ceph(self):
        other = self.plan(hosts=4)
        ours, theirs = self.tempest(self.lab), self.tempest(other)
        self.assertEqual(dict(ours["migration_chaos"]), dict(theirs["migration_chaos"]))


class BackendsTest(ChoicesCase):
    def cinder(self, plan):
        return self.ini(self.files(cinder, plan, "control")[cinder.CONFIG])

    def test_each_has_a_pool_and_a_section_of_its_own(self):
        lab = self.plan(hosts=1, backends=("rbd", "rbd2"))
        found = self.cinder(lab)
        self.assertEqual("rbd,rbd2", found["DEFAULT"]["enabled_backends"])
        pools = [found[name]["rbd_pool"] for name in ("rbd", "rbd2")]
        self.assertEqual(["volumes", "volumes2"], pools)
        self.assertEqual({"volumes", "volumes2", "images", "vms"}, set(ceph.pools(lab)))
        for name in ("rbd", "rbd2"):
            self.assertEqual(name, found[name]["volume_backend_name"])

    def test_cinders_user_may_write_to_every_pool_of_volumes(self):
        allowed = auth.CAPABILITIES["client.cinder"]["osd"]
        for pool in ceph.VOLUME_POOLS.values():
            self.assertIn(f"profile rbd pool={pool}", allowed.split(", "))
        self.assertNotIn("volumes2", auth.CAPABILITIES["client.nova"]["osd"])

    def test_the_first_is_the_default_one(self):
        lab = self.plan(hosts=1, backends=("rbd2", "rbd"))
        self.assertEqual("rbd2", self.cinder(lab)["DEFAULT"]["default_volume_type"])
        conf = self.tempest(lab)
        self.assertEqual("rbd2", conf["volume"]["volume_type"])
        self.assertEqual("rbd2,rbd", conf["volume"]["backend_names"])
        self.assertEqual("true", conf["volume-feature-enabled"]["multi_backend"])

    def test_one_alone_is_not_said_to_be_several(self):
        conf = self.tempest(self.plan(hosts=1))
        self.assertEqual("false", conf["volume-feature-enabled"]["multi_backend"])
        self.assertNotIn("rbd2", self.cinder(self.plan(hosts=1)))


class ManyHostsTest(ChoicesCase):
    def test_they_report_less_often_and_are_seen_down_later(self):
        few, many = self.plan(hosts=8), self.plan(hosts=24, driver="fake")
        for host in ("control", "compute1"):
            soon, late = (self.nova(lab, host)["DEFAULT"] for lab in (few, many))
            self.assertEqual(("2", "12"), (soon["report_interval"], soon["service_down_time"]))
            self.assertEqual(("6", "36"), (late["report_interval"], late["service_down_time"]))

    def test_they_boot_when_the_controller_is_up(self):
        for hosts, needed in ((8, False), (9, True)):
            making = Making(self.plan(hosts=hosts), Cache(), Path("/lab"), Path("/product"))
            (computes,) = [step for step in making.steps() if step.name == "computes"]
            self.assertEqual(needed, "control" in computes.needs)


class FakeDriverTest(ChoicesCase):
    def setUp(self):
        self.lab = self.plan(hosts=3, driver="fake")

    def test_nothing_that_serves_guests_is_on_its_hosts(self):
        for part in (libvirt, qemu_wrapper, metadata_agent, ceph):
            self.assertEqual({}, self.files(part, self.lab, "compute1"), part.__name__)

    def test_no_unit_waits_for_one_that_is_not_there(self):
        host = self.lab.host("compute1")
        rendered = render(self.lab, host)
        there = {file.path.rpartition("/")[2] for part in rendered for file in part.files}
        self.assertNotIn(libvirt.UNIT, there)
        for part in rendered:
            for file in part.files:
                self.assertNotIn(libvirt.UNIT, str(file.content), file.path)

    def test_a_host_is_the_same_compute_node_after_a_restart(self):
        settings = self.nova(self.lab, "compute1")
        driver = settings["DEFAULT"]["compute_driver"]
        self.assertEqual("fake.FakeDriverWithoutFakeNodes", driver)
        self.assertNotIn("libvirt", settings)

    def test_hundreds_of_servers_are_allowed(self):
        self.assertEqual("-1", self.nova(self.lab, "control")["quota"]["instances"])
        text = self.files(neutron, self.lab, "control")[neutron.CONFIG]
        self.assertEqual("-1", self.ini(text)["quotas"]["quota_port"])

    def test_the_hosts_file_names_a_bmc_but_no_libvirt(self):
        for entry in yaml.safe_load(products.hosts(self.lab, Path("/product")))["hosts"]:
            self.assertNotIn("libvirt", entry["services"])
            self.assertTrue(entry["bmc"]["address"])

    def test_the_suite_learns_of_no_guest(self):
        conf = self.tempest(self.lab)
        self.assertEqual("m.fake", conf["compute"]["flavor_ref"])
        self.assertEqual("false", conf["validation"]["run_validation"])
        self.assertEqual([], [key for key in conf["migration_chaos"] if key.startswith("flavor")])


class WaysToSwitchHostsTest(ChoicesCase):
    def bmcs(self, way):
        lab = self.plan(bmc=way)
        return [host["bmc"] for host in yaml.safe_load(products.hosts(lab, Path("/p")))["hosts"]]

    def test_are_what_the_hosts_file_says_of_every_host(self):
        for way in set(BMCS) - {NO_BMC}:
            with self.subTest(way):
                self.assertEqual({way}, {bmc["driver"] for bmc in self.bmcs(way)})

    def test_are_none_where_hosts_only_restart_by_themselves(self):
        text = products.hosts(self.plan(bmc=NO_BMC), Path("/p"))
        entries = yaml.safe_load(text)["hosts"]
        self.assertEqual({True}, {entry["restarts_by_itself"] for entry in entries})
        self.assertEqual({False}, {"bmc" in entry for entry in entries})

    def test_over_redfish_name_the_authority_that_signed_the_certificates(self):
        self.assertEqual({products.BMC_AUTHORITY}, {b["ca_file"] for b in self.bmcs("redfish")})

    def test_by_commands_hold_no_password_and_find_its_file_from_anywhere(self):
        for bmc in self.bmcs("command"):
            for action in ("on", "off", "status"):
                self.assertEqual(action, bmc[f"power_{action}"][-1])
                self.assertTrue(any(word.startswith("/p/bmc-") for word in bmc["power_on"]))


if __name__ == "__main__":
    unittest.main()
