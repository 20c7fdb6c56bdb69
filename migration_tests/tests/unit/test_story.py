# SPDX-License-Identifier: Apache-2.0
"""A story is told to its end whatever happens, heals, and says once where it stopped."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

from migration_tests.cloud.clients import CloudError
from migration_tests.record import history, words
from migration_tests.stories.base import Story, StorySkip, StoryStop


class Told(Story):
    """Does what the test says."""

    def __init__(self, path, play=None, heal=None):
        super().__init__("story", history.History(path))
        self._play, self._heal = play, heal
        self.done = []

    def play(self):
        self.begin(words.EVACUATE, "evacuating")
        self.done.append("play")
        if self._play:
            raise self._play

    def heal(self):
        self.done.append("heal")
        if self._heal:
            self.begin(words.POWER_ON, "powering on")
            raise self._heal

    def close(self):
        self.done.append("close")


class AStory(unittest.TestCase):
    def tell(self, **what):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = Path(folder.name) / "history.jsonl"
        story = Told(path, **what)
        self.addCleanup(lambda: self.assertEqual(["play", "heal", "close"], story.done))
        try:
            story.tell()
        finally:
            self.lines = history.read(path)
        return story

    def events(self, kind):
        return [line.event for line in self.lines if line.kind == kind]

    def test_that_goes_well_is_complete(self):
        self.tell()
        self.assertEqual([], self.events("story.stopped"))
        self.assertTrue(self.events("story.finished")[0].complete)

    def test_that_stops_says_where_and_why_and_heals(self):
        self.tell(play=StoryStop(words.CLOUD, "no server arrived"))
        (stop,) = self.events("story.stopped")
        self.assertEqual((words.EVACUATE, words.CLOUD), (stop.phase, stop.cause))
        self.assertFalse(self.events("story.finished")[0].complete)

    def test_that_breaks_by_our_fault_says_so(self):
        self.tell(play=ZeroDivisionError("oops"))
        self.assertEqual(words.HARNESS, self.events("story.stopped")[0].cause)
        self.assertIn("ZeroDivisionError", self.events("harness.error")[0].error)

    def test_that_breaks_by_an_error_of_the_api_blames_the_cloud(self):
        cause = RuntimeError()
        cause.resp = type("Response", (), {"status": 503})()
        self.tell(play=CloudError("the list of servers", cause))
        self.assertEqual(words.CLOUD, self.events("story.stopped")[0].cause)

    def test_that_cannot_be_told_is_skipped(self):
        self.tell(play=StorySkip("no second host"))
        self.assertEqual("no second host", self.events("story.skipped")[0].reason)
        self.assertEqual([], self.events("story.finished"))

    def test_that_stops_twice_says_the_first_place(self):
        self.tell(
            play=StoryStop(words.CLOUD, "no server arrived"),
            heal=StoryStop(words.HARNESS, "not back"),
        )
        (stop,) = self.events("story.stopped")
        self.assertEqual("no server arrived", stop.reason)

    def test_that_cannot_heal_stops_there(self):
        self.tell(heal=StoryStop(words.HARNESS, "not back"))
        self.assertEqual(words.POWER_ON, self.events("story.stopped")[0].phase)

    def test_that_is_interrupted_heals_before_it_ends(self):
        with self.assertRaises(KeyboardInterrupt):
            self.tell(play=KeyboardInterrupt())
        self.assertEqual("it was interrupted", self.events("story.stopped")[0].reason)
        self.assertFalse(self.events("story.finished")[0].complete)
