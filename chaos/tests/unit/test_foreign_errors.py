# SPDX-License-Identifier: Apache-2.0
"""An error that nobody foresaw is one host's or one witness's or one entry's, not the rest's."""

import contextlib
import itertools
import json
import pkgutil

import fixtures
import testtools
import yaml

from chaos import errors, foreign
from chaos.deadline import Deadline
from chaos.faults.power_off import PowerOff
from chaos.inventory import load_inventory
from chaos.journal import Journal
from chaos.keeper import recovering
from chaos.power import bmc_power
from chaos.recovery import recover_entry
from chaos.tests.unit import cli_app
from chaos.tests.unit.host_fixture import GUARD, HostFixture
from chaos.witnesses import observe_all
from chaos.witnesses.bmc import BmcWitness
from chaos.witnesses.boot_id import BootIdWitness
from chaos.witnesses.heartbeat import HeartbeatWitness
from chaos.witnesses.icmp import IcmpWitness
from chaos.witnesses.ssh_banner import SshBannerWitness
from chaos.witnesses.tcp import TcpWitness


class Panicked(BaseException):
    """As cryptography's Rust raises it: beside Exception, not below it."""


# Of many types; each place gets the next ones.
MADE = (
    lambda: KeyError("Members"),
    lambda: ValueError("no number"),
    lambda: RuntimeError("stopped"),
    lambda: UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    lambda: AttributeError("'list' object has no attribute 'get'"),
    lambda: RecursionError("maximum recursion depth exceeded"),
    MemoryError,
    lambda: AssertionError("transport is gone"),
    lambda: ExceptionGroup("several", [TypeError("None")]),
    lambda: Panicked("index out of range"),
    lambda: SystemExit(3),
)
_next = itertools.cycle(MADE)


def thrower(name, before):
    """A function that raises the next of them, of the host of that name only."""

    def throw(*args, **kwargs):
        if any(name in words(one) for one in args):
            error = next(_next)()
            throw.thrown.append(type(error).__name__)
            raise error
        return before(*args, **kwargs)

    def words(one):
        host = getattr(one, "host", one)
        return (getattr(host, "name", ""), str(one))

    throw.thrown = []
    return throw


class NamedTest(testtools.TestCase):
    def test_each_type_leaves_as_an_error_of_this_library_with_type_message_and_place(self):
        for make in MADE:
            error = make()
            self.assertRaises(errors.PowerError, self.raise_as, error, ends_too=True)
            words = foreign.described(error)
            self.assertIn(type(error).__name__, words)
            self.assertIn("chaos.tests.unit.test_foreign_errors line", words)
            self.assertNotIn("/", words)

    def raise_as(self, error, **more):
        with foreign.raised_as(errors.PowerError, "the BMC at 192.0.2.1", **more):
            raise error

    def test_our_own_and_requests_to_end_pass(self):
        for error in (errors.SecretError("none"), SystemExit(1), KeyboardInterrupt()):
            self.assertRaises(type(error), self.raise_as, error)

    def test_of_a_library_it_says_who_asked_it(self):
        def parse(text):
            with foreign.raised_as(errors.ShellError, "compute1"):
                json.loads(text)

        failed = self.assertRaises(errors.ShellError, parse, "{")
        self.assertIn("compute1: unexpected JSONDecodeError", failed.found)
        self.assertIn("json.decoder line", failed.found)


