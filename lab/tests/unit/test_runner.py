# SPDX-License-Identifier: Apache-2.0
"""A module on the runner's side learns what is wanted, and its answer comes back."""

import os
import sys
import types
import unittest
from pathlib import Path

from lab.lifecycle.runner import RunnerError, ask

ECHO = """
import json, sys
wanted = json.load(sys.stdin)
print("half way", file=sys.stderr, flush=True)
print(json.dumps({"request": {"restart": "compute1"}}), flush=True)
print(json.dumps({"heard": wanted}))
"""


class AskTest(unittest.TestCase):
    def ask(self, script, **options):
        engine = types.SimpleNamespace(command=lambda host, argv: [sys.executable, "-c", script])
        return ask(engine, Path("product"), "module", {"hosts": 2}, self.said.append, **options)

    def setUp(self):
        self.said = []

    def test_what_is_wanted_goes_in_and_the_answer_comes_out(self):
        requests = []
        self.assertEqual({"heard": {"hosts": 2}}, self.ask(ECHO, serve=requests.append))
        self.assertEqual(["half way"], self.said)
        self.assertEqual([{"restart": "compute1"}], requests)

    def test_a_failure_is_told_in_the_words_of_the_module(self):
        with self.assertRaisesRegex(RunnerError, "FAILED no live agent"):
            self.ask("import sys; print('FAILED no live agent', file=sys.stderr); sys.exit(1)")

    def test_a_module_that_ends_without_a_word_has_failed(self):
        with self.assertRaisesRegex(RunnerError, "ended with status 3"):
            self.ask("import sys; sys.exit(3)")

    def test_an_interrupt_of_the_terminal_does_not_reach_the_module(self):
        answer = self.ask("import os; print(os.getpgid(0))")
        self.assertNotEqual(os.getpgid(0), answer)

    def test_a_module_whose_answer_nobody_waits_for_is_ended(self):
        script = """
import json, os, time
print(json.dumps({"request": os.getpid()}), flush=True)
time.sleep(600)
"""
        pids = []

        def serve(pid):
            pids.append(pid)
            raise InterruptedError

        with self.assertRaises(InterruptedError):
            self.ask(script, serve=serve)
        with self.assertRaises(ProcessLookupError):
            os.kill(pids[0], 0)

    def test_much_that_is_reported_does_not_hold_up_the_answer(self):
        script = "import sys; sys.stderr.write('word\\n' * 50000); print('{}')"
        self.assertEqual({}, self.ask(script))
        self.assertEqual(50000, len(self.said))


if __name__ == "__main__":
    unittest.main()
