# SPDX-License-Identifier: Apache-2.0
"""The test methods: one for each judge, gathered in one mixin for each group of judges.

A test class is put together from these. Each method stands here once, with its UUID, which names
the judge for ever. May not know: scenarios, and what a judge asks.
"""

from __future__ import annotations

from typing import Protocol

from tempest.lib import decorators


class Asks(Protocol):
    """What a mixin needs of the class it is mixed into."""

    def ask(self, judge: str) -> None:
        """Read one judge's verdicts; passes, fails or skips the test."""


class Ready:
    """What had to be so before anything was done."""

    @decorators.idempotent_id("02e19683-6214-479c-8965-0c69b3969904")
    def test_servers_ready(self: Asks) -> None:
        """The servers ran where they were asked to, and answered."""
        self.ask("servers_ready")


class HostDied:
    """The host that was disturbed really died."""

    @decorators.idempotent_id("d40baa2e-0024-4fee-afdc-340bd692efc6")
    def test_host_died(self: Asks) -> None:
        """The host really died, as two independent witnesses say."""
        self.ask("host_died")

    @decorators.idempotent_id("1da9b0f0-51de-4fea-bd1c-d6606823a71c")
    def test_service_seen_down(self: Asks) -> None:
        """The cloud saw the compute service of the dead host down."""
        self.ask("service_seen_down")


class Refused:
    """Moves that must not be made."""

    @decorators.idempotent_id("aea6b8bd-e86c-4c2c-aad9-59e0681ef24d")
    def test_refused_as_promised(self: Asks) -> None:
        """Each is refused, or comes to nothing, as it must."""
        self.ask("refused_as_promised")

    @decorators.idempotent_id("db8da18e-57a5-427c-a734-837c3df73153")
    def test_nothing_changed(self: Asks) -> None:
        """Nothing was changed by it."""
        self.ask("nothing_changed")


class StayedDown:
    """A host that crashed, and boots again while it is evacuated."""

    @decorators.idempotent_id("bb0b6d2c-94be-4b04-bd8a-a5b0be33b8ea")
    def test_host_stayed_down(self: Asks) -> None:
        """Its nova-compute and guests stayed away until all evacuations had ended."""
        self.ask("host_stayed_down")


class Evacuated:
    """The evacuation itself, and what the source did once it was back."""

    @decorators.idempotent_id("a0b2a124-2be2-4a81-baee-6078b3f97667")
    def test_evacuation_completed(self: Asks) -> None:
        """Each server was evacuated, as its migration record says."""
        self.ask("evacuation_completed")

    @decorators.idempotent_id("7505447c-9087-4eae-8ef4-d5512b111f8b")
    def test_clean_up_completed(self: Asks) -> None:
        """The source set the migration records to completed after its return."""
        self.ask("clean_up_completed")


class Migrated:
    """A move from a host that lives."""

    @decorators.idempotent_id("e2a214e8-bbe9-4675-9d52-490575ffc53d")
    def test_migration_completed(self: Asks) -> None:
        """Each server was moved, as its migration record says."""
        self.ask("migration_completed")


class Decided:
    """A move that waits to be confirmed or reverted."""

    @decorators.idempotent_id("7ac1d90e-c1bb-4623-97d5-a4f6733733ef")
    def test_decision_completed(self: Asks) -> None:
        """Each move was confirmed or reverted, as its migration record says."""
        self.ask("decision_completed")


class Rescued:
    """Servers that are rescued, and come back."""

    @decorators.idempotent_id("5a5ec1b2-9084-4de4-af05-4fd0f03c2216")
    def test_rescue_completed(self: Asks) -> None:
        """Each server was rescued, as the list of servers shows."""
        self.ask("rescue_completed")

    @decorators.idempotent_id("65ad3413-bebe-4a04-a676-eed9a90748e7")
    def test_rescue_answers(self: Asks) -> None:
        """A rescue system answers in place of each server."""
        self.ask("rescue_answers")

    @decorators.idempotent_id("39ff3d45-f8ab-424c-a38a-2f4e8dbb20c7")
    def test_rescue_disk_attached(self: Asks) -> None:
        """Each rescue system has its server's own disk."""
        self.ask("rescue_disk_attached")

    @decorators.idempotent_id("4e779100-9c01-4b3a-83ea-bd2522fbcbb2")
    def test_unrescue_completed(self: Asks) -> None:
        """Each server runs again once it is unrescued."""
        self.ask("unrescue_completed")

    @decorators.idempotent_id("89250ca0-8ba1-42b6-8367-797d1b480dc2")
    def test_rescue_left_nothing(self: Asks) -> None:
        """Nothing is left of the rescue."""
        self.ask("rescue_left_nothing")


