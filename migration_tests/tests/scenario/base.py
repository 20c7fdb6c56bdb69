# SPDX-License-Identifier: Apache-2.0
"""What all scenario classes share: a story told once in the class set-up, judged by each test.

Turns Tempest's configuration into the story's settings. May not know: any story, any judge.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.metadata
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from tempest import config, test
from tempest.lib.common import validation_resources
from tempest.lib.common.utils import data_utils

from chaos import errors
from chaos.inventory import Inventory, load_inventory
from chaos.journal.state import StateFolder
from chaos.run import Run
from migration_tests.cloud.clients import (
    OLDEST_COMPUTE,
    PLACEMENT_MICROVERSION,
    VOLUME_MICROVERSION,
    Cloud,
    at_least,
    choose_microversion,
)
from migration_tests.guest.shell import Login
from migration_tests.judges import document, tell
from migration_tests.observers.source_host import HostCommands
from migration_tests.record import run_folder, words
from migration_tests.record.history import History
from migration_tests.record.run_folder import RunFolder
from migration_tests.record.story_events import StorySkipped
from migration_tests.stories.base import Story
from migration_tests.stories.rules import Allowed
from migration_tests.stories.settings import ServerSettings, Settings, Times

CONF = config.CONF


def flavors() -> dict[str, str]:
    """Return the flavor of each kind of storage that is to be tested."""
    ours = CONF.migration_chaos
    known = {
        words.VOLUME: ours.flavor_volume or CONF.compute.flavor_ref,
        words.SHARED: ours.flavor_shared,
        words.EPHEMERAL: ours.flavor_ephemeral,
    }
    if not CONF.service_available.cinder:
        known.pop(words.VOLUME)
    return {
        kind: flavor for kind, flavor in known.items() if flavor and kind in ours.storage_kinds
    }


class StoryTestCase(test.BaseTestCase):
    """One story, one class. Subclasses set `story_name` and build the story in `make_story`.

    The class must be marked as serial: two stories at once would disturb each other's cloud.
    """

    credentials: ClassVar[list[str]] = ["admin"]
    story_name: ClassVar[str]
    folder: ClassVar[RunFolder]
    inventory: ClassVar[Inventory]
    run_of_faults: ClassVar[Run]

    @classmethod
    def make_story(cls, history: History, cloud: Cloud, settings: Settings) -> Story:
        """Return the story that the class is about."""
        raise NotImplementedError

    @classmethod
    def delete_resources(cls, story: Story) -> None:
        """Delete what the story has made; called when its host is back."""

    # --- Tempest's stages ----------------------------------------------------------------------

    @classmethod
    def skip_checks(cls) -> None:
        """Skip the class when the configuration does not allow the story."""
        super().skip_checks()
        cls.folder = run_folder.current(
            Path(CONF.migration_chaos.runs_dir), suite=_suite(), cloud=CONF.identity.uri_v3 or ""
        )
        reason = cls.why_not()
        if reason:
            cls.skip_story(reason)

    @classmethod
    def why_not(cls) -> str:
        """Return why the configuration does not allow the story, or nothing."""
        hosts_file = CONF.migration_chaos.hosts_file
        if not hosts_file:
            return "migration_chaos.hosts_file is not set, so no host may be disturbed"
        for service in ("nova", "neutron", "glance"):
            if not getattr(CONF.service_available, service):
                return f"service_available.{service} is off"
        if not CONF.validation.run_validation:
            return "validation.run_validation is off, but the story logs in to its servers"
        try:
            cls.inventory = load_inventory(hosts_file)
        except errors.InventoryError as error:
            return str(error)
        return ""

    @classmethod
    def skip_story(cls, reason: str) -> None:
        """Record that the story is not told, and skip the class."""
        recorder = History(cls.folder.history).recorder(cls.story_name, "test")
        recorder(StorySkipped(reason=reason))
        document.settle(cls.folder)
        raise cls.skipException(reason)

    @classmethod
    def setup_credentials(cls) -> None:
        """Let Tempest make a network with a router for the project of the servers."""
        cls.set_network_resources(network=True, subnet=True, router=True, dhcp=True)
        super().setup_credentials()

    @classmethod
    def resource_setup(cls) -> None:
        """Tell the story. Whatever happens in it is recorded, not raised."""
        super().resource_setup()
        cloud = Cloud(cls.os_admin)
        microversion = choose_microversion(
            cloud.offered_microversion(), CONF.migration_chaos.compute_microversion
        )
        if not at_least(microversion, OLDEST_COMPUTE):
            cls.skip_story(
                f"the compute API goes up to {microversion} only; {OLDEST_COMPUTE} is needed"
            )
        cls._begin_run()
        history = History(cls.folder.history)
        servers = cls._server_settings()
        settings = cls._settings(servers)
        cls.setup_api_microversion_fixture(
            compute_microversion=microversion,
            volume_microversion=VOLUME_MICROVERSION,
            placement_microversion=PLACEMENT_MICROVERSION,
        )
        story = cls.make_story(history, cloud, settings)
        # Held until the servers are gone: to others they would be strangers on these hosts.
        alone = contextlib.ExitStack()
        cls.addClassResourceCleanup(alone.close)
        cls.addClassResourceCleanup(cls.delete_resources, story)
        try:
            alone.enter_context(one_at_a_time(cls.inventory.path, story))
            story.tell()
        except KeyboardInterrupt:
            # Tempest tears a class down after errors only; servers must not stay behind.
            cls.tearDownClass()
            raise
        document.settle(cls.folder)

    @classmethod
    def _begin_run(cls) -> None:
        """Begin, or join, the run that may harm the hosts; skip the class if another is at it."""
        cls.run_of_faults = Run(
            cls.inventory,
            state=StateFolder(CONF.migration_chaos.state_dir or None),
            name=cls.folder.path.name,
        )
        try:
            cls.run_of_faults.begin()
        except errors.ChaosError as refused:
            cls.skip_story(str(refused))
        cls.addClassResourceCleanup(cls.run_of_faults.end)

    @classmethod
    def resource_cleanup(cls) -> None:
        """Delete everything, then judge the whole record once more."""
        try:
            super().resource_cleanup()
        finally:
            document.settle(cls.folder)

    # --- what the tests call -------------------------------------------------------------------

    def ask(self, judge: str) -> None:
        """Ask one judge about the story; passes, fails or skips the test."""
        tell.ask(self.folder.history, self.story_name, judge, self.id(), self._uuid())

    def _uuid(self) -> str:
        method = getattr(self, self._testMethodName)
        attributes = getattr(method, "__testtools_attrs", ())
        return next((one[3:] for one in attributes if one.startswith("id-")), "")

    # --- settings ------------------------------------------------------------------------------

    @classmethod
    def _server_settings(cls) -> ServerSettings:
        # Asked for before the microversion is set: from 2.92 on Nova makes no keys any more.
        made: dict[str, Any] = validation_resources.create_validation_resources(
            cls.os_admin,
            keypair=True,
            security_group=True,
            security_group_rules=True,
            ethertype=f"IPv{CONF.validation.ip_version_for_ssh}",
            use_neutron=True,
        )
        cls.addClassResourceCleanup(
            validation_resources.clear_validation_resources,
            cls.os_admin,
            use_neutron=True,
            **made,
        )
        floating = CONF.validation.connect_method == "floating"
        return ServerSettings(
            prefix=data_utils.rand_name("chaos", prefix=CONF.resource_name_prefix),
            flavors=flavors(),
            image=CONF.compute.image_ref,
            volume_size=CONF.volume.volume_size,
            volume_type=CONF.migration_chaos.volume_type or CONF.volume.volume_type or "",
            network=cls._network(),
            public_network=CONF.network.public_network_id if floating else None,
            key_name=made["keypair"]["name"],
            security_group=made["security_group"]["name"],
            login=Login.from_text(
                CONF.validation.image_ssh_user, made["keypair"]["private_key"]
            ),
        )

    @classmethod
    def _network(cls) -> str:
        """Return the network of the admin's project; Tempest's own helper takes the primary's."""
        own = getattr(cls._get_credentials_provider().get_admin_creds(), "network", None)
        if own:
            return str(own["id"])
        name = CONF.compute.fixed_network_name
        found = cls.os_admin.networks_client.list_networks(name=name)["networks"] if name else []
        if not found:
            cls.skip_story(
                "there is no network for the servers: let Tempest make one (dynamic credentials) "
                "or set compute.fixed_network_name"
            )
        return str(found[0]["id"])

    @classmethod
    def _settings(cls, servers: ServerSettings) -> Settings:
        ours = CONF.migration_chaos
        return Settings(
            servers=servers,
            inventory=cls.inventory,
            run=cls.run_of_faults,
            commands=HostCommands(
                driver=ours.domains_driver,
                virsh=tuple(shlex.split(ours.virsh_command)),
                instances_path=ours.instances_path,
            ),
            times=Times(
                server_boot=ours.server_boot_timeout,
                kill=ours.kill_timeout,
                service_down=ours.service_down_timeout,
                evacuation=ours.evacuation_timeout,
                host_boot=ours.host_boot_timeout,
                clean_up=ours.clean_up_timeout,
                settle=ours.settle_timeout,
                write=ours.write_seconds,
                write_interval=ours.write_interval,
                probe_interval=ours.probe_interval,
                poll_interval=ours.poll_interval,
                bystander_max_gap=ours.bystander_max_gap,
            ),
            allowed=Allowed(
                with_other_servers=frozenset(ours.hosts_with_other_servers),
                with_controllers=frozenset(ours.hosts_with_controllers),
                without_room=not ours.check_room,
            ),
            force_down=ours.force_down,
        )


@contextlib.contextmanager
def one_at_a_time(hosts_file: Path, story: Story) -> Iterator[None]:
    """Let the workers of one run take turns: another run is refused before it comes here."""
    with hosts_file.open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            story.begin(words.PREPARE, "waiting for another story that disturbs the same hosts")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _suite() -> str:
    return importlib.metadata.version("migration-chaos-tempest-plugin")
