# SPDX-License-Identifier: Apache-2.0
"""The options of the group [migration_chaos] in tempest.conf.

Only declarations: what an option means and when to change it. May not know who reads them.
"""

from __future__ import annotations

from typing import Any

from oslo_config import cfg

GROUP_NAME = "migration_chaos"

group = cfg.OptGroup(
    name=GROUP_NAME,
    title="Host failures and server moves",
    help="What the plugin may disturb, how it gets there, and how long it waits.",
)

WHERE_OPTIONS: list[cfg.Opt] = [
    cfg.StrOpt(
        "hosts_file",
        help="Path of hosts.yaml: the compute hosts with their SSH access, their BMC and whether "
        "they may be disturbed. Set it always: without it no host is touched and every scenario "
        "is skipped.",
    ),
    cfg.StrOpt(
        "runs_dir",
        default="runs",
        help="Folder that gets one run folder for each run. Change it when the tests are started "
        "from a folder that is not kept; 'migration-chaos certify' chooses the run folder itself.",
    ),
    cfg.StrOpt(
        "state_dir",
        default="",
        help="Folder of the journals of what is done to hosts, and of the leases of those who do "
        "it. Empty means MIGRATION_CHAOS_STATE, else /var/lib/migration-chaos for root, else the "
        "user's own state folder. Change it only to another folder that survives a restart of "
        "the machine, and to the same one for all runs against a cloud.",
    ),
    cfg.ListOpt(
        "hosts_with_other_servers",
        default=[],
        help="Names of hosts that may be disturbed although servers that are not the suite's own "
        "run there. Change it only when the loss of these servers is agreed on: they go down "
        "with the host and nobody evacuates them.",
    ),
    cfg.ListOpt(
        "hosts_with_controllers",
        default=[],
        help="Names of hosts that may be disturbed although services that control the cloud run "
        "there: any of Nova and Cinder but nova-compute. Change it only when the cloud has others "
        "of them, and goes on without these.",
    ),
    cfg.BoolOpt(
        "check_room",
        default=True,
        help="Refuse to disturb a host when, by Placement's numbers, the other hosts that are up "
        "and enabled have no room for the scenario's servers on it. Change it when these numbers "
        "do not say where servers can go.",
    ),
]

STORAGE_OPTIONS: list[cfg.Opt] = [
    cfg.ListOpt(
        "storage_kinds",
        default=["volume", "shared", "ephemeral"],
        item_type=cfg.types.String(choices=["volume", "shared", "ephemeral"]),
        help="Kinds of root disk that are tried. Change it to leave out a kind which the cloud "
        "has but does not promise anything for.",
    ),
    cfg.StrOpt(
        "flavor_volume",
        help="ID of the flavor for servers that boot from a volume. Change it when "
        "compute.flavor_ref, which is used when this is empty, does not fit: a flavor without a "
        "root disk is the honest one.",
    ),
    cfg.StrOpt(
        "volume_type",
        help="Name of the volume type that servers boot from. Set it to choose the storage "
        "backend that is tried when the cloud has several; empty means volume.volume_type, and if "
        "that is empty too the type the cloud gives by default.",
    ),
    cfg.StrOpt(
        "flavor_shared",
        help="ID of a flavor whose servers land on hosts where the local root disk lies on "
        "storage that other hosts see too (Ceph, NFS). Set it when the cloud has such hosts; "
        "empty means that shared storage is not tested.",
    ),
    cfg.StrOpt(
        "flavor_ephemeral",
        help="ID of a flavor whose servers land on hosts where the root disk lies on the host's "
        "own disk. Set it when the cloud has such hosts; empty means that ephemeral storage is "
        "not tested.",
    ),
    cfg.StrOpt(
        "rescue_image",
        help="ID of the image that servers are rescued with; empty means compute.image_ref. "
        "Change it to one with the properties hw_rescue_device and hw_rescue_bus: Nova rescues "
        "servers on volumes with such an image only, and without it they are left out. The image "
        "must let in the same login as compute.image_ref, and find its root file system though a "
        "second disk with the same label is there.",
    ),
    cfg.StrOpt(
        "flavor_volume_alt",
        help="ID of the flavor that servers on volumes are resized to. Change it when "
        "compute.flavor_ref_alt, which is used when this is empty, does not fit.",
    ),
    cfg.StrOpt(
        "flavor_shared_alt",
        help="ID of the flavor that servers on shared storage are resized to: larger than "
        "flavor_shared, with a larger root disk, for the same hosts. Set it when the cloud has "
        "shared storage; empty means that nothing is resized.",
    ),
    cfg.StrOpt(
        "flavor_ephemeral_alt",
        help="ID of the flavor that servers on ephemeral storage are resized to: larger than "
        "flavor_ephemeral, with a larger root disk, for the same hosts. Set it when the cloud has "
        "such hosts; empty means that nothing is resized.",
    ),
    cfg.StrOpt(
        "instances_path",
        default="/var/lib/nova/instances",
        help="Nova's instances_path on the compute hosts, where leftover disks are looked for. "
        "Change it when nova.conf there has another one, or when Nova runs in containers and the "
        "host sees the folder under another path.",
    ),
    cfg.StrOpt(
        "domains_driver",
        default="virsh",
        choices=[
            ("virsh", "ask libvirt for all defined domains"),
            ("process", "look for QEMU processes; a defined domain that is off is not seen"),
        ],
        help="How the domains of a host are listed. Change it to 'process' when no virsh can be "
        "run on the hosts.",
    ),
    cfg.StrOpt(
        "virsh_command",
        default="virsh",
        help="The command that runs virsh on a compute host, as words split like a shell does. "
        "Change it when libvirt runs in a container, for example 'podman exec nova_libvirt "
        "virsh'.",
    ),
]

