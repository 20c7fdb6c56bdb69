# SPDX-License-Identifier: Apache-2.0
"""What the commands print for programs: one JSON document each, errors too, an exit status."""

import json
import re
import socket
import unittest
from pathlib import Path

import fixtures
import testtools

from chaos.tests.unit import cli_app
from chaos.tests.unit.host_fixture import IPMITOOL, NO_IPMITOOL, HostFixture

TOP = Path(__file__).resolve().parents[3]
REFERENCE = TOP / "doc" / "source" / "reference" / "commands.rst"

COMMANDS = {
    "status": ("status",),
    "inject": ("inject", "hard_reset", "compute1", "--dry-run"),
    "recover": ("recover",),
    "hosts check": ("hosts", "check"),
}


def keys(document):
    """All keys of a document, those of what lies in it too; of services, whatever their names."""
    if isinstance(document, list):
        return {key for one in document for key in keys(one)}
    if not isinstance(document, dict):
        return set()
    found = set(document) - {"compute", "libvirt"}
    return found | {key for one in document.values() for key in keys(one)}


class ErrorsTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = Path(self.useFixture(fixtures.TempDir()).path)
        self.useFixture(fixtures.MonkeyPatch("chaos.journal.state.TEMPORARY", ()))

    def document(self, *words):
        status, out, err = cli_app.run(self.folder, *words, "--json")
        document = json.loads(out)
        self.assertEqual(status, document["exit_status"], err)
        return document

    def test_what_could_not_begin_says_why_as_one_document_and_ends_with_status_2(self):
        (self.folder / "hosts.yaml").write_text("version: 1\nhosts: [{name: a, colour: red}]\n")
        (self.folder / "state").mkdir()
        (self.folder / "state" / "torn.jsonl").write_text("{}\n")
        for words, kind in (
            (("hosts", "check"), "InventoryError"),
            (("inject", "power_off", "a", "--state", "state"), "InventoryError"),
            (("status", "--state", "state"), "JournalError"),
            (("recover", "--state", "state"), "JournalError"),
            (("recover", "absent"), "JournalError"),
        ):
            document = self.document(*words)
            self.assertEqual((kind, 2), (document["error"]["kind"], document["exit_status"]))
            self.assertTrue(document["error"]["found"], words)
        problems = self.document("hosts", "check")["error"]["problems"]
        self.assertGreater(len(problems), 2, problems)
        self.assertTrue(all(one.startswith("line 2") for one in problems), problems)

    def test_without_json_the_same_is_said_in_words(self):
        status, out, err = cli_app.run(self.folder, "recover", "absent")
        self.assertEqual((2, ""), (status, out))
        self.assertIn("there is no journal absent; what to do: give the path", err)
        self.assertNotIn("Traceback", err)

    def test_a_host_that_is_not_in_the_file_is_named_with_those_that_are(self):
        (self.folder / "known_hosts").touch()
        (self.folder / "hosts.yaml").write_text(
            "version: 1\nhosts: [{name: a, disturb: true, ssh: {address: 192.0.2.1, user: root, "
            "known_hosts_file: known_hosts}}]\n"
        )
        error = self.document("inject", "hard_reset", "b", "--state", "state")["error"]
        self.assertEqual(("UnknownHost", "one of a"), (error["kind"], error["expected"]))


@unittest.skipUnless(IPMITOOL, NO_IPMITOOL)
class HostsCheckTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.machine = self.useFixture(HostFixture())

    def check(self, *more):
        status, out, err = cli_app.run(self.machine.folder, "hosts", "check", "--json", *more)
        document = json.loads(out)
        self.assertEqual(status, document["exit_status"], err)
        (row,) = document["hosts"]
        return status, row

    def test_a_host_that_is_well_has_no_problem_and_is_not_touched(self):
        before = self.machine.boot_id()
        status, row = self.check()
        self.assertEqual((0, []), (status, row["problems"]))
        said = (row["ssh"], row["bmc"], row["driver"], row["power"], row["boot_id"])
        self.assertEqual(("ok", "ok", "ipmi", "on", before), said)
        # Not running is no problem; that nobody knows of it is.
        self.assertEqual("stopped", row["services"]["compute"]["state"])
        status, out, _ = cli_app.run(self.machine.folder, "hosts", "check")
        self.assertEqual(0, status)
        self.assertIn("stopped", out)

    def test_a_service_that_is_not_there_is_a_problem(self):
        self.machine.write(services={"libvirt": {"name": "/no/such/program", "driver": "process"}})
        status, row = self.check()
        self.assertEqual((1, "absent"), (status, row["services"]["libvirt"]["state"]))
        self.assertIn("say under services what the libvirt service", row["problems"][0])

    def test_a_bmc_that_refuses_is_reported_and_the_host_looked_at_all_the_same(self):
        password = {"command": ["echo", "wrong"]}
        self.machine.write(bmc={"password": password})
        status, row = self.check()
        said = (row["ssh"], row["bmc"], row["power"])
        self.assertEqual((1, ("ok", "failed", "unknown")), (status, said))
        self.assertIn("check the password in command echo", row["problems"][0])

    def test_a_bmc_of_commands_is_asked_as_well(self):
        for says, wanted in (("on", (0, "on")), ("off", (1, "off"))):
            words = {name: ["printf", says] for name in ("power_on", "power_off", "power_status")}
            others = dict.fromkeys(("address", "port", "user", "password", "cipher_suite"))
            bmc = {**others, "driver": "command", **words}
            self.machine.write(bmc=bmc)
            status, row = self.check()
            self.assertEqual(wanted, (status, row["power"]), row)

    def test_a_host_that_does_not_answer_is_one_row_that_says_so(self):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        self.machine.write(ssh={"port": port})
        status, row = self.check("--timeout", "20")
        self.assertEqual((1, "failed", "ok"), (status, row["ssh"], row["bmc"]))
        self.assertEqual({"unknown"}, {one["state"] for one in row["services"].values()})
        (problem,) = row["problems"]
        self.assertIn("check address and port", problem)

    @unittest.skipUnless(REFERENCE.is_file(), "the documentation is not part of a package")
    def test_every_key_is_described(self):
        described = set(re.findall(r"``(\w+)``", REFERENCE.read_text(encoding="utf-8")))
        state = self.machine.folder / "state"
        for name, words in COMMANDS.items():
            more = () if name == "hosts check" else ("--state", str(state))
            _, out, _ = cli_app.run(self.machine.folder, *words, *more, "--json")
            self.assertEqual(set(), keys(json.loads(out)) - described, name)
