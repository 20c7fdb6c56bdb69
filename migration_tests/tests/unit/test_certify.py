# SPDX-License-Identifier: Apache-2.0
"""certify, around a suite of a few lines: inputs, run folder, interrupts, exit status."""

from __future__ import annotations

import argparse
import io
import os
import re
import signal
import sys
import tempfile
import textwrap
import threading
import types
import unittest
from pathlib import Path
from unittest import mock

from migration_tests.cli import certify, worker
from migration_tests.cli.certify import Certify, InputError
from migration_tests.cli.report import Report
from migration_tests.record import history, run_folder, verdicts
from migration_tests.record.events import PhaseStarted, RunFinished
from migration_tests.record.history import HistoryError

HEADER = """
    import os, time, unittest
    from pathlib import Path
    from migration_tests.judges.asking import ask
    from migration_tests.record.history import History
    from migration_tests.record.run_folder import ENVIRONMENT
    from migration_tests.record.events import *
    from migration_tests.tests.unit import healthy_record as healthy

    RUN = Path(os.environ.get(ENVIRONMENT, "."))
    HISTORY = RUN / "history.jsonl"

    def plan(case, scenario):
        tests = [
            (name.removeprefix("test_"), f"test_scenario.{case.__name__}.{name}", f"uuid-{name}")
            for name in dir(case) if name.startswith("test_")
        ]
        event = TestsPlanned(tests=tuple(tests))
        History(HISTORY).append(event, source="suite", scenario=scenario)

    def run(case):
        plan(case, healthy.SCENARIO)
        for t, event in healthy.healthy():
            History(HISTORY).append(
                event, source="suite", scenario=healthy.SCENARIO, t_mono=t
            )
"""
GOOD = """
    class Good(unittest.TestCase):
        @classmethod
        def setUpClass(cls):
            run(cls)

        def test_name_kept(self):
            ask(HISTORY, healthy.SCENARIO, "name_kept")

        def test_flavor_kept(self):
            ask(HISTORY, healthy.SCENARIO, "flavor_kept")
"""
BROKEN = """
    class Broken(unittest.TestCase):
        @classmethod
        def setUpClass(cls):
            run(cls)
            raise RuntimeError("no such network")

        def test_name_kept(self):
            pass
"""
SKIPPED = """
    class Skipped(unittest.TestCase):
        @classmethod
        def setUpClass(cls):
            raise unittest.SkipTest("no host may be disturbed")

        def test_name_kept(self):
            pass
"""
DYING = """
    class Later(unittest.TestCase):
        @classmethod
        def setUpClass(cls):
            os.kill(os.getpid(), 9)

        def test_name_kept(self):
            pass

    class Never(unittest.TestCase):
        def test_id_kept(self):
            pass
"""
SLOW = """
    class First(unittest.TestCase):
        @classmethod
        def setUpClass(cls):
            plan(cls, "first")
            record = History(HISTORY).recorder("first", "suite")
            phases = tuple(
                PlannedPhase(name=name, step=name, doing=name, interruptible=may)
                for name, may in (("inject", False), ("evacuate", True), ("power_on", False))
            )
            record(ScenarioPlanned(title="t", phases=phases, servers=(), sources=("c1",)))
            try:
                record(PhaseStarted(phase="inject", title="cutting off"))
                time.sleep(1)
                (RUN / "cut_off_whole").write_text("")
                record(PhaseStarted(phase="evacuate", title="evacuating"))
                time.sleep(60)
            except Exception as error:
                record(ScenarioStopped(phase="evacuate", cause="harness", reason=str(error)))
            record(PhaseStarted(phase="power_on", title="switching on"))
            (RUN / "recovered").write_text("")
            record(ScenarioFinished(complete=False))

        @classmethod
        def tearDownClass(cls):
            (RUN / "cleaned").write_text("")

        def test_name_kept(self):
            ask(HISTORY, "first", "name_kept")

    class Second(unittest.TestCase):
        @classmethod
        def setUpClass(cls):
            (RUN / "second").write_text("")

        def test_name_kept(self):
            pass
"""


class CertifyCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.conf = self.folder / "tempest.conf"
        (self.folder / "hosts.yaml").write_text("version: 1\n")
        self.configure(
            identity="uri_v3 = http://cloud/v3",
            migration_chaos=f"hosts_file = {self.folder / 'hosts.yaml'}",
        )
        self.runs = self.folder / "runs"
        self.out, self.err = io.StringIO(), io.StringIO()

    def configure(self, **groups):
        texts = [f"[{name}]\n{options}\n" for name, options in groups.items()]
        self.conf.write_text("".join(texts))

    def suite(self, text):
        tests = self.folder / "suite"
        tests.mkdir()
        source = textwrap.dedent(HEADER) + textwrap.dedent(text)
        (tests / "test_scenario.py").write_text(source)
        module = "migration_tests.cli.process"
        discover = ("-m", module, "discover", "-t", str(tests), str(tests))
        patch = mock.patch.object(worker, "DISCOVER", discover)
        patch.start()
        self.addCleanup(patch.stop)

    def app(self):
        return types.SimpleNamespace(stdout=self.out, stderr=self.err)

    def certify(self, **options):
        given = {"tempest_conf": self.conf, "runs": self.runs, "regex": "", "defect": []}
        given |= {"profile": "full"}
        given["volume_type"] = ""
        command = Certify(self.app(), None)
        return command.take_action(argparse.Namespace(**{**given, **options}))

    @property
    def run_folder(self):
        return run_folder.find(self.runs)


class Certifying(CertifyCase):
    def test_a_cloud_that_keeps_its_promises_ends_with_status_0_and_a_full_run_folder(self):
        self.suite(GOOD)
        self.assertEqual(0, self.certify(defect=["leak"]))
        result = verdicts.read(self.run_folder.verdicts)
        self.assertTrue(result.good)
        self.assertEqual(("http://cloud/v3", ("leak",)), (result.run.cloud, result.run.defects))
        self.assertIsNotNone(result.run.finished)
        asked = {v.judge: (v.test, v.uuid) for v in result.verdicts if v.test}
        wanted = ("test_scenario.Good.test_name_kept", "uuid-test_name_kept")
        self.assertEqual(wanted, asked["name_kept"])
        self.assertIn("Every promise that was judged was kept", self.out.getvalue())
        self.assertIn(f"Run folder: {self.run_folder.path}", self.out.getvalue())
        statuses = {r.test: r.status for r in worker.results(self.run_folder)}
        self.assertEqual("success", statuses["test_scenario.Good.test_flavor_kept"])

    def test_only_the_tests_that_are_asked_for_are_run(self):
        self.suite(GOOD)
        self.assertEqual(0, self.certify(regex="flavor"))
        tests = [result.test for result in worker.results(self.run_folder)]
        self.assertEqual(["test_scenario.Good.test_flavor_kept"], tests)

    def unknown(self):
        result = verdicts.read(self.run_folder.verdicts)
        return [v for v in result.verdicts if v.outcome == verdicts.UNKNOWN]

    def test_a_test_class_that_cannot_be_set_up_is_unknown(self):
        self.suite(BROKEN)
        self.assertEqual(1, self.certify())
        (unknown,) = self.unknown()
        self.assertIn("RuntimeError: no such network", unknown.reason)
        self.assertIn("setUpClass", unknown.test)

    def test_tests_that_were_never_run_are_unknown_though_all_others_pass(self):
        self.suite(GOOD + DYING)
        self.assertEqual(1, self.certify())
        found = {one.test: one.reason for one in self.unknown()}
        self.assertEqual({"test_scenario.Later", "test_scenario.Never"}, set(found))
        for reason in found.values():
            self.assertIn("1 of its tests were never run: the test process ended with -9", reason)
        self.assertIn("the test process ended with status -9", self.out.getvalue())

    def test_tests_that_were_never_run_at_all_are_unknown(self):
        self.suite(DYING)
        self.assertEqual(1, self.certify())
        self.assertEqual(2, len(self.unknown()))

    def test_a_record_that_cannot_be_written_ends_with_a_sentence(self):
        self.suite(GOOD)
        with mock.patch.object(certify, "_close", side_effect=HistoryError("the disk is full")):
            self.assertEqual(1, self.certify())
        self.assertIn("the disk is full\nWhat was recorded is in", self.err.getvalue())

    def test_a_volume_type_is_handed_to_the_tests_and_noted(self):
        self.suite(
            """
            class Typed(unittest.TestCase):
                def test_type(self):
                    from tempest.config import CONF
                    self.fail("it is " + CONF.migration_chaos.volume_type)
            """
        )
        with mock.patch.dict(os.environ):
            self.certify(volume_type="rbd2", regex="type")
        result = verdicts.read(self.run_folder.verdicts)
        self.assertEqual("type, volume type rbd2", result.run.profile)
        self.assertIn("it is rbd2", result.verdicts[0].reason)

    def test_a_run_in_which_everything_is_skipped_is_not_good(self):
        self.suite(SKIPPED)
        self.assertEqual(1, self.certify())
        self.assertIn("not judged: no host may be disturbed", self.out.getvalue())
        self.assertIn("Nothing was judged", self.out.getvalue())

    def test_an_interrupt_lets_the_tests_recover_and_leaves_a_readable_run_folder(self):
        self.suite(SLOW)
        done = threading.Event()
        self.addCleanup(done.set)
        threading.Thread(target=self.interrupt_in_phase, args=(done,)).start()
        self.assertEqual(130, self.certify())
        left = {path.name for path in self.run_folder.path.iterdir()}
        self.assertLessEqual({"cut_off_whole", "recovered", "cleaned"}, left)
        self.assertNotIn("second", left)
        lines = history.read(self.run_folder.history)
        (end,) = [line.event for line in lines if isinstance(line.event, RunFinished)]
        self.assertTrue(end.interrupted)
        self.assertIn("the run was interrupted", self.out.getvalue())
        self.assertFalse(verdicts.read(self.run_folder.verdicts).good)

    def interrupt_in_phase(self, done):
        while not done.wait(0.1):
            path = self.runs / "latest" / "history.jsonl"
            if path.exists() and any(
                isinstance(line.event, PhaseStarted) for line in history.read(path)
            ):
                os.kill(os.getpid(), signal.SIGINT)
                return


