# SPDX-License-Identifier: Apache-2.0
"""The UUIDs of tests that there were before scenarios were composed of steps, and what they asked.

Today a UUID names a judge, whatever the scenario; then it named a judge in one scenario. Results
of then are compared with results of today by this table. May not know: today's UUIDs.
"""

from __future__ import annotations

# Name of a scenario then -> today.
SCENARIOS = {
    "shared_host_off_over_ipmi": "evacuate_shared",
    "ephemeral_host_off_over_ssh": "evacuate_ephemeral",
}

_BY_SCENARIO = {
    "evacuate_shared": {
        "02e19683-6214-479c-8965-0c69b3969904": "servers_ready",
        "d40baa2e-0024-4fee-afdc-340bd692efc6": "host_died",
        "1da9b0f0-51de-4fea-bd1c-d6606823a71c": "service_seen_down",
        "a0b2a124-2be2-4a81-baee-6078b3f97667": "evacuation_completed",
        "320f605e-2bc7-44bd-872a-996cf220bc5f": "landed_elsewhere",
        "13738587-8718-45a7-bcd9-e8ea1edc7995": "task_states_in_order",
        "5da176fc-ebd4-4cf9-a1cf-7817f7e5707e": "id_kept",
        "71fcd4b1-de53-480e-982e-64b815e04f37": "name_kept",
        "df273afd-3663-43c1-ba76-62b6e366543b": "flavor_kept",
        "3b64437f-54b1-43c6-b0dd-7ce78bd8bba2": "port_ids_kept",
        "afe3960b-a739-4bae-948a-0f3d421a78ca": "mac_kept",
        "85b0865f-4662-42c5-8744-26fc2cd1b439": "fixed_ip_kept",
        "e83ac3c8-c158-442a-a327-02aa1b2a3405": "floating_ip_kept",
        "16e381ee-909d-414a-b39f-7cf4dab2580d": "port_bound",
        "c2ca3164-c0da-4ae1-b231-f03f21dc4de6": "server_started",
        "64c1c453-fbc0-4ac4-9f49-dff0d2d5f2c8": "ssh_answers",
        "c5e5b6cb-c0df-4db6-a680-c9be196ac8a9": "acknowledged_writes_present",
        "9c36e349-69e3-400e-a696-5d1e3b4b9cec": "volume_attached_once",
        "f6b0224c-1f86-4bbd-b306-1a951645a57d": "bystander_undisturbed",
        "6889c4b8-cf00-4908-b906-99e941312866": "host_recovered",
        "7505447c-9087-4eae-8ef4-d5512b111f8b": "clean_up_completed",
        "663fb0f5-09ce-408a-b938-d9f5085cf1a1": "source_without_domain",
        "d4851a7e-db52-416f-9162-f3d017c8cee7": "source_without_disk",
        "0111f105-4404-4356-aaa3-d7226de4f5b9": "source_without_allocation",
        "5a73c9e1-4044-4879-be3f-131709252b52": "destination_whole",
        "0569918c-3dea-45b5-8411-2e1e64477b75": "host_given_back",
    },
    "evacuate_ephemeral": {
        "1c0dbda7-f20f-4210-a136-349d0931f24d": "servers_ready",
        "b4dc062a-5508-47a6-9405-2ebf12afc190": "host_died",
        "c73ce796-f5dd-45bb-b610-402b708daa42": "service_seen_down",
        "680ccc6c-3053-4c20-b2f0-bfc4e0103fd7": "evacuation_completed",
        "f8e0b5fd-bb02-4af3-8e06-037c989b6790": "landed_elsewhere",
        "97aeddff-3f06-4215-aab1-222d8932315f": "task_states_in_order",
        "3ece2d7a-af60-4962-a0a3-ba9aba51b298": "id_kept",
        "e1a2bfad-3290-496f-a45f-5ce54c75e99a": "name_kept",
        "75648874-04f6-4fca-bbad-eaf6e24c53b5": "flavor_kept",
        "d19a925b-f4b4-48db-a5ba-078e1ad64ee4": "port_ids_kept",
        "c9503f09-03ed-4423-a2ee-7323ba598083": "mac_kept",
        "34e2c232-a84d-45d8-9651-1246762e4c23": "fixed_ip_kept",
        "bbe889e9-b146-42ad-b6eb-432e33a8dde3": "floating_ip_kept",
        "ff99b5e6-461e-47a0-92ec-f86984cdb4d6": "port_bound",
        "4ffa1b83-d166-4e11-a7de-943f472d6934": "server_started",
        "3596704e-d866-41d9-a9e0-211db026d59e": "ssh_answers",
        "cdc8f275-20ce-484c-81e6-6aae90a6a664": "acknowledged_writes_present",
        "68cea072-0a81-41c4-a7b8-596bd366bbad": "ephemeral_disk_pristine",
        "e281811b-4f61-4ebf-b0d7-6c4494ab7e35": "volume_attached_once",
        "0a0df929-7905-48cf-b7fc-f19db1815765": "bystander_undisturbed",
        "1857b38d-32c2-40c4-ba76-2c09bd85590a": "host_recovered",
        "cff88546-0aaf-47f8-924a-c9df5ae627e3": "clean_up_completed",
        "718d2a70-3c58-4882-a8b5-eb466d72dbb0": "source_without_domain",
        "d9725ed6-f231-45f0-a40b-cc850c78bd61": "source_without_disk",
        "f398dd0d-4761-4158-b9f9-5cac08686a70": "source_without_allocation",
        "248f29b5-f075-4ae8-8233-474e6a58d051": "destination_whole",
        "e733e8f7-3021-4d3b-b48a-ee3f3f29d470": "host_given_back",
    },
}

# UUID of then -> scenario and judge of today.
EARLIER_UUIDS: dict[str, tuple[str, str]] = {
    uuid: (scenario, judge)
    for scenario, judges in _BY_SCENARIO.items()
    for uuid, judge in judges.items()
}
