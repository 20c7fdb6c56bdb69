# SPDX-License-Identifier: Apache-2.0
"""A compute host loses its power: two disasters, and one test for each question about them.

The story is told once per class; each test asks one judge of its record. Names and IDs of tests
are for ever: results are compared by them.
"""

from __future__ import annotations

from typing import ClassVar

from tempest.lib import decorators

from migration_tests.cloud.clients import Cloud
from migration_tests.record import words
from migration_tests.record.history import History
from migration_tests.stories.base import Story
from migration_tests.stories.evacuation import EvacuationStory
from migration_tests.stories.settings import Settings
from migration_tests.tests.scenario.base import StoryTestCase, flavors


class HostFailureTestCase(StoryTestCase):
    """A host loses its power, its servers are evacuated, it comes back."""

    kinds: ClassVar[tuple[str, ...]]
    via: ClassVar[str]

    @classmethod
    def why_not(cls) -> str:
        """Return why the configuration does not allow the story, or nothing."""
        if not set(cls.kinds) & set(flavors()):
            return (
                f"neither {' nor '.join(cls.kinds)} storage is tested: no flavor in "
                "[migration_chaos], or storage_kinds leaves it out"
            )
        return super().why_not()

    @classmethod
    def make_story(cls, history: History, cloud: Cloud, settings: Settings) -> Story:
        """Return the story of the evacuation."""
        return EvacuationStory(
            cls.story_name, history, cloud, settings, kinds=cls.kinds, via=cls.via
        )

    @classmethod
    def delete_resources(cls, story: Story) -> None:
        """Delete the servers and addresses of the story."""
        assert isinstance(story, EvacuationStory)
        story.delete_resources()


@decorators.serial
class SharedStorageHostOffOverIpmi(HostFailureTestCase):
    """A host with shared storage is switched off by its BMC."""

    story_name = "shared_host_off_over_ipmi"
    kinds = (words.SHARED, words.VOLUME)
    via = "ipmi"

    @decorators.idempotent_id("02e19683-6214-479c-8965-0c69b3969904")
    def test_servers_ready(self) -> None:
        """The servers ran where they were asked to, and answered, before the disaster."""
        self.ask("servers_ready")

    @decorators.idempotent_id("d40baa2e-0024-4fee-afdc-340bd692efc6")
    def test_host_died(self) -> None:
        """The host really died, as two independent witnesses say."""
        self.ask("host_died")

    @decorators.idempotent_id("1da9b0f0-51de-4fea-bd1c-d6606823a71c")
    def test_service_seen_down(self) -> None:
        """The cloud saw the compute service of the dead host down."""
        self.ask("service_seen_down")

    @decorators.idempotent_id("a0b2a124-2be2-4a81-baee-6078b3f97667")
    def test_evacuation_completed(self) -> None:
        """Each server was evacuated, as its migration record says."""
        self.ask("evacuation_completed")

    @decorators.idempotent_id("320f605e-2bc7-44bd-872a-996cf220bc5f")
    def test_landed_elsewhere(self) -> None:
        """Each server is on another host than before."""
        self.ask("landed_elsewhere")

    @decorators.idempotent_id("13738587-8718-45a7-bcd9-e8ea1edc7995")
    def test_task_states_in_order(self) -> None:
        """The task states of the evacuation were never out of order."""
        self.ask("task_states_in_order")

    @decorators.idempotent_id("5da176fc-ebd4-4cf9-a1cf-7817f7e5707e")
    def test_id_kept(self) -> None:
        """Each server still exists under its ID."""
        self.ask("id_kept")

    @decorators.idempotent_id("71fcd4b1-de53-480e-982e-64b815e04f37")
    def test_name_kept(self) -> None:
        """Each server has its name."""
        self.ask("name_kept")

    @decorators.idempotent_id("df273afd-3663-43c1-ba76-62b6e366543b")
    def test_flavor_kept(self) -> None:
        """Each server has its flavor."""
        self.ask("flavor_kept")

    @decorators.idempotent_id("3b64437f-54b1-43c6-b0dd-7ce78bd8bba2")
    def test_port_ids_kept(self) -> None:
        """Each server has its ports."""
        self.ask("port_ids_kept")

    @decorators.idempotent_id("afe3960b-a739-4bae-948a-0f3d421a78ca")
    def test_mac_kept(self) -> None:
        """Each server has its MAC address."""
        self.ask("mac_kept")

    @decorators.idempotent_id("85b0865f-4662-42c5-8744-26fc2cd1b439")
    def test_fixed_ip_kept(self) -> None:
        """Each server has its fixed IP address."""
        self.ask("fixed_ip_kept")

    @decorators.idempotent_id("e83ac3c8-c158-442a-a327-02aa1b2a3405")
    def test_floating_ip_kept(self) -> None:
        """Each server has its floating IP address."""
        self.ask("floating_ip_kept")

    @decorators.idempotent_id("16e381ee-909d-414a-b39f-7cf4dab2580d")
    def test_port_bound(self) -> None:
        """The ports are ACTIVE and bound to the host the server is on."""
        self.ask("port_bound")

    @decorators.idempotent_id("c2ca3164-c0da-4ae1-b231-f03f21dc4de6")
    def test_server_started(self) -> None:
        """Each evacuated server runs."""
        self.ask("server_started")

    @decorators.idempotent_id("64c1c453-fbc0-4ac4-9f49-dff0d2d5f2c8")
    def test_ssh_answers(self) -> None:
        """Each evacuated server answers over SSH at its old address."""
        self.ask("ssh_answers")

    @decorators.idempotent_id("c5e5b6cb-c0df-4db6-a680-c9be196ac8a9")
    def test_acknowledged_writes_present(self) -> None:
        """Every acknowledged write is on the disk (volume, shared)."""
        self.ask("acknowledged_writes_present")

    @decorators.idempotent_id("9c36e349-69e3-400e-a696-5d1e3b4b9cec")
    def test_volume_attached_once(self) -> None:
        """The volume has one attachment, on the host the server is on."""
        self.ask("volume_attached_once")

    @decorators.idempotent_id("f6b0224c-1f86-4bbd-b306-1a951645a57d")
    def test_bystander_undisturbed(self) -> None:
        """The server on another host saw no outage."""
        self.ask("bystander_undisturbed")

    @decorators.idempotent_id("6889c4b8-cf00-4908-b906-99e941312866")
    def test_host_recovered(self) -> None:
        """The host came back with a new boot ID, its compute service is up."""
        self.ask("host_recovered")

    @decorators.idempotent_id("7505447c-9087-4eae-8ef4-d5512b111f8b")
    def test_clean_up_completed(self) -> None:
        """The host set the migration records to completed after its return."""
        self.ask("clean_up_completed")

    @decorators.idempotent_id("663fb0f5-09ce-408a-b938-d9f5085cf1a1")
    def test_source_without_domain(self) -> None:
        """No domain of the servers is left on the host."""
        self.ask("source_without_domain")

    @decorators.idempotent_id("d4851a7e-db52-416f-9162-f3d017c8cee7")
    def test_source_without_disk(self) -> None:
        """No disk of the servers is left on the host."""
        self.ask("source_without_disk")

    @decorators.idempotent_id("0111f105-4404-4356-aaa3-d7226de4f5b9")
    def test_source_without_allocation(self) -> None:
        """No allocation of the servers is left on the host."""
        self.ask("source_without_allocation")

    @decorators.idempotent_id("5a73c9e1-4044-4879-be3f-131709252b52")
    def test_destination_whole(self) -> None:
        """Domain, disk and allocation of each server are on its new host."""
        self.ask("destination_whole")

    @decorators.idempotent_id("0569918c-3dea-45b5-8411-2e1e64477b75")
    def test_host_given_back(self) -> None:
        """The host was given back: service up, enabled, not forced down."""
        self.ask("host_given_back")