class ReportingAgain(CertifyCase):
    def test_needs_nothing_but_the_history(self):
        self.suite(GOOD)
        self.certify()
        self.run_folder.verdicts.unlink()
        again = argparse.Namespace(run=self.runs, as_written=False)
        self.assertEqual(0, Report(self.app(), None).take_action(again))
        self.assertTrue(self.run_folder.verdicts.exists())

    def test_says_that_a_folder_is_no_run_folder(self):
        again = argparse.Namespace(run=self.folder, as_written=False)
        self.assertEqual(2, Report(self.app(), None).take_action(again))
        self.assertIn("is no run folder", self.err.getvalue())


class Inputs(CertifyCase):
    def problems(self, conf=None, regex=""):
        with self.assertRaises(InputError) as raised:
            certify.check(conf or self.conf, self.runs, regex)
        return str(raised.exception)

    def test_that_are_whole_are_taken_from_the_file(self):
        inputs = certify.check(self.conf, None, "")
        self.assertEqual("http://cloud/v3", inputs.cloud)
        self.assertEqual(Path("runs").absolute(), inputs.runs)

    def test_without_a_file_name_it_and_say_how_to_name_another(self):
        text = self.problems(conf=self.folder / "none.conf")
        self.assertIn("none.conf cannot be read", text)
        self.assertIn("--tempest-conf", text)

    def test_with_several_problems_name_all_of_them(self):
        self.configure(identity="", migration_chaos="hosts_file = /no/such/file")
        text = self.problems(regex="(")
        for part in ("--regex", "uri_v3 is not set", "/no/such/file: there is no such file"):
            self.assertIn(part, text)

    def test_without_our_group_say_what_it_is_for(self):
        self.configure(identity="uri_v3 = http://cloud/v3")
        said = self.problems()
        self.assertIn("hosts_file is not set", said)
        self.assertIn("disturb:", Path(re.search(r"a sample: (.*)\)", said)[1]).read_text())

    def test_that_are_no_configuration_say_so(self):
        self.conf.write_text("hello\n")
        self.assertIn("is no configuration file", self.problems())

    def test_end_with_status_2_before_any_run_folder_is_made(self):
        self.conf.unlink()
        self.assertEqual(2, self.certify())
        self.assertFalse(self.runs.exists())

    def test_that_match_no_test_say_so(self):
        self.suite(GOOD)
        self.assertEqual(2, self.certify(regex="nothing"))
        self.assertIn("no test's name is found", self.err.getvalue())

    def test_that_cannot_be_imported_show_the_error(self):
        self.suite("import no_such_module_anywhere")
        self.assertEqual(2, self.certify())
        self.assertIn("no_such_module_anywhere", self.err.getvalue())


class Processes(unittest.TestCase):
    def test_get_the_python_that_runs_us(self):
        self.assertTrue(sys.executable)
        self.assertIn(str(worker.TESTS), worker.DISCOVER)
