# SPDX-License-Identifier: Apache-2.0
"""The control plane's parts say what the lab needs, keep secrets in closed files, fit together."""

import configparser
import re
import tempfile
import unittest
from pathlib import Path

import bcrypt

from lab.model.choices import Choices
from lab.model.plan import make_plan
from lab.services import all as services
from lab.services import cinder, glance, keystone, mariadb, memcached, placement, rabbitmq
from lab.services.common import auth
from lab.services.nova import common as nova_common
from lab.services.nova import control as nova_control

PARTS = (mariadb, rabbitmq, memcached, keystone, placement, glance, nova_control, cinder)
SERVICES = services.declared(())


class ControlPlaneTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.secrets = Path(folder.name)
        self.plan = make_plan("lab", Choices(hosts=4), self.secrets)

    def files(self, part):
        return {file.path: file for file in part.render(self.plan, self.plan.control).files}

    def config(self, part):
        parser = configparser.ConfigParser(interpolation=None, strict=True)
        parser.read_string(self.files(part)[part.CONFIG].content)
        return parser

    def test_compute_hosts_get_nothing_of_the_control_plane(self):
        for part in PARTS:
            for host in self.plan.computes:
                rendered = part.render(self.plan, host)
                self.assertEqual(((), ()), (rendered.files, rendered.units), part.__name__)

    def test_rendering_twice_gives_the_same(self):
        for part in PARTS:
            self.assertEqual(self.files(part), self.files(part), part.__name__)

    def test_files_with_a_secret_are_read_by_their_owner_only(self):
        for part in PARTS:
            for file in self.files(part).values():
                secrets = [path.read_text() for path in self.secrets.iterdir()]
                if any(secret in file.content for secret in secrets):
                    self.assertEqual(0, file.mode & 0o077, file.path)

    def test_no_command_line_holds_a_secret(self):
        for part in PARTS:
            for path, file in self.files(part).items():
                secrets = [secret.read_text() for secret in self.secrets.iterdir()]
                if path.endswith(".service"):
                    self.assertFalse([s for s in secrets if s in file.content], path)

    def test_every_unit_to_be_started_is_there(self):
        for part in PARTS:
            rendered = part.render(self.plan, self.plan.control)
            paths = {file.path for file in rendered.files}
            for unit in rendered.units:
                self.assertIn(f"/etc/systemd/system/{unit}", paths)

    def test_the_accounts_at_the_database_are_for_its_server_only(self):
        (file,) = mariadb.accounts(self.plan, self.plan.control, SERVICES).files
        self.assertEqual((0o600, "mysql:mysql"), (file.mode, file.owner))
        self.assertEqual((), mariadb.accounts(self.plan, self.plan.computes[0], SERVICES).files)

    def test_each_lab_has_its_own_secrets(self):
        with tempfile.TemporaryDirectory() as folder:
            other = make_plan("lab", Choices(hosts=4), Path(folder))
            ours, theirs = (mariadb.init_sql(plan, SERVICES) for plan in (self.plan, other))
            self.assertNotEqual(ours, theirs)
            for part in (rabbitmq, keystone):
                theirs = {f.path: f.content for f in part.render(other, other.control).files}
                ours = {path: file.content for path, file in self.files(part).items()}
                self.assertNotEqual(ours, theirs, part.__name__)

    def test_databases_are_opened_with_the_password_the_server_is_given(self):
        sql = mariadb.init_sql(self.plan, SERVICES)
        for service in SERVICES:
            self.assertIn(f"CREATE OR REPLACE USER '{service.name}'@'localhost'", sql)
            self.assertNotIn(self.plan.secrets[f"db-{service.name}"], sql)
        url = mariadb.database_url(self.plan, "nova", "nova_api")
        self.assertIn(f"nova:{self.plan.secrets['db-nova']}@", url)
        self.assertIn("/nova_api?", url)

    def test_the_statements_read_at_start_are_one_a_line(self):
        for line in mariadb.init_sql(self.plan, SERVICES).splitlines():
            self.assertRegex(line, r"^(CREATE|GRANT|UPDATE) .*;$")

    def test_keystone_accepts_the_passwords_the_services_use(self):
        sql = mariadb.init_sql(self.plan, SERVICES)
        stored = dict(
            (user, hashed)
            for hashed, user in re.findall(r"password_hash = '(.*?)' .*\.name = '(\w+)'", sql)
        )
        self.assertEqual({"admin", *(each.name for each in SERVICES if each.user)}, set(stored))
        for user, hashed in stored.items():
            password = self.plan.secrets[auth.password_secret(user)]
            self.assertTrue(bcrypt.checkpw(password.encode(), hashed.encode()), user)
            self.assertFalse(bcrypt.checkpw(b"placeholder", hashed.encode()), user)

    def test_keystones_keys_are_32_bytes_and_differ(self):
        keys = [f.content for path, f in self.files(keystone).items() if "-keys/" in path]
        self.assertEqual(4, len(set(keys)))
        self.assertEqual({44}, {len(key) for key in keys})

    def test_the_compute_hosts_share_of_novas_configuration_names_no_database(self):
        self.assertFalse([name for name in nova_common.common(self.plan) if "database" in name])

    def test_two_callers_of_the_shared_configuration_do_not_disturb_each_other(self):
        nova_common.common(self.plan)["DEFAULT"]["host"] = "compute1"
        self.assertNotIn("host", nova_common.common(self.plan)["DEFAULT"])

    def test_flavors_find_their_storage_by_aggregates(self):
        filters = self.config(nova_control)["filter_scheduler"]["enabled_filters"]
        self.assertIn("AggregateInstanceExtraSpecsFilter", filters.split(","))

    def test_a_host_is_not_down_before_several_reports_are_missed(self):
        default = nova_common.common(self.plan)["DEFAULT"]
        self.assertGreaterEqual(default["service_down_time"], 4 * default["report_interval"])

    def test_images_are_where_volumes_can_be_cloned_from_them(self):
        config = self.config(glance)
        self.assertEqual("true", config["DEFAULT"]["show_multiple_locations"])
        self.assertEqual("rbd:rbd", config["DEFAULT"]["enabled_backends"])

    def test_glance_takes_the_chunks_its_client_sends(self):
        """Of glanceclient.common.http, with their size in hexadecimal and two ends of line."""
        chunk = 1 << 20
        unit = self.files(glance)[f"/etc/systemd/system/{glance.UNIT}"].content
        found = re.search(r"--chunked-input-limit=(\d+)", unit)
        self.assertGreater(int(found[1]), chunk + len(f"{chunk:x}") + 4)

    def test_services_show_their_own_token_next_to_the_users(self):
        for part in (nova_control, cinder):
            section = self.config(part)["service_user"]
            self.assertEqual("true", section["send_service_user_token"], part.__name__)


if __name__ == "__main__":
    unittest.main()