@decorators.serial
class EphemeralStorageHostOffOverSsh(HostFailureTestCase):
    """A host with local disks is switched off by a command of its own."""

    story_name = "ephemeral_host_off_over_ssh"
    kinds = (words.EPHEMERAL, words.VOLUME)
    via = "ssh"

    @decorators.idempotent_id("1c0dbda7-f20f-4210-a136-349d0931f24d")
    def test_servers_ready(self) -> None:
        """The servers ran where they were asked to, and answered, before the disaster."""
        self.ask("servers_ready")

    @decorators.idempotent_id("b4dc062a-5508-47a6-9405-2ebf12afc190")
    def test_host_died(self) -> None:
        """The host really died, as two independent witnesses say."""
        self.ask("host_died")

    @decorators.idempotent_id("c73ce796-f5dd-45bb-b610-402b708daa42")
    def test_service_seen_down(self) -> None:
        """The cloud saw the compute service of the dead host down."""
        self.ask("service_seen_down")

    @decorators.idempotent_id("680ccc6c-3053-4c20-b2f0-bfc4e0103fd7")
    def test_evacuation_completed(self) -> None:
        """Each server was evacuated, as its migration record says."""
        self.ask("evacuation_completed")

    @decorators.idempotent_id("f8e0b5fd-bb02-4af3-8e06-037c989b6790")
    def test_landed_elsewhere(self) -> None:
        """Each server is on another host than before."""
        self.ask("landed_elsewhere")

    @decorators.idempotent_id("97aeddff-3f06-4215-aab1-222d8932315f")
    def test_task_states_in_order(self) -> None:
        """The task states of the evacuation were never out of order."""
        self.ask("task_states_in_order")

    @decorators.idempotent_id("3ece2d7a-af60-4962-a0a3-ba9aba51b298")
    def test_id_kept(self) -> None:
        """Each server still exists under its ID."""
        self.ask("id_kept")

    @decorators.idempotent_id("e1a2bfad-3290-496f-a45f-5ce54c75e99a")
    def test_name_kept(self) -> None:
        """Each server has its name."""
        self.ask("name_kept")

    @decorators.idempotent_id("75648874-04f6-4fca-bbad-eaf6e24c53b5")
    def test_flavor_kept(self) -> None:
        """Each server has its flavor."""
        self.ask("flavor_kept")

    @decorators.idempotent_id("d19a925b-f4b4-48db-a5ba-078e1ad64ee4")
    def test_port_ids_kept(self) -> None:
        """Each server has its ports."""
        self.ask("port_ids_kept")

    @decorators.idempotent_id("c9503f09-03ed-4423-a2ee-7323ba598083")
    def test_mac_kept(self) -> None:
        """Each server has its MAC address."""
        self.ask("mac_kept")

    @decorators.idempotent_id("34e2c232-a84d-45d8-9651-1246762e4c23")
    def test_fixed_ip_kept(self) -> None:
        """Each server has its fixed IP address."""
        self.ask("fixed_ip_kept")

    @decorators.idempotent_id("bbe889e9-b146-42ad-b6eb-432e33a8dde3")
    def test_floating_ip_kept(self) -> None:
        """Each server has its floating IP address."""
        self.ask("floating_ip_kept")

    @decorators.idempotent_id("ff99b5e6-461e-47a0-92ec-f86984cdb4d6")
    def test_port_bound(self) -> None:
        """The ports are ACTIVE and bound to the host the server is on."""
        self.ask("port_bound")

    @decorators.idempotent_id("4ffa1b83-d166-4e11-a7de-943f472d6934")
    def test_server_started(self) -> None:
        """Each evacuated server runs."""
        self.ask("server_started")

    @decorators.idempotent_id("3596704e-d866-41d9-a9e0-211db026d59e")
    def test_ssh_answers(self) -> None:
        """Each evacuated server answers over SSH at its old address."""
        self.ask("ssh_answers")

    @decorators.idempotent_id("cdc8f275-20ce-484c-81e6-6aae90a6a664")
    def test_acknowledged_writes_present(self) -> None:
        """Every acknowledged write is on the disk (volume, shared)."""
        self.ask("acknowledged_writes_present")

    @decorators.idempotent_id("68cea072-0a81-41c4-a7b8-596bd366bbad")
    def test_ephemeral_disk_pristine(self) -> None:
        """The local disk is the pristine image."""
        self.ask("ephemeral_disk_pristine")

    @decorators.idempotent_id("e281811b-4f61-4ebf-b0d7-6c4494ab7e35")
    def test_volume_attached_once(self) -> None:
        """The volume has one attachment, on the host the server is on."""
        self.ask("volume_attached_once")

    @decorators.idempotent_id("0a0df929-7905-48cf-b7fc-f19db1815765")
    def test_bystander_undisturbed(self) -> None:
        """The server on another host saw no outage."""
        self.ask("bystander_undisturbed")

    @decorators.idempotent_id("1857b38d-32c2-40c4-ba76-2c09bd85590a")
    def test_host_recovered(self) -> None:
        """The host came back with a new boot ID, its compute service is up."""
        self.ask("host_recovered")

    @decorators.idempotent_id("cff88546-0aaf-47f8-924a-c9df5ae627e3")
    def test_clean_up_completed(self) -> None:
        """The host set the migration records to completed after its return."""
        self.ask("clean_up_completed")

    @decorators.idempotent_id("718d2a70-3c58-4882-a8b5-eb466d72dbb0")
    def test_source_without_domain(self) -> None:
        """No domain of the servers is left on the host."""
        self.ask("source_without_domain")

    @decorators.idempotent_id("d9725ed6-f231-45f0-a40b-cc850c78bd61")
    def test_source_without_disk(self) -> None:
        """No disk of the servers is left on the host."""
        self.ask("source_without_disk")

    @decorators.idempotent_id("f398dd0d-4761-4158-b9f9-5cac08686a70")
    def test_source_without_allocation(self) -> None:
        """No allocation of the servers is left on the host."""
        self.ask("source_without_allocation")

    @decorators.idempotent_id("248f29b5-f075-4ae8-8233-474e6a58d051")
    def test_destination_whole(self) -> None:
        """Domain, disk and allocation of each server are on its new host."""
        self.ask("destination_whole")

    @decorators.idempotent_id("e733e8f7-3021-4d3b-b48a-ee3f3f29d470")
    def test_host_given_back(self) -> None:
        """The host was given back: service up, enabled, not forced down."""
        self.ask("host_given_back")
