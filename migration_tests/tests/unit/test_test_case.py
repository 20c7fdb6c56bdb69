# SPDX-License-Identifier: Apache-2.0
"""The test class itself: certify runs real classes in a real process, on the cloud in memory.

What stands in are Tempest's credentials and the logins on hosts and in servers.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
import textwrap
import types
import unittest
from unittest import mock

from chaos.inventory import load_inventory
from chaos.journal.state import StateFolder
from chaos.run import Run
from migration_tests.cli import worker
from migration_tests.record import history, verdicts
from migration_tests.tests.scenario import options, test_evacuation
from migration_tests.tests.unit.test_certify import CertifyCase

HOST = """
  - name: {name}
    disturb: true
    ssh: {{address: 192.0.2.{number}, user: root, known_hosts_file: known_hosts}}
    bmc: {{driver: command, power_on: ["true"], power_off: ["true"], power_status: ["true"]}}
"""

SUITE = """
    import atexit, dataclasses, os, signal, tempfile
    from pathlib import Path
    from tempest import test
    import chaos.journal.state
    import migration_tests.runner.servers, migration_tests.observers.hosts
    import migration_tests.observers.domains, migration_tests.steps.inject
    from migration_tests.tests.scenario import test_evacuation, test_live_migration
    from migration_tests.tests.unit import fake_hosts
    from migration_tests.tests.unit.fake_api import refusal
    from migration_tests.tests.unit.fake_cloud import FakeCloud

    # The state folder of this test may be a temporary one.
    chaos.journal.state.TEMPORARY = ()
    ROOT = Path(tempfile.mkdtemp(dir=os.environ["MADE_IN"]))
    (ROOT / "bin").mkdir()
    (ROOT / "bin" / "sync").write_text("#!/bin/sh\\n")
    (ROOT / "bin" / "sync").chmod(0o755)
    CLOUD = FakeCloud(ROOT)
    atexit.register(lambda: [CLOUD.end_writers(one) for one in list(CLOUD.writers)])
    for module, name, kind in (
        (migration_tests.runner.servers, "GuestShell", fake_hosts.FakeGuestShell),
        (migration_tests.observers.hosts, "HostShell", fake_hosts.FakeHostShell),
        (migration_tests.observers.domains, "HostShell", fake_hosts.FakeHostShell),
        (migration_tests.steps.inject, "PowerOff", fake_hosts.FakePowerOff),
    ):
        kind.cloud = CLOUD
        setattr(module, name, kind)

    class OnFakeCloud:
        credentials = []

        @classmethod
        def setup_credentials(cls):
            test.BaseTestCase.setup_credentials.__func__(cls)
            cls.os_admin = CLOUD.manager("admin")
            cls.os_project_member = CLOUD.manager("member")
            cls.os_project_admin = CLOUD.manager("project")

        @classmethod
        def _network(cls):
            return "net"
"""
GOOD = """
    class Evacuation(OnFakeCloud, test_evacuation.EvacuateShared):
        pass

    class Migration(OnFakeCloud, test_live_migration.LiveMigrateShared):
        pass
"""
ONE = """
    class Evacuation(OnFakeCloud, test_evacuation.EvacuateShared):
        pass
"""
# Each with a scenario of a name of its own, in the order of their names.
BAD = """
    def named(name):
        return dataclasses.replace(test_evacuation.EvacuateShared.scenario, name=name)

    class Spoiled(OnFakeCloud):
        @classmethod
        def setup_credentials(cls):
            super().setup_credentials()
            cls.spoil()

        @classmethod
        def tearDownClass(cls):
            super().tearDownClass()
            CLOUD.broken.clear()
            for service in CLOUD.services.values():
                service["status"] = "enabled"

    class A(Spoiled, test_evacuation.EvacuateShared):
        scenario = named("without_a_place")

        @classmethod
        def spoil(cls):
            CLOUD.services["c3"]["status"] = CLOUD.services["c2"]["status"] = "disabled"

    class B(Spoiled, test_evacuation.EvacuateShared):
        scenario = named("not_answered")

        @classmethod
        def spoil(cls):
            CLOUD.broken["list_aggregates"] = refusal(503, "the database is away")

    class C(Spoiled, test_evacuation.EvacuateShared):
        scenario = named("left_behind")

        @classmethod
        def spoil(cls):
            CLOUD.broken["delete_server"] = refusal(500, "not today")

    class D(Spoiled, test_evacuation.EvacuateShared):
        scenario = named("interrupted")

        @classmethod
        def spoil(cls):
            def interrupt(**_):
                os.kill(os.getpid(), signal.SIGINT)
                raise refusal(500, "x")

            CLOUD.servers.clear()
            CLOUD.create_server = interrupt
