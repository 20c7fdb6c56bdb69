# SPDX-License-Identifier: Apache-2.0
"""What all scenario classes share: a scenario run once in the class set-up, judged by each test.

May not know: any scenario, any judge.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.metadata
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from tempest import config, test

from chaos import errors
from chaos.deadline import Deadline
from chaos.inventory import Inventory, load_inventory
from chaos.journal.state import StateFolder
from chaos.run import Run
from migration_tests.cloud import versions
from migration_tests.cloud.changes import Callers, Changes
from migration_tests.cloud.counting import RequestCount
from migration_tests.cloud.questions import Cloud
from migration_tests.judges import asking, document
from migration_tests.record import run_folder, words
from migration_tests.record.events import (
    CloudChange,
    RequestsCounted,
    ScenarioSkipped,
    TestErrored,
    TestsPlanned,
)
from migration_tests.record.history import History
from migration_tests.record.run_folder import RunFolder
from migration_tests.runner import facts, placement
from migration_tests.runner.context import Context
from migration_tests.runner.loop import ScenarioRun
from migration_tests.runner.rules import rules
from migration_tests.runner.scenario import Scenario
from migration_tests.runner.settings import Settings
from migration_tests.runner.stopping import Skip, cloud_stop
from migration_tests.tests.scenario import options

CONF = config.CONF


class ScenarioTestCase(test.BaseTestCase):
    """One scenario, one class: mixins of test methods and `scenario` are all that a class has.

    The class must be marked as serial: two scenarios at once would disturb each other's cloud.
    """

    # Servers, keys and addresses belong to an ordinary project; what its member may not ask for
    # (a server on a named host) is asked for by an admin of that project, moves by the cloud's.
    credentials: ClassVar[list[str]] = ["admin", "project_member", "project_admin"]
    scenario: ClassVar[Scenario]
    folder: ClassVar[RunFolder]
    inventory: ClassVar[Inventory]
    history: ClassVar[History]

    # --- Tempest's stages ----------------------------------------------------------------------

    @classmethod
    def skip_checks(cls) -> None:
        """Skip the class when the configuration alone says that nothing can be run."""
        super().skip_checks()
        reason = options.why_not()
        if reason:
            raise cls.skipException(reason)

    @classmethod
    def setup_credentials(cls) -> None:
        """Let Tempest make a network with a router for the project of the servers."""
        cls.set_network_resources(network=True, subnet=True, router=True, dhcp=True)
        super().setup_credentials()

    @classmethod
    def resource_setup(cls) -> None:
        """Run the scenario. Whatever happens in it is recorded, not raised.

        What keeps it from being run is raised, and stands in the record, too: to skip it is for
        what the cloud or the configuration lacks, not for what fails.
        """
        super().resource_setup()
        cls.folder = run_folder.current(
            Path(CONF.migration_chaos.runs_dir), suite=_suite(), cloud=CONF.identity.uri_v3 or ""
        )
        cls.history = History(cls.folder.history)
        cls._record(TestsPlanned(tests=tuple(cls.planned_tests())))
        try:
            cls._run()
        except Skip as skip:
            cls._record(ScenarioSkipped(reason=str(skip)))
            document.write_verdicts(cls.folder)
            raise cls.skipException(str(skip)) from skip
        except KeyboardInterrupt:
            # Tempest tears a class down after errors only; nothing must stay behind.
            cls.tearDownClass()
            raise
        except Exception as error:
            cls._note_error(error)
            raise
        document.write_verdicts(cls.folder)

    @classmethod
    def _run(cls) -> None:
        """Find the scenario's place, run it there, and leave its deletion to the clean-up.

        :raises Skip: when it cannot be run here
        """
        try:
            cls.inventory = load_inventory(CONF.migration_chaos.hosts_file)
        except errors.InventoryError as error:
            raise Skip(str(error)) from error
        cloud = Cloud(cls.os_admin)
        offered = cloud.offered_microversion()
        api = versions.choose(offered, CONF.migration_chaos.compute_microversion)
        if not versions.at_least(api, versions.OLDEST_COMPUTE):
            raise Skip(
                f"the compute API goes up to {api} only; {versions.OLDEST_COMPUTE} is needed"
            )
        cls.setup_api_microversion_fixture(
            compute_microversion=api,
            volume_microversion=versions.VOLUME,
            placement_microversion=versions.PLACEMENT,
        )
        # Another run is refused here; the workers of this one take turns from here on.
        run = cls._begin_run()
        # Held until the servers are gone: to others they would be strangers on these hosts.
        alone = contextlib.ExitStack()
        cls.addClassResourceCleanup(alone.close)
        alone.enter_context(cls._one_at_a_time())
        planned, placed_facts = cls._place(cloud, api, offered)
        count = RequestCount(cls.os_project_member, cls.os_project_admin, cls.os_admin)
        changes = Changes(
            Callers(cls.os_project_member, cls.os_project_admin, cls.os_admin), cls._note_change
        )
        settings = cls._settings(run, changes)
        plan = placement.plan(
            cls.scenario, planned, placed_facts, settings.limits, settings.commands.cannot_tell
        )
        cls._record(plan)
        context = Context(
            cls.scenario.name,
            cls.history,
            cloud=cloud,
            changes=changes,
            settings=settings,
            plan=plan,
        )
        cls.addClassResourceCleanup(cls._delete, context)
        ScenarioRun(cls.scenario, context).run()
        cls._record(RequestsCounted(requests=count.total))

    @classmethod
    def _place(
        cls, cloud: Cloud, api: str, offered: str
    ) -> tuple[placement.Placement, facts.Facts]:
        """Find its place.

        :param offered: the newest compute API version that the cloud offers
        :raises CloudError: when the cloud cannot be asked: nothing is known to be lacking then
        """
        known = facts.gather(
            cloud,
            cls.inventory,
            options.flavors(),
            api,
            compute_offered=offered,
            owner=cls.os_project_member,
            look_for_room=CONF.migration_chaos.check_room,
            other_kinds=options.other_flavors(),
            rescue_image=options.rescue_image(),
        )
        against = rules(cloud, options.allowed(), frozenset, refuse_unasked=False)
        return placement.place(cls.scenario, known, against), known

    @classmethod
    def _begin_run(cls) -> Run:
        """Begin, or join, the run that may harm the hosts; skip if another is at it."""
        run = Run(
            cls.inventory,
            state=StateFolder(CONF.migration_chaos.state_dir or None),
            name=cls.folder.path.name,
        )
        if cls.scenario.disturbs:
            try:
                run.begin()
            except errors.ChaosError as refused:
                raise Skip(str(refused)) from refused
            cls.addClassResourceCleanup(run.end)
        return run

    @classmethod
    def _settings(cls, run: Run, changes: Changes) -> Settings:
        network = cls._network()
        if network is None:
            raise Skip(
                "there is no network for the servers: let Tempest make one (dynamic credentials) "
                "or set compute.fixed_network_name"
            )
        cls.addClassResourceCleanup(changes.delete_others)
        return options.settings(cls.inventory, run, options.servers(changes, network))

    @classmethod
    def _network(cls) -> str | None:
        """Return the network of the servers' project."""
        creds = cls._get_credentials_provider().get_project_member_creds()
        own = getattr(creds, "network", None)
        if own:
            return str(own["id"])
        name = CONF.compute.fixed_network_name
        client = cls.os_admin.networks_client
        found = client.list_networks(name=name)["networks"] if name else []
        return str(found[0]["id"]) if found else None

    @classmethod
    def _delete(cls, context: Context) -> None:
        """Delete all servers and addresses, once the host is back.

        :raises migration_tests.runner.stopping.Stop: when something is left
        """
        left = context.servers.delete_all(Deadline.after(context.times.server_boot))
        if left:
            raise cloud_stop("not everything was deleted: " + "; ".join(left))

    @classmethod
    def resource_cleanup(cls) -> None:
        """Delete everything, then judge the whole record once more."""
        try:
            super().resource_cleanup()
        finally:
            # Without it nothing has begun.
            if "folder" in vars(cls):
                document.write_verdicts(cls.folder)

    # --- what the tests call -------------------------------------------------------------------

    def ask(self, judge: str) -> None:
        """Read one judge's verdicts on the scenario; passes, fails or skips the test."""
        asking.ask(self.folder.history, self.scenario.name, judge)

    @classmethod
    def planned_tests(cls) -> Iterator[tuple[str, str, str]]:
        """Yield judge, full ID and idempotent ID of each test of the class."""
        for name in sorted(dir(cls)):
            if not name.startswith("test_"):
                continue
            attributes = getattr(getattr(cls, name), "__testtools_attrs", ())
            uuid = next((one[3:] for one in attributes if one.startswith("id-")), "")
            test_id = f"{cls.__module__}.{cls.__qualname__}.{name}[id-{uuid}]"
            yield name.removeprefix("test_"), test_id, uuid

    # --- the record ----------------------------------------------------------------------------

    @classmethod
    def _record(cls, event: Any) -> None:
        cls.history.append(event, source="test", scenario=cls.scenario.name)

    @classmethod
    def _note_error(cls, error: Exception) -> None:
        """Note that the class could not be set up; under Tempest alone nobody else would."""
        name = f"setUpClass ({cls.__module__}.{cls.__qualname__})"
        text = f"{type(error).__name__}: {error}"
        with cls.history.going_on():
            cls._record(TestErrored(test=name, error=text))

    @classmethod
    def _note_change(cls, change: str, undo: str, values: dict[str, Any]) -> None:
        cls._record(CloudChange(change=change, undo=undo, values=values))

    @classmethod
    @contextlib.contextmanager
    def _one_at_a_time(cls) -> Iterator[None]:
        """Let the workers of one run take turns: another run is refused before it comes here."""
        with cls.inventory.path.open("rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                cls.history.note(words.WAITING, {}, source="test", scenario=cls.scenario.name)
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _suite() -> str:
    return importlib.metadata.version("migration-chaos-tempest-plugin")
