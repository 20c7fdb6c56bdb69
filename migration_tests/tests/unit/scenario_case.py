# SPDX-License-Identifier: Apache-2.0
"""For tests of steps and scenarios: a context on the cloud in memory, with real observers.

Placed by the suite's own placement, run by its own loop. Stood in for are Tempest's clients, the
logins on hosts and in servers, and the power cut; the prober is real and asks the loopback.
"""

from __future__ import annotations

import dataclasses
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from migration_tests.cloud.changes import Callers, Changes
from migration_tests.cloud.questions import Cloud
from migration_tests.observers.hypervisor import HostCommands
from migration_tests.record import history, words
from migration_tests.record.events import CloudChange
from migration_tests.runner import facts, placement
from migration_tests.runner.context import Context
from migration_tests.runner.loop import ScenarioRun
from migration_tests.runner.scenario import Scenario
from migration_tests.runner.settings import ServerSettings, Settings, Times
from migration_tests.runner.topology import Subject, Topology
from migration_tests.tests.unit.fake_api import OTHER
from migration_tests.tests.unit.fake_cloud import Behaviour, FakeCloud
from migration_tests.tests.unit.fake_hosts import (
    FakeGuestShell,
    FakeHostShell,
    FakePanic,
    FakePowerOff,
    host,
    inventory,
)

SOURCE = "c1"
TIMES = Times(
    server_boot=20,
    kill=5,
    service_down=5,
    evacuation=10,
    live_migration=10,
    cold_migration=10,
    host_boot=5,
    clean_up=0.5,
    final_state=5,
    write=0.1,
    write_interval=0.01,
    probe_interval=0.05,
    poll_interval=0.02,
    host_look_interval=0.05,
)
# Far above what a busy machine can be late by: the loopback always answers.
LIMITS = {"bystander_max_gap": 30.0, "live_gap_limit": 30.0}
FLAVORS = {kind: kind for kind in words.STORAGES}
OTHER_FLAVORS = {kind: f"{kind}{OTHER}" for kind in words.STORAGES}
ONE_SERVER = Topology(subjects=(Subject(words.SHARED),), bystanders=0)


class ScenarioCase(unittest.TestCase):
    """Makes the cloud and runs scenarios, or single steps, on it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.tool("sync", "#!/bin/sh\n")
        self.path = self.root / "history.jsonl"
        self.times = TIMES
        self.force_down = True
        self.commands = HostCommands()

    def tool(self, name, script):
        """Put a program in front of the machine's own, for all servers."""
        tools = self.root / "bin"
        tools.mkdir(exist_ok=True)
        (tools / name).write_text(script)
        (tools / name).chmod(0o755)

    def context(self, scenario, *, api="2.95", limits=LIMITS, group_places=10, **behaviour):
        """Place a scenario on a cloud that behaves like that; return its context."""
        self.cloud = FakeCloud(self.root, Behaviour(**behaviour), api=api)
        self.cloud.group_places = group_places
        self.addCleanup(self.end_writers)
        stand_ins = {
            "migration_tests.runner.servers.GuestShell": FakeGuestShell,
            "migration_tests.observers.hosts.HostShell": FakeHostShell,
            "migration_tests.observers.domains.HostShell": FakeHostShell,
            "migration_tests.steps.inject.PowerOff": FakePowerOff,
            "migration_tests.steps.crash.Panic": FakePanic,
        }
        for name, stand_in in stand_ins.items():
            one = type(stand_in.__name__, (stand_in,), {"cloud": self.cloud})
            patch = mock.patch(name, one)
            patch.start()
            self.addCleanup(patch.stop)
            setattr(self, stand_in.__name__, one)
        self.history = history.History(self.path)
        asked = Cloud(self.cloud.manager())
        known = facts.gather(
            asked,
            inventory(*(host(name) for name in self.cloud.services)),
            FLAVORS,
            api,
            owner=self.cloud.manager("member"),
            other_kinds=OTHER_FLAVORS,
            rescue_image="image",
        )
        placed = placement.place(scenario, known)
        plan = placement.plan(scenario, placed, known, limits, self.commands.cannot_tell)
        record = self.history.recorder(scenario.name, "test")
        record(plan)
        callers = Callers(*(self.cloud.manager(who) for who in ("member", "project", "admin")))
        changes = Changes(
            callers,
            lambda change, undo, values: record(
                CloudChange(change=change, undo=undo, values=values)
            ),
        )
        servers = ServerSettings(
            prefix="chaos",
            flavors=FLAVORS,
            other_flavors=OTHER_FLAVORS,
            image="image",
            volume_size=1,
            network="net",
            public_network="public",
            key_name="key",
            security_group="group",
            login=None,
            server_group=changes.create_server_group("group"),
        )
        settings = Settings(
            servers=servers,
            inventory=known.inventory,
            run=None,
            commands=self.commands,
            times=self.times,
            force_down=self.force_down,
            limits=limits,
        )
        context = Context(
            scenario.name,
            self.history,
            cloud=asked,
            changes=changes,
            settings=settings,
            plan=plan,
        )
        self.addCleanup(context.close)
        return context

    @staticmethod
    def hurry(context, **times):
        """Let the steps after this one wait for less long."""
        hasty = dataclasses.replace(context.times, **times)
        context.settings = dataclasses.replace(context.settings, times=hasty)

    def end_writers(self):
        for server in list(self.cloud.writers):
            self.cloud.end_writers(server)

    def run_scenario(self, scenario, **how):
        """Run a scenario to its end and return its record."""
        self.run_on(scenario, self.context(scenario, **how))
        return self.lines()

    @staticmethod
    def run_on(scenario, context):
        ScenarioRun(scenario, context).run()

    def steps(self, *steps, topology=ONE_SERVER, recovery=(), **how):
        """Run some steps as a scenario; return the first stop, or None."""
        scenario = Scenario("one", "{source}", topology, steps, recovery)
        self.run_scenario(scenario, **how)
        return next(iter(self.events("scenario.stopped")), None)

    def lines(self):
        return history.read(self.path)

    def events(self, kind):
        return [line.event for line in self.lines() if line.kind == kind]

    def phases(self):
        return [event.phase for event in self.events("scenario.phase")]

    def asked(self, what):
        """The bodies of the requests of a kind, in their order."""
        return [args for _, method, args, _ in self.cloud.asked if method == what]
