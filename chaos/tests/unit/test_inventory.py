# SPDX-License-Identifier: Apache-2.0
"""The hosts file: what is read from it, and what is wrong with it, all at once."""

import os
import pickle
import textwrap
from pathlib import Path

import fixtures
import jsonschema
import testtools
import yaml
from testtools import matchers

from chaos import errors, inventory
from chaos.inventory import checks
from chaos.inventory.secret import Secret

SAMPLE = Path(__file__).parents[3] / "etc" / "hosts.yaml.sample"

GOOD = """\
version: 1
hosts:
  - name: compute1
    ssh: {address: 192.0.2.11, user: root, key_file: keys/id, known_hosts_file: known_hosts}
    bmc: {driver: ipmi, address: 192.0.2.111, user: admin, password: {file: keys/bmc}}
    disturb: true
  - name: compute2
    ssh: {address: 192.0.2.12, port: 2222, user: stack, known_hosts_file: known_hosts, sudo: true}
    disturb: false
"""


class InventoryTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = Path(self.useFixture(fixtures.TempDir()).path)
        (self.folder / "keys").mkdir()
        for name in ("keys/id", "keys/bmc", "known_hosts"):
            (self.folder / name).write_text("s3cret of nobody\n")
            (self.folder / name).chmod(0o600)

    def load(self, text):
        path = self.folder / "hosts.yaml"
        path.write_text(textwrap.dedent(text))
        return inventory.load_inventory(path)

    def problems(self, text):
        return self.assertRaises(errors.InventoryError, self.load, text).problems

    def test_a_good_file_becomes_hosts_with_their_defaults(self):
        found = self.load(GOOD)
        self.assertEqual(("compute1", "compute2"), found.names)
        first, second = found
        self.assertTrue(first.disturb)
        self.assertEqual(22, first.ssh.port)
        self.assertEqual((623, "ADMINISTRATOR", None), bmc_words(first.bmc))
        self.assertEqual("nova-compute.service", first.services.compute.name)
        self.assertIsNone(second.bmc)
        self.assertTrue(second.ssh.sudo)
        self.assertEqual((False, False), tuple(one.restarts_by_itself for one in found))

    def test_that_a_host_restarts_by_itself_is_said_or_not_so(self):
        said = self.load(GOOD + "    restarts_by_itself: true\n").host("compute2")
        self.assertTrue(said.restarts_by_itself)
        (found,) = self.problems(GOOD + "    restarts_by_itself: 5m\n")
        self.assertIn("line 10: hosts[1].restarts_by_itself: '5m' is not of type", found)

    def test_paths_are_relative_to_the_file_wherever_the_process_stands(self):
        here = os.getcwd()
        self.addCleanup(os.chdir, here)
        self.load(GOOD)
        os.chdir(self.folder.parent)
        relative = Path(self.folder.name) / "hosts.yaml"
        host = inventory.load_inventory(relative).host("compute1")
        os.chdir("/")
        self.assertEqual(self.folder / "keys/id", host.ssh.key_file)
        self.assertEqual("s3cret of nobody", host.bmc.password.reveal())

    def test_an_unknown_host_is_answered_with_the_known_names(self):
        unknown = self.assertRaises(errors.UnknownHost, self.load(GOOD).host, "compute7")
        self.assertThat(str(unknown), matchers.Contains("compute1, compute2"))

    def test_every_problem_is_reported_at_once_with_its_line(self):
        found = self.problems(
            """\
            version: 2
            hosts:
              - name: compute1
                ssh: {address: 192.0.2.11, user: root, known_hosts_file: absent}
                disturb: maybe
              - name: compute1
                ssh:
                  address: 192.0.2.11
                  prot: 22
                  user: root
                  known_hosts_file: known_hosts
                bmc:
                  driver: ipmi
                  address: 192.0.2.111
                  port: 70000
                  user: admin
                  password: hunter2
            """
        )
        expected = {
            "line 1: version: ": "1 was expected",
            "line 4: hosts[0].ssh.known_hosts_file: ": "No such file",
            "line 5: hosts[0].disturb: ": "'maybe' is not of type 'boolean'",
            "line 6: hosts[1].name: ": "given before, on line 3",
            "line 6: hosts[1]: ": "'disturb' is a required property",
            "line 8: hosts[1].ssh.address: ": "given before, on line 4",
            "line 9: hosts[1].ssh.prot: ": "unknown key",
            "line 15: hosts[1].bmc.port: ": "70000 is greater than",
            "line 17: hosts[1].bmc.password: ": "may not stand in this file",
        }
        self.assertEqual(len(expected), len(found), found)
        for start, part in expected.items():
            self.assertTrue(any(one.startswith(start) and part in one for one in found), start)
        self.assertNotIn("hunter2", "".join(found))

    def test_a_password_given_as_an_unknown_source_is_not_quoted(self):
        for written in ("{text: hunter2}", "{file: [hunter2]}", "[hunter2]"):
            found = self.problems(GOOD.replace("{file: keys/bmc}", written))
            self.assertNotIn("hunter2", "".join(found))

    def test_a_key_given_twice_is_a_problem_because_one_of_them_would_be_lost(self):
        found = self.problems(GOOD.replace("disturb: true", "disturb: false\n    disturb: true"))
        self.assertEqual(("line 7: hosts[0].disturb: key given twice",), found)

    def test_two_hosts_may_not_share_a_bmc(self):
        shared = GOOD + (
            "    bmc: {driver: ipmi, address: 192.0.2.111, user: admin, "
            "password: {file: keys/bmc}}\n"
        )
        (found,) = self.problems(shared)
        self.assertIn("bmc address 192.0.2.111 port 623 was given before, on line 5", found)

    def test_each_power_driver_takes_its_own_keys_and_no_others(self):
        redfish = GOOD.replace("driver: ipmi", "driver: redfish")
        trusting = redfish.replace("admin,", "admin, ca_file: known_hosts,")
        host = self.load(trusting).host("compute1")
        self.assertEqual((443, True), (host.bmc.port, host.bmc.verify))
        self.assertEqual(self.folder / "known_hosts", host.bmc.ca_file)
        (found,) = self.problems(redfish.replace("admin,", "admin, cipher_suite: 3,"))
        self.assertIn("cipher_suite: unknown key; known here: address, ca_file", found)
        (found,) = self.problems(redfish.replace("admin,", "admin, ca_file: absent,"))
        self.assertIn("No such file", found)
        command = (
            "version: 1\nhosts:\n"
            "  - name: compute1\n    disturb: true\n"
            "    ssh: {address: 192.0.2.11, user: root, known_hosts_file: known_hosts}\n"
            "    bmc: {driver: command, power_on: [switch, 'on'], power_off: [switch, 'off'], "
            "power_status: [ask]}\n"
        )
        self.assertEqual(("switch", "off"), self.load(command).host("compute1").bmc.power_off)
        (found,) = self.problems(command.replace(", power_status: [ask]", ""))
        self.assertIn("line 6: hosts[0].bmc: 'power_status' is a required property", found)
        (found,) = self.problems(GOOD.replace("driver: ipmi", "driver: telepathy"))
        self.assertIn("'telepathy' is not one of", found)

    def test_a_service_is_what_runs_it_and_its_name(self):
        text = GOOD + "    services: {driver: docker, compute: nova_compute, libvirt: %s}\n"
        found = self.load(text % "{name: virtqemud.service, driver: systemd}").hosts[1].services
        self.assertEqual(("docker", "nova_compute"), (found.compute.driver, found.compute.name))
        self.assertEqual("systemd", found.libvirt.driver)
        (found,) = self.problems(text % "{driver: systemd}")
        self.assertIn("services.libvirt", found)

    def test_files_that_are_no_yaml_are_reported_with_the_line(self):
        self.assertIn("line 2: not valid YAML", self.problems("hosts:\n  - {a: [}\n")[0])
        self.assertIn("empty", self.problems("# nothing\n")[0])
        self.assertIn("refers to itself", self.problems("version: 1\nhosts: &a [*a]\n")[0])
        self.assertIn("is not of type 'object'", self.problems("- a\n")[0])

    def test_a_file_that_is_not_there_is_reported(self):
        lost = self.assertRaises(
            errors.InventoryError, inventory.load_inventory, self.folder / "absent.yaml"
        )
        self.assertIn("No such file", str(lost))

    def test_secrets_that_others_can_read_are_refused(self):
        (self.folder / "keys/bmc").chmod(0o640)
        (found,) = self.problems(GOOD)
        self.assertIn("line 5: hosts[0].bmc.password.file: ", found)
        self.assertIn("chmod 600", found)

    def test_a_password_variable_that_is_not_set_is_reported_before_anything_starts(self):
        text = GOOD.replace("{file: keys/bmc}", "{env: NO_SUCH_PASSWORD}")
        self.assertIn("NO_SUCH_PASSWORD is not set", self.problems(text)[0])
        self.useFixture(fixtures.EnvironmentVariable("NO_SUCH_PASSWORD", "x"))
        self.assertEqual("x", self.load(text).host("compute1").bmc.password.reveal())

    def test_no_representation_of_a_host_holds_a_password(self):
        host = self.load(GOOD).host("compute1")
        self.assertNotIn("s3cret", repr(host) + str(host) + repr(vars(host.bmc)))

    def test_the_sample_is_right_but_for_the_files_it_names(self):
        document = yaml.safe_load(SAMPLE.read_text())
        validator = jsonschema.Draft202012Validator(checks.schema())
        self.assertEqual([], [error.message for error in validator.iter_errors(document)])


class SecretTest(testtools.TestCase):
    def test_a_command_gives_the_first_line_it_prints(self):
        self.assertEqual("a b", Secret(command=("printf", "a b\\nc\\n")).reveal())

    def test_what_a_failing_command_printed_is_not_shown(self):
        lost = self.assertRaises(
            errors.SecretError, Secret(command=("sh", "-c", "printf %s%s hunt er2; exit 3")).reveal
        )
        self.assertIn("status 3", str(lost))
        self.assertNotIn("hunter2", str(lost) + repr(lost.__context__) + repr(lost.__cause__))

    def test_an_empty_source_is_an_error(self):
        self.assertRaises(errors.SecretError, Secret(command=("true",)).reveal)
        self.assertRaises(errors.SecretError, Secret(env="NO_SUCH_PASSWORD").reveal)
        self.assertRaises(errors.SecretError, Secret(file=Path("/dev/null")).reveal)
        self.assertRaises(errors.SecretError, Secret(file=Path("/absent")).reveal)

    def test_a_secret_cannot_be_pickled(self):
        self.assertRaises(TypeError, pickle.dumps, Secret(env="NO_SUCH_PASSWORD"))


def bmc_words(bmc):
    return bmc.port, bmc.privilege, bmc.cipher_suite