class Copied:
    """Servers that are carried to another zone by an image."""

    @decorators.idempotent_id("605542e9-e173-4ffd-a356-863afc66762a")
    def test_image_made(self: Asks) -> None:
        """The image of each server was made."""
        self.ask("image_made")

    @decorators.idempotent_id("2c76633f-802a-451c-9b61-6d9d31aaeb03")
    def test_copy_booted(self: Asks) -> None:
        """A new server boots from each image."""
        self.ask("copy_booted")

    @decorators.idempotent_id("0c6a0b8b-639d-4d1b-b702-18bfd845e425")
    def test_copy_in_another_zone(self: Asks) -> None:
        """Each copy is in the zone that it was asked for in."""
        self.ask("copy_in_another_zone")

    @decorators.idempotent_id("f1215233-bb8a-4ab8-8473-7f35fdf90f07")
    def test_copy_holds_writes(self: Asks) -> None:
        """Each copy has what its server had written."""
        self.ask("copy_holds_writes")

    @decorators.idempotent_id("d0d6c451-20f8-49d1-b658-576d8a92acd8")
    def test_original_went_on(self: Asks) -> None:
        """Each server itself went on undisturbed."""
        self.ask("original_went_on")


class Started:
    """Servers that their move leaves stopped."""

    @decorators.idempotent_id("c2ca3164-c0da-4ae1-b231-f03f21dc4de6")
    def test_server_started(self: Asks) -> None:
        """Each moved server runs again."""
        self.ask("server_started")


class Resized:
    """Servers that were resized, whatever was decided then."""

    @decorators.idempotent_id("e804c4b3-709a-4581-b31f-ac3b31f1cf01")
    def test_disk_size_as_promised(self: Asks) -> None:
        """The root disk is as large as it must be."""
        self.ask("disk_size_as_promised")

    @decorators.idempotent_id("87b1400c-3208-4558-94a9-3cdd11859439")
    def test_flavor_as_asked(self: Asks) -> None:
        """Each server that was resized for good has the flavor that was asked for."""
        self.ask("flavor_as_asked")


class Moved:
    """Whatever the kind of move."""

    @decorators.idempotent_id("320f605e-2bc7-44bd-872a-996cf220bc5f")
    def test_landed_elsewhere(self: Asks) -> None:
        """Each server is where its move was to take it."""
        self.ask("landed_elsewhere")

    @decorators.idempotent_id("8d6d1d1c-6c2c-4b93-a1a5-5a1b4f0a7a3e")
    def test_status_as_promised(self: Asks) -> None:
        """Right after its move each server has the status that is promised."""
        self.ask("status_as_promised")

    @decorators.idempotent_id("13738587-8718-45a7-bcd9-e8ea1edc7995")
    def test_task_states_in_order(self: Asks) -> None:
        """The task states of the move were never out of order."""
        self.ask("task_states_in_order")

    @decorators.idempotent_id("03aa3897-fcf4-46b6-986c-39e8c7bb69f6")
    def test_action_succeeded(self: Asks) -> None:
        """Nova's own account of the move holds no error."""
        self.ask("action_succeeded")