class TwoHosts(testtools.TestCase):
    """One host of a virtual BMC and SSH server, and another one whose row must never change."""

    def setUp(self):
        super().setUp()
        self.machine = None

    def make(self, driver, mode="honest"):
        self.machine = self.useFixture(HostFixture(mode, driver=driver))
        folder = self.machine.folder
        document = yaml.safe_load((folder / "hosts.yaml").read_text())
        (folder / "others").write_text("")
        says = {f"power_{word}": ["printf", "on"] for word in ("on", "off", "status")}
        other = {
            "name": "compute2",
            "disturb": False,
            "ssh": {
                "address": "127.0.0.1", "port": 1, "user": "root", "known_hosts_file": "others",
            },
            "bmc": {"driver": "command", **says},
        }  # fmt: skip
        document["hosts"].append(other)
        (folder / "hosts.yaml").write_text(yaml.safe_dump(document))
        _first, self.expected = self.check()

    def check(self):
        _, out, err = cli_app.run(self.machine.folder, "hosts", "check", "--json")
        self.assertTrue(out, err)
        document = json.loads(out)
        self.assertIn("hosts", document)
        return document["hosts"]

    def rows(self, place, before):
        throw = thrower("compute1", before)
        with fixtures.MonkeyPatch(place, throw):
            first, second = self.check()
        self.assertTrue(throw.thrown, f"{place} is not called")
        self.assertEqual(self.expected, second, place)
        self.assertEqual("compute1", first["host"])
        text = " ".join([*first["problems"], *first["power_off"].values(), first["crash"]])
        for one in throw.thrown[:1]:
            self.assertIn(one, text, place)
            self.assertIn("test_foreign_errors line", text, place)
        return first


class HostsCheckTest(TwoHosts):
    def test_what_a_driver_throws_is_in_the_row_of_its_host(self):
        for driver, place, names in (
            ("ipmi", "chaos.power.ipmi.IpmiPower", ("why_not", "status", "_call", "_argv")),
            ("redfish", "chaos.power.redfish.RedfishPower", ("why_not", "prepare", "_ask")),
            ("command", "chaos.power.command.CommandPower", ("why_not", "status", "_call")),
        ):
            self.make(driver)
            for name in names:
                with self.marked():
                    row = self.rows(f"{place}.{name}", pkgutil.resolve_name(f"{place}.{name}"))
                self.assertEqual("ok", row["ssh"], name)

    def marked(self):
        """Let each driver of a BMC know whose it is."""
        module, _, name = "chaos.power.drivers.bmc_power".rpartition(".")
        make = pkgutil.resolve_name(f"{module}.{name}")

        def mark(host):
            power = make(host)
            if power is not None:
                power.host = host
            return power

        stack = contextlib.ExitStack()
        for place in (f"{module}.{name}", "chaos.host_check.bmc_power"):
            stack.enter_context(fixtures.MonkeyPatch(place, mark))
        return stack

    def test_what_a_login_throws_is_in_the_row_of_its_host(self):
        self.make("ipmi")
        for place in (
            "chaos.transport.login.connect",
            "chaos.transport.shell.HostShell.run",
            "chaos.transport.shell.HostShell._open_channel",
            "chaos.transport.shell.HostShell._collect",
            "chaos.host_check.read_boot_id",
            "chaos.host_check.acts_as_root",
            "chaos.host_check.service_control",
            "chaos.power.ssh.SshPower.why_not",
        ):
            self.rows(place, pkgutil.resolve_name(place))

    def test_a_known_hosts_file_that_cannot_be_parsed_is_in_the_row_of_its_host(self):
        self.make("ipmi")
        known = self.machine.folder / "known_hosts"
        good = known.read_bytes()
        for line, word in (
            (b"host1 ssh-rsa AAAAB\n", "InvalidHostKey"),
            (b"host2 ssh-ed25519 AAA\xff\n", "UnicodeDecodeError"),
        ):
            known.write_bytes(line + good)
            first, second = self.check()
            self.assertEqual(self.expected, second)
            self.assertEqual("failed", first["ssh"])
            self.assertIn(word, first["problems"][0])
            self.assertIn(str(known), first["problems"][0])
            self.assertEqual("ok", first["bmc"])

    def test_a_bmc_whose_answers_are_of_other_types_is_in_the_row_of_its_host(self):
        for mode, word in (("list_for_object", "AttributeError"), ("error_is_a_list", "HTTP 500")):
            self.make("redfish", mode)
            first, _second = self.check()
            self.assertEqual(("failed", "ok"), (first["bmc"], first["ssh"]))
            self.assertIn("Redfish at 127.0.0.1", first["problems"][0])
            self.assertIn(word, first["problems"][0])