"""


class ClassCase(CertifyCase):
    def setUp(self):
        super().setUp()
        (self.folder / "known_hosts").write_text("")
        hosts = "".join(HOST.format(name=f"c{number}", number=number) for number in (1, 2, 3))
        (self.folder / "hosts.yaml").write_text(f"version: 1\nhosts:{hosts}")
        self.configure_suite()
        self.environment("MADE_IN", str(self.folder))

    def environment(self, name, value):
        patch = mock.patch.dict(os.environ, {name: value})
        patch.start()
        self.addCleanup(patch.stop)

    def configure_suite(self, **more):
        ours = {
            "hosts_file": self.folder / "hosts.yaml",
            "state_dir": self.folder / "state",
            "flavor_shared": "shared",
            "flavor_volume": "volume",
            "write_seconds": 1,
            "write_interval": 0.01,
            "poll_interval": 0.1,
            "host_look_interval": 0.5,
            "probe_interval": 0.05,
            "bystander_max_gap": 30,
            "live_gap_limit": 30,
            "final_state_timeout": 10,
            **more,
        }
        self.configure(
            identity="uri_v3 = http://cloud/v3",
            migration_chaos="\n".join(f"{key} = {value}" for key, value in ours.items()),
            validation="run_validation = true\nimage_ssh_user = guest",
            compute="image_ref = image\nflavor_ref = volume\nflavor_ref_alt = volume-alt",
            network="public_network_id = public",
            service_available="nova = true\nneutron = true\nglance = true\ncinder = true",
        )

    def run_suite(self, *parts, status):
        self.suite("".join(textwrap.dedent(part) for part in (SUITE, *parts)))
        self.assertEqual(status, self.certify(), self.out.getvalue() + self.err.getvalue())
        self.lines = history.read(self.run_folder.history)
        return verdicts.read(self.run_folder.verdicts)

    def events(self, kind):
        return [line.event for line in self.lines if line.kind == kind]


class TestClasses(ClassCase):
    def test_run_their_scenarios_once_and_each_test_reads_its_verdict(self):
        result = self.run_suite(GOOD, status=0)
        self.assertTrue(result.good)
        scenarios = {verdict.scenario for verdict in result.verdicts}
        self.assertEqual({"evacuate_shared", "live_migrate_shared"}, scenarios)
        ended = {one.test: one.status for one in worker.results(self.run_folder)}
        # This cloud has no zones.
        other = {test for test, how in ended.items() if how != "success"}
        self.assertEqual({"skip"}, {ended[test] for test in other})
        judges = {test.partition("[")[0].rpartition(".test_")[2] for test in other}
        self.assertEqual({"availability_zone_kept"}, judges)
        named = {verdict.test for verdict in result.verdicts if verdict.outcome == "pass"}
        self.assertEqual(set(ended) - other, named)
        self.assertEqual(2, len(self.events("scenario.finished")))
        # Every change is on the record before it is made, and everything was deleted.
        changes = [event.change for event in self.events("cloud.change")]
        self.assertEqual(6, changes.count("create server"))
        for move in ("evacuate server", "live-migrate server"):
            self.assertEqual(2, changes.count(move))
        self.assertEqual([], self.events("test.errored"))

    def test_that_do_not_come_to_their_end_say_why(self):
        self.configure_suite(server_boot_timeout=10)
        result = self.run_suite(BAD, status=1)
        self.assertFalse(result.good)
        outcomes = {}
        for verdict in result.verdicts:
            outcomes.setdefault(verdict.scenario, set()).add(verdict.outcome)
        # What the cloud lacks is a reason to skip; that it does not answer is none.
        self.assertEqual({"skip"}, outcomes["without_a_place"])
        (skipped,) = self.events("scenario.skipped")
        self.assertIn("only 0 other host(s) take servers on shared", skipped.reason)
        self.assertIn("unknown", outcomes["not_answered"])
        errors = {error.test: error.error for error in self.events("test.errored")}
        set_up, torn_down = "setUpClass (test_scenario.B)", "tearDownClass (test_scenario.C)"
        self.assertIn("the list of aggregates: ServerFault", errors[set_up])
        self.assertIn("not everything was deleted", errors[torn_down])
        # The interrupt came while the servers were made: nothing of that is left.
        last = [line for line in self.lines if line.scenario == "interrupted"]
        kinds = [line.kind for line in last]
        self.assertIn("scenario.stopped", kinds)
        self.assertFalse(
            next(line.event for line in last if line.kind == "scenario.finished").complete
        )


class AnotherRun(ClassCase):
    def test_on_the_same_hosts_has_a_scenario_skipped_at_once(self):
        state = self.folder / "state"
        hosts = load_inventory(self.folder / "hosts.yaml")
        with (
            mock.patch("chaos.journal.state.TEMPORARY", ()),
            (self.folder / "hosts.yaml").open("rb") as lock,
            Run(hosts, state=StateFolder(str(state)), name="another"),
        ):
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.run_suite(ONE, status=1)
        (skipped,) = self.events("scenario.skipped")
        self.assertIn("another", skipped.reason)


class AClassThatIsNotConfigured(unittest.TestCase):
    def test_is_skipped_with_the_option_and_makes_no_run_folder(self):
        bare = types.SimpleNamespace(migration_chaos=types.SimpleNamespace(hosts_file=None))
        with (
            tempfile.TemporaryDirectory() as folder,
            contextlib.chdir(folder),
            mock.patch.object(options, "CONF", bare),
        ):
            with self.assertRaisesRegex(unittest.SkipTest, "hosts_file is not set"):
                test_evacuation.EvacuateShared.skip_checks()
            self.assertEqual([], os.listdir())