class IdentityKept:
    """What of a server must be the same before and after."""

    @decorators.idempotent_id("5da176fc-ebd4-4cf9-a1cf-7817f7e5707e")
    def test_id_kept(self: Asks) -> None:
        """Each server still exists under its ID."""
        self.ask("id_kept")

    @decorators.idempotent_id("71fcd4b1-de53-480e-982e-64b815e04f37")
    def test_name_kept(self: Asks) -> None:
        """Each server has its name."""
        self.ask("name_kept")

    @decorators.idempotent_id("3b64437f-54b1-43c6-b0dd-7ce78bd8bba2")
    def test_port_ids_kept(self: Asks) -> None:
        """Each server has its ports."""
        self.ask("port_ids_kept")

    @decorators.idempotent_id("afe3960b-a739-4bae-948a-0f3d421a78ca")
    def test_mac_kept(self: Asks) -> None:
        """Each port has its MAC address."""
        self.ask("mac_kept")

    @decorators.idempotent_id("85b0865f-4662-42c5-8744-26fc2cd1b439")
    def test_fixed_ip_kept(self: Asks) -> None:
        """Each port has its fixed IP addresses."""
        self.ask("fixed_ip_kept")

    @decorators.idempotent_id("e83ac3c8-c158-442a-a327-02aa1b2a3405")
    def test_floating_ip_kept(self: Asks) -> None:
        """Each port has its floating IP addresses."""
        self.ask("floating_ip_kept")

    @decorators.idempotent_id("8ce1a0d4-0b37-4ce8-a2e5-b85b0573b4d7")
    def test_metadata_kept(self: Asks) -> None:
        """Each server has its metadata."""
        self.ask("metadata_kept")

    @decorators.idempotent_id("a73d78af-5ce4-4d3c-a660-a135522fa7d6")
    def test_tags_kept(self: Asks) -> None:
        """Each server has its tags."""
        self.ask("tags_kept")

    @decorators.idempotent_id("0770d73a-a577-45b8-b7ee-72d23eb5fdfc")
    def test_description_kept(self: Asks) -> None:
        """Each server has its description."""
        self.ask("description_kept")

    @decorators.idempotent_id("66ecbd0b-f646-4cc5-bf70-21356fd7c6ee")
    def test_key_kept(self: Asks) -> None:
        """Each server has its key pair."""
        self.ask("key_kept")

    @decorators.idempotent_id("c767998e-bd25-4e3f-aa87-bff40ccf250d")
    def test_security_groups_kept(self: Asks) -> None:
        """Each port has its security groups."""
        self.ask("security_groups_kept")

    @decorators.idempotent_id("4d0506c1-56fa-41e9-ac1d-e74053aabfb0")
    def test_availability_zone_kept(self: Asks) -> None:
        """Each server is in the availability zone it was asked for in."""
        self.ask("availability_zone_kept")

    @decorators.idempotent_id("7967e5b5-f232-4ded-aa2d-e57902119137")
    def test_server_group_kept(self: Asks) -> None:
        """Each server is in its server group."""
        self.ask("server_group_kept")

    @decorators.idempotent_id("d0fcb753-2c64-482d-8fc6-dfee7a1f9678")
    def test_config_drive_kept(self: Asks) -> None:
        """Each server has its config drive, readable from inside."""
        self.ask("config_drive_kept")

    @decorators.idempotent_id("1328657c-58eb-447a-a38e-b2baf7dc164b")
    def test_lock_kept(self: Asks) -> None:
        """Each locked server is locked."""
        self.ask("lock_kept")

    @decorators.idempotent_id("e876b9ce-80d1-45a5-a757-bde088f768c4")
    def test_hostname_kept(self: Asks) -> None:
        """Each server can read its host name from inside."""
        self.ask("hostname_kept")

    @decorators.idempotent_id("09f409f8-fe86-46e5-9cd9-c3153acd149e")
    def test_user_data_kept(self: Asks) -> None:
        """Each server can read its user data from inside."""
        self.ask("user_data_kept")


class FlavorKept:
    """Servers that are not resized for good."""

    @decorators.idempotent_id("df273afd-3663-43c1-ba76-62b6e366543b")
    def test_flavor_kept(self: Asks) -> None:
        """Each server has its flavor."""
        self.ask("flavor_kept")


class NetworkUp:
    """The servers' network where they are now."""

    @decorators.idempotent_id("16e381ee-909d-414a-b39f-7cf4dab2580d")
    def test_port_bound(self: Asks) -> None:
        """The ports are ACTIVE and bound to the host the server is on."""
        self.ask("port_bound")

    @decorators.idempotent_id("64c1c453-fbc0-4ac4-9f49-dff0d2d5f2c8")
    def test_ssh_answers(self: Asks) -> None:
        """Each moved server answers over SSH at its old address."""
        self.ask("ssh_answers")

    @decorators.idempotent_id("81f99bd3-8245-4a24-aafc-a99a4b914664")
    def test_metadata_answers(self: Asks) -> None:
        """Each moved server finds its metadata where it found them before."""
        self.ask("metadata_answers")


class DataKept:
    """Servers whose disks must be the old ones."""

    @decorators.idempotent_id("c5e5b6cb-c0df-4db6-a680-c9be196ac8a9")
    def test_acknowledged_writes_present(self: Asks) -> None:
        """Every acknowledged write is on the disk."""
        self.ask("acknowledged_writes_present")


class DiskPristine:
    """Servers whose disks must be made anew."""

    @decorators.idempotent_id("68cea072-0a81-41c4-a7b8-596bd366bbad")
    def test_ephemeral_disk_pristine(self: Asks) -> None:
        """The local disk is the pristine image."""
        self.ask("ephemeral_disk_pristine")


class VolumesKept:
    """Servers on volumes."""

    @decorators.idempotent_id("9c36e349-69e3-400e-a696-5d1e3b4b9cec")
    def test_volume_attached_once(self: Asks) -> None:
        """Each volume has one attachment, on the host the server is on."""
        self.ask("volume_attached_once")

    @decorators.idempotent_id("5c22c469-63e9-48fd-a4d4-748ca3c77ebf")
    def test_device_names_kept(self: Asks) -> None:
        """Each volume has its device name."""
        self.ask("device_names_kept")