class WitnessTest(testtools.TestCase):
    def test_what_a_witness_throws_is_unknown_and_the_others_are_heard(self):
        machine = self.useFixture(HostFixture())
        power = bmc_power(machine.host)
        heartbeat = HeartbeatWitness(machine.host)
        self.addCleanup(heartbeat.close)
        shell = heartbeat._shell
        every = (
            BmcWitness(power),
            SshBannerWitness(machine.host.ssh),
            TcpWitness("127.0.0.1", machine.port),
            IcmpWitness("127.0.0.1"),
            BootIdWitness(shell, ""),
            heartbeat,
        )
        for make, (number, one) in zip(MADE, itertools.cycle(enumerate(every)), strict=False):
            with fixtures.MonkeyPatch(f"{type(one).__module__}.{type(one).__name__}.observe",
                                      self.raising(make)):
                seen = observe_all(every, Deadline.after(20))
            says = {other.witness: other.says for other in seen}
            self.assertEqual("unknown", says.pop(one.name))
            self.assertIn(type(make()).__name__, seen[number].detail)
            self.assertNotIn("unknown", set(says.values()) - {says.get("icmp")})

    def raising(self, make):
        def observe(*_args):
            raise make()

        return observe


class FaultTest(testtools.TestCase):
    def fault(self, machine, **more):
        self.events = []
        return PowerOff(
            machine.host, "bmc", run=machine.run(), deadline=Deadline.after(60), guard=GUARD,
            witnesses=machine.witnesses(), confirm_within=1.0,
            on_event=lambda kind, data: self.events.append((kind, data)), **more,
        )  # fmt: skip

    def test_in_the_precheck_it_refuses(self):
        machine = self.useFixture(HostFixture())
        self.useFixture(fixtures.MonkeyPatch("chaos.power.ipmi.IpmiPower.prepare", boom))
        refused = self.assertRaises(errors.FaultRefused, self.fault(machine).setUp)
        self.assertIn("RuntimeError: boom", str(refused))

    def test_in_the_injection_the_witnesses_decide_and_it_is_said(self):
        machine = self.useFixture(HostFixture())
        self.useFixture(fixtures.MonkeyPatch("chaos.power.ipmi.IpmiPower.off", boom))
        with self.fault(machine) as fault:
            self.assertEqual("unknown", fault.verdict)
        failed = dict(self.events)["fault.inject_failed"]
        self.assertIn("RuntimeError: boom", failed["error"])
        self.assertIn("fault.closed", dict(self.events))

    def test_in_the_recovery_the_boot_id_has_the_last_word(self):
        machine = self.useFixture(HostFixture())
        self.useFixture(fixtures.MonkeyPatch("chaos.power.ipmi.IpmiPower.on", boom))
        self.useFixture(fixtures.MonkeyPatch("chaos.recovery.power_on.REISSUE_SECONDS", 0.3))
        fault = self.fault(machine)
        fault.setUp()
        lost = self.assertRaises(errors.NotRecovered, fault.recover, Deadline.after(1.0))
        self.assertIn("RuntimeError: boom", str(lost))
        fault._clear_cleanups()

    def test_in_a_recovery_of_whatever_kind_it_is_not_recovered(self):
        machine = self.useFixture(HostFixture())
        journal = Journal(machine.folder / "journal.jsonl")
        entry = journal.open_entry("service_stop", "compute1", "start_service", {})
        lost = self.assertRaises(
            errors.NotRecovered, recover_entry, entry, machine.host, journal, Deadline.after(5),
            lambda kind, data: None,
        )  # fmt: skip
        self.assertIn("KeyError: 'service'", str(lost))
        self.assertEqual(1, len(journal.open_entries()))


def boom(*_args):
    raise RuntimeError("boom")


class KeeperTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.machine = self.useFixture(HostFixture())
        self.useFixture(fixtures.MonkeyPatch("chaos.keeper.recovering.PAUSES", (0.01,)))
        self.journal = Journal(self.machine.folder / "journal.jsonl")
        self.asked = []
        for name in ("first", "second", "third"):
            self.journal.open_entry(name, "compute1", "power_on", {})

    def recover(self, seconds=20.0):
        hosts = self.machine.folder / "hosts.yaml"
        return recovering.recover_all(
            self.journal.path, hosts, "the run is over", Deadline.after(seconds)
        )

    def closing(self, bad=()):
        """A recovery that throws what is left in the list for the second entry, else closes."""
        left = list(bad)

        def recover_one(entry, host, journal, deadline, on_event):
            self.asked.append(entry.fault)
            if entry.fault == "second" and left:
                raise left.pop(0)
            journal.close_entry(entry)

        return recover_one

    def test_it_goes_on_to_the_next_entry_whatever_one_throws(self):
        thrown = [make() for make in MADE]
        self.useFixture(
            fixtures.MonkeyPatch("chaos.keeper.recovering.recover_entry", self.closing(thrown))
        )
        log = self.useFixture(fixtures.FakeLogger())
        self.assertEqual(0, self.recover())
        self.assertEqual(["third", "second", "first"], self.asked[:3])
        self.assertEqual(["second"] * len(MADE), self.asked[3:])
        for make in MADE:
            self.assertIn(f"second of compute1: unexpected {type(make()).__name__}", log.output)

    def test_it_outlives_what_it_reads_with(self):
        self.useFixture(
            fixtures.MonkeyPatch("chaos.keeper.recovering.recover_entry", self.closing())
        )
        for place, before in (
            ("chaos.keeper.recovering.load_inventory", load_inventory),
            ("chaos.keeper.recovering.Journal.open_entries", Journal.open_entries),
            ("chaos.keeper.recovering.Journal.mark", Journal.mark),
        ):
            self.journal.open_entry("again", "compute1", "power_on", {})
            left = [make() for make in MADE[:3]] + [Panicked("here")]

            def now_and_then(*args, left=left, before=before):
                if left:
                    raise left.pop(0)
                return before(*args)

            with fixtures.MonkeyPatch(place, now_and_then):
                self.assertEqual(0, self.recover(), place)
            self.assertEqual((), self.journal.open_entries(), place)


class TablesTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.machine = self.useFixture(HostFixture())
        self.run_of_it = self.machine.run()
        journal = self.run_of_it.journal
        strange = {"timer": {"seconds": "soon"}}
        self.entry = journal.open_entry("slow_network", "compute1", "restore_qdisc", strange)
        journal.open_entry("power_off", "compute1", "power_on", {})

    def table(self, *words):
        status, out, err = cli_app.run(self.machine.folder, *words, "--state", "state", "--json")
        self.assertTrue(out, err)
        return status, json.loads(out)

    def test_in_status_an_entry_that_makes_no_sense_is_its_own_row(self):
        _, document = self.table("status")
        first, second = document["faults"]
        self.assertIn("ValueError", first["host_recovers_at"])
        self.assertEqual("power_off", second["fault"])
        _, out, err = cli_app.run(self.machine.folder, "status", "--state", "state")
        self.assertIn("power_off", out, err)

    def test_in_recover_an_entry_that_makes_no_sense_is_its_own_row(self):
        path = str(self.run_of_it.journal.path)
        status, out, err = cli_app.run(
            self.machine.folder, "recover", path, "--timeout", "8", "--json"
        )
        second, first = json.loads(out)["entries"]
        self.assertEqual((1, True, False), (status, second["recovered"], first["recovered"]), err)
        self.assertIn("TypeError", first["found"])

    def test_what_a_whole_command_throws_is_one_document_too(self):
        self.useFixture(fixtures.MonkeyPatch("chaos.cli.status.registry.read_runs", boom))
        status, document = self.table("status")
        self.assertEqual((2, "Unexpected"), (status, document["error"]["kind"]))
        self.assertIn("RuntimeError: boom", document["error"]["found"])


