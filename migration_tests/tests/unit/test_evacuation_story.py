# SPDX-License-Identifier: Apache-2.0
"""The whole story, told against a small cloud in memory, and what the judges say of its record."""

from __future__ import annotations

import os
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from migration_tests.guest import scripts
from migration_tests.judges import judge
from migration_tests.record import history, words
from migration_tests.record.events import ProbeReport
from migration_tests.record.verdicts import FAIL, SKIP, UNKNOWN
from migration_tests.stories.evacuation import EvacuationStory
from migration_tests.stories.settings import ServerSettings, Settings, Times
from migration_tests.tests.unit import small_cloud
from migration_tests.tests.unit.small_cloud import OTHER, SOURCE, Promises, Small
from migration_tests.tests.unit.test_casting import host

TIMES = Times(
    server_boot=20,
    kill=5,
    service_down=5,
    evacuation=5,
    host_boot=1,
    clean_up=0.2,
    settle=0.2,
    write=0.2,
    write_interval=0.01,
    poll_interval=0.02,
)


class Probe:
    """Reports a bystander that answered all the time."""

    def __init__(self, targets, record):
        self.targets, self.record = targets, record
        self.t_start = small_cloud.time.monotonic()

    def end(self):
        for target in self.targets:
            self.record(
                ProbeReport(
                    server=target.server,
                    interval=target.interval,
                    sent=9,
                    answered=9,
                    t_start=self.t_start,
                    t_end=small_cloud.time.monotonic(),
                    longest=0.0,
                    error=0.01,
                    threshold=target.threshold,
                )
            )


class HostShell:
    """A login on a host of the small cloud."""

    def __init__(self, host):
        self.host = host

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def check(self, argv, deadline):
        text = small_cloud.Fault.cloud.listing(self.host.name, argv)
        return SimpleNamespace(stdout=text)


class TheStory(unittest.TestCase):
    def tell(self, kinds=(words.SHARED, words.VOLUME), **broken):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        root = Path(folder.name)
        tools = root / "bin"
        tools.mkdir()
        (tools / "sync").write_text("#!/bin/sh\n")
        (tools / "sync").chmod(0o755)
        self.cloud = Small(root, Promises(**broken))
        small_cloud.Shell.cloud = small_cloud.Fault.cloud = self.cloud
        read = scripts.read_records(os.devnull)
        patches = {
            "migration_tests.stories.cast.GuestShell": small_cloud.Shell,
            "migration_tests.stories.evacuation.PowerOff": small_cloud.Fault,
            "migration_tests.stories.evacuation.Probe": Probe,
            "migration_tests.observers.source_host.HostShell": HostShell,
            "migration_tests.observers.source_host.read_boot_id": lambda *_: "old",
            "migration_tests.guest.scripts.read_records": lambda: read,
        }
        for name, stand_in in patches.items():
            patch = mock.patch(name, stand_in)
            patch.start()
            self.addCleanup(patch.stop)
        self.story = EvacuationStory(
            "story",
            history.History(root / "history.jsonl"),
            self.cloud,
            self.settings(root),
            kinds=kinds,
            via="ipmi",
        )
        self.story.tell()
        self.story.delete_resources()
        self.lines = history.read(root / "history.jsonl")
        return judge(self.lines, "story")

    def settings(self, root):
        hosts = {name: host(name) for name in (SOURCE, OTHER)}
        inventory = mock.MagicMock(names=tuple(hosts))
        inventory.__iter__.side_effect = lambda: iter(hosts.values())
        inventory.host.side_effect = hosts.get
        servers = ServerSettings(
            prefix="chaos",
            flavors={kind: kind for kind in ("volume", "shared", "ephemeral")},
            image="image",
            volume_size=1,
            network="net",
            public_network="public",
            key_name="key",
            security_group="group",
            login=None,
        )
        return Settings(servers, inventory, None, times=TIMES)

    def outcomes(self, verdicts, outcome):
        return {
            (verdict.judge, verdict.storage): verdict.reason
            for verdict in verdicts
            if verdict.outcome == outcome
        }

    def test_of_a_cloud_that_keeps_its_promises_has_neither_failures_nor_doubts(self):
        verdicts = self.tell()
        self.assertEqual({}, self.outcomes(verdicts, FAIL))
        self.assertEqual({}, self.outcomes(verdicts, UNKNOWN))
        skipped = {name for name, _ in self.outcomes(verdicts, SKIP)}
        self.assertEqual({"ephemeral_disk_pristine"}, skipped)
        self.assertEqual({}, self.cloud.states)

    def test_tells_of_an_ephemeral_disk_that_it_is_new(self):
        verdicts = self.tell(kinds=(words.EPHEMERAL, words.VOLUME))
        self.assertEqual({}, self.outcomes(verdicts, FAIL))
        self.assertEqual({}, self.outcomes(verdicts, UNKNOWN))
        self.assertEqual({}, self.outcomes(verdicts, SKIP))

    def test_gives_the_host_back_in_the_order_nova_wants(self):
        self.tell()
        asked = [sorted(values)[-1] for name, values in self.cloud.requests if name == SOURCE]
        self.assertEqual(["forced_down", "status", "forced_down", "status"], asked)
        service = self.cloud.hosts[SOURCE]
        self.assertEqual((False, "enabled"), (service.forced_down, service.status))

    def test_of_a_refused_evacuation_fails_once_and_brings_the_host_back(self):
        verdicts = self.tell(evacuates=False)
        failed = self.outcomes(verdicts, FAIL)
        self.assertEqual({"evacuation_completed"}, {name for name, _ in failed})
        self.assertFalse(self.cloud.dead)
        self.assertFalse(self.cloud.hosts[SOURCE].forced_down)

    def test_of_a_source_that_does_not_clean_up_fails_with_that_judge_only(self):
        failed = self.outcomes(self.tell(cleans_up=False), FAIL)
        self.assertEqual({"clean_up_completed"}, {name for name, _ in failed})

    def test_of_lost_writes_fails_with_that_judge_only(self):
        failed = self.outcomes(self.tell(keeps_writes=False), FAIL)
        self.assertEqual({"acknowledged_writes_present"}, {name for name, _ in failed})

    def test_of_a_host_that_stays_dead_leaves_it_marked_as_down(self):
        verdicts = self.tell(boots_again=False)
        self.assertEqual({}, self.outcomes(verdicts, FAIL))
        doubted = {name for name, _ in self.outcomes(verdicts, UNKNOWN)}
        self.assertEqual({"host_recovered"}, doubted)
        service = self.cloud.hosts[SOURCE]
        self.assertEqual((True, "disabled"), (service.forced_down, service.status))

    def test_of_a_compute_service_that_stays_away_fails_with_that_judge_only(self):
        failed = self.outcomes(self.tell(reports_again=False), FAIL)
        self.assertEqual({"host_recovered"}, {name for name, _ in failed})