class LiveKept:
    """Servers that run on through their move."""

    @decorators.idempotent_id("b2609a0b-dd2b-4550-8c65-6018eee38dc1")
    def test_not_rebooted(self: Asks) -> None:
        """Each server runs on: the same boot, the same writer."""
        self.ask("not_rebooted")

    @decorators.idempotent_id("5bd0f521-be84-462b-bb9b-e05d0e8e2329")
    def test_gap_within_limit(self: Asks) -> None:
        """No server was away for longer than promised."""
        self.ask("gap_within_limit")


class BystanderUndisturbed:
    """Servers that had no part in it."""

    @decorators.idempotent_id("f6b0224c-1f86-4bbd-b306-1a951645a57d")
    def test_bystander_undisturbed(self: Asks) -> None:
        """The server on another host saw no outage."""
        self.ask("bystander_undisturbed")


class HostBack:
    """The host that was disturbed is whole again."""

    @decorators.idempotent_id("6889c4b8-cf00-4908-b906-99e941312866")
    def test_host_recovered(self: Asks) -> None:
        """The host came back with a new boot ID, its compute service is up."""
        self.ask("host_recovered")

    @decorators.idempotent_id("0569918c-3dea-45b5-8411-2e1e64477b75")
    def test_host_given_back(self: Asks) -> None:
        """The host was given back: service up, enabled, not forced down."""
        self.ask("host_given_back")


class CleanedUp:
    """What is left on the source, and what is on the destination."""

    @decorators.idempotent_id("663fb0f5-09ce-408a-b938-d9f5085cf1a1")
    def test_source_without_domain(self: Asks) -> None:
        """No domain of the servers is left on the source."""
        self.ask("source_without_domain")

    @decorators.idempotent_id("d4851a7e-db52-416f-9162-f3d017c8cee7")
    def test_source_without_disk(self: Asks) -> None:
        """No disk of the servers is left on the source."""
        self.ask("source_without_disk")

    @decorators.idempotent_id("0111f105-4404-4356-aaa3-d7226de4f5b9")
    def test_source_without_allocation(self: Asks) -> None:
        """No allocation of the servers is left on the source."""
        self.ask("source_without_allocation")

    @decorators.idempotent_id("5a73c9e1-4044-4879-be3f-131709252b52")
    def test_destination_whole(self: Asks) -> None:
        """Domain, disk and allocation of each server are on its new host, once."""
        self.ask("destination_whole")


class Stayed:
    """Servers that may not be evacuated, once their host is back."""

    @decorators.idempotent_id("a5d5f7a6-5b1f-4a6a-9d3e-0d0c2f0a6d11")
    def test_stayed_unchanged(self: Asks) -> None:
        """Each is there as it was."""
        self.ask("stayed_unchanged")

    @decorators.idempotent_id("1c1fb3a9-7f0b-4a2c-8c1c-9d6a5d3f3b42")
    def test_stayed_runs_again(self: Asks) -> None:
        """Each runs again by a hard reboot."""
        self.ask("stayed_runs_again")

    @decorators.idempotent_id("e3c1f0c4-20c9-4c7b-8f5b-6c8f6f1f8a73")
    def test_stayed_writes_present(self: Asks) -> None:
        """Each has all that it acknowledged."""
        self.ask("stayed_writes_present")


class OneCopy:
    """Each server once, with its disk."""

    @decorators.idempotent_id("7ea3ef27-e2e9-4528-a4e0-689e1888df20")
    def test_single_copy(self: Asks) -> None:
        """No server ran on two hosts at once."""
        self.ask("single_copy")

    @decorators.idempotent_id("9af707bf-7135-49d7-9ff3-50829dfc3db3")
    def test_domain_running(self: Asks) -> None:
        """Each server that must run runs at the end, as its host says."""
        self.ask("domain_running")

    @decorators.idempotent_id("5c3981a8-44ab-46d8-bb81-e5e0309e6043")
    def test_disk_in_place(self: Asks) -> None:
        """Each server's disk is where it must be."""
        self.ask("disk_in_place")

    @decorators.idempotent_id("fdac7927-df88-4e22-953a-bb5ef743a17a")
    def test_host_shown_truly(self: Asks) -> None:
        """The cloud shows each server on one host, and there its domain runs."""
        self.ask("host_shown_truly")


class Rebooted:
    """What a hard reboot at the very end shows."""

    @decorators.idempotent_id("0bcc0d1c-d5a9-4145-99ba-695ab78d8387")
    def test_hard_reboot_survived(self: Asks) -> None:
        """Each moved server came back from a hard reboot."""
        self.ask("hard_reboot_survived")

    @decorators.idempotent_id("e08137f3-3a08-4ec9-9f95-e90587134be1")
    def test_later_writes_present(self: Asks) -> None:
        """What was written after the move is there to the end."""
        self.ask("later_writes_present")