BEHAVIOUR_OPTIONS: list[cfg.Opt] = [
    cfg.StrOpt(
        "compute_microversion",
        default="2.95",
        help="Highest compute API version the scenarios ask for; an older cloud gets its own "
        "newest one, and below 2.74 nothing is tested. Change it to try another version: before "
        "2.95 an evacuated server is started by Nova, from then on by the scenario.",
    ),
    cfg.BoolOpt(
        "force_down",
        default=True,
        help="Mark the dead host's compute service as forced down once its death is proved, and "
        "disable it, as a VM high availability monitor does. Change it to wait until Nova finds "
        "out by itself (service_down_time).",
    ),
    cfg.FloatOpt(
        "write_seconds",
        default=10.0,
        min=1,
        help="Seconds the servers write undisturbed before the host dies. Raise it for more "
        "acknowledged records and a better look at slow storage.",
    ),
    cfg.FloatOpt(
        "write_interval",
        default=0.1,
        min=0,
        help="Seconds the writer in a server rests between two records; 0 writes as fast as "
        "fsync allows. Lower it to put more load on the storage.",
    ),
    cfg.FloatOpt(
        "probe_interval",
        default=0.01,
        min=0.002,
        help="Seconds between two probes of the bystander. Lower it for finer gaps; raise it when "
        "the runner cannot keep up, which the error bound of the gaps shows.",
    ),
    cfg.FloatOpt(
        "poll_interval",
        default=1.0,
        min=0.1,
        help="Seconds between two looks at the list of servers, migrations and services while "
        "something is asked for, awaited or changing; five times as many while it is quiet. Lower "
        "it for finer phases; raise it when the API is slow or limits its callers.",
    ),
    cfg.FloatOpt(
        "host_look_interval",
        default=2.0,
        min=0.5,
        help="Seconds between two looks at which domains run on a host, over SSH, at all hosts of "
        "the hosts file. Lower it to see a second copy of a server that lives for a shorter time; "
        "raise it when the hosts are slow to answer.",
    ),
]

# What judges hold gaps against; the table of promises and scenarios name these.
LIMIT_OPTIONS: list[cfg.Opt] = [
    cfg.FloatOpt(
        "bystander_max_gap",
        default=1.0,
        min=0,
        help="Seconds without an answer from a server on another host that count as an outage. "
        "Lower it to what the cloud promises; raise it only when a run without any fault shows "
        "longer gaps.",
    ),
    cfg.FloatOpt(
        "live_gap_limit",
        default=2.0,
        min=0,
        help="Seconds without an answer from a server while it is live-migrated that are the most "
        "the cloud promises. Lower it to the cloud's own promise; Nova's default of 500 ms for "
        "the switch-over is without the network's part.",
    ),
]

TIME_OPTIONS: list[cfg.Opt] = [
    cfg.IntOpt(
        "server_boot_timeout",
        default=300,
        min=1,
        help="Seconds for a server to become ACTIVE, and again to answer over SSH. Raise it when "
        "guests are emulated or images are large.",
    ),
    cfg.IntOpt(
        "kill_timeout",
        default=180,
        min=1,
        help="Seconds for the fault: to switch the host off and to prove it dead. Raise it when "
        "a BMC is slow.",
    ),
    cfg.IntOpt(
        "service_down_timeout",
        default=180,
        min=1,
        help="Seconds until the cloud counts the compute service of the dead host as down. Keep "
        "it above Nova's service_down_time.",
    ),
    cfg.IntOpt(
        "evacuation_timeout",
        default=600,
        min=1,
        help="Seconds from the first evacuation request until all migration records have ended. "
        "Raise it when large images must be fetched by the new host.",
    ),
    cfg.IntOpt(
        "live_migration_timeout",
        default=600,
        min=1,
        help="Seconds from the request of a live migration until its migration record has ended. "
        "Raise it when large or busy servers are moved.",
    ),
    cfg.IntOpt(
        "cold_migration_timeout",
        default=600,
        min=1,
        help="Seconds from the first request of a cold migration or resize until all wait to be "
        "confirmed. Raise it when local disks are large or the network between hosts is slow.",
    ),
    cfg.IntOpt(
        "image_timeout",
        default=600,
        min=1,
        help="Seconds from the first request for an image of a server until all images can be "
        "used. Raise it when disks are large or the image store is slow.",
    ),
    cfg.IntOpt(
        "host_boot_timeout",
        default=900,
        min=1,
        help="Seconds for the host to boot, answer over SSH and report its compute service. "
        "Raise it for machines with a long power-on self-test.",
    ),
    cfg.IntOpt(
        "clean_up_timeout",
        default=300,
        min=1,
        help="Seconds, from the return of its compute service, in which the source host has to "
        "complete its migration records. Raise it when a start of nova-compute takes long.",
    ),
    cfg.IntOpt(
        "final_state_timeout",
        default=60,
        min=1,
        help="Seconds in which ports, volume attachments and allocations have to reach their "
        "final state after a move. Raise it when the network is known to be slow to report.",
    ),
]

OPTIONS: list[cfg.Opt] = [
    *WHERE_OPTIONS,
    *STORAGE_OPTIONS,
    *BEHAVIOUR_OPTIONS,
    *LIMIT_OPTIONS,
    *TIME_OPTIONS,
]


def list_opts() -> list[tuple[Any, list[cfg.Opt]]]:
    """Return the options by group, for oslo.config's sample generator."""
    return [(group, OPTIONS)]
