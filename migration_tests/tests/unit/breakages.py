# SPDX-License-Identifier: Apache-2.0
"""Every way to break a promise of an evacuation: how the record shows it, who must fail."""

from __future__ import annotations

from migration_tests.record import words
from migration_tests.record.events import (
    DataRead,
    DisturbanceStarted,
    MigrationSeen,
    MoveRequested,
    Reading,
    RequestMade,
    ServerAction,
    ServerIntroduced,
    ServerSeen,
    ServerSnapshot,
    ServiceSeen,
    SshAnswered,
    WriteResumed,
)
from migration_tests.tests.unit import healthy_record as healthy
from migration_tests.tests.unit import record_parts as parts
from migration_tests.tests.unit.breakages_afterwards import AFTERWARDS
from migration_tests.tests.unit.breakages_at_the_end import AT_THE_END
from migration_tests.tests.unit.breakages_of_identity import OF_IDENTITY
from migration_tests.tests.unit.record_parts import (
    BYS,
    DESTINATION,
    ELSEWHERE,
    EPH,
    OFF,
    SHR,
    SOURCE,
    VOL,
    changed,
    with_events,
    without,
)
from migration_tests.tests.unit.spoils import (
    Breakages,
    after,
    cut_short,
    domain,
    event_of,
    gone,
    no_ssh,
    not_moved,
    port_of,
    stopped,
)

DIED_NOT = {
    "verdict": "unknown",
    "readings": (
        Reading(witness="ssh", says="alive", detail="same boot ID", t_mono=101.0),
        Reading(witness="ping", says="alive", t_mono=101.0),
    ),
}

# What is broken, how the record shows it, and the one judge (and server) that must fail.
ON_THE_WAY: Breakages = {
    "a server does not answer before": (
        (
            changed(SshAnswered, {"answered": False, "error": "refused"}, server=SHR),
            cut_short(21, "boot", "SSH to name-id-shared did not answer"),
        ),
        "servers_ready",
        SHR,
    ),
    "a server cannot be booted": (
        (cut_short(2, "boot", "No valid host was found"), without(SshAnswered)),
        "servers_ready",
        None,
    ),
    "no server can be booted": (
        (cut_short(2, "boot", "No valid host was found"), without(ServerIntroduced)),
        "servers_ready",
        None,
    ),
    "the cloud shows no port before": (
        (changed(ServerSnapshot, {"ports": ()}, server=BYS),),
        "servers_ready",
        BYS,
    ),
    "the host did not die": (
        (
            changed(DisturbanceStarted, DIED_NOT),
            cut_short(102, "inject", "compute1 still answers"),
        ),
        "host_died",
        None,
    ),
    "the cloud never sees the host down": (
        (
            without(ServiceSeen, state="down"),
            not_moved(*healthy.SUBJECTS),
            stopped(109, "mark_down", "still up, 60 s"),
        ),
        "service_seen_down",
        None,
    ),
    "the evacuation is refused": (
        (
            changed(
                MoveRequested,
                {"accepted": False, "http_status": 400, "error": "in use"},
                server=VOL,
            ),
            without(MigrationSeen, server=VOL),
            without(ServerSnapshot, server=VOL, moment=words.MOVED),
            no_ssh(VOL),
        ),
        "evacuation_completed",
        VOL,
    ),
    "the evacuation ends in error": (
        (
            changed(MigrationSeen, {"status": "error"}, server=SHR, status="done"),
            without(MigrationSeen, server=SHR, status="completed"),
            no_ssh(SHR),
        ),
        "evacuation_completed",
        SHR,
    ),
    "one evacuation never ends": (
        (
            without(MigrationSeen, server=EPH, status=("done", "completed")),
            no_ssh(EPH),
        ),
        "evacuation_completed",
        EPH,
    ),
    "no evacuation ends and the scenario stops there": (
        (
            without(MigrationSeen, status=("done", "completed")),
            stopped(119, "evacuate", "no server arrived from compute1"),
            *(no_ssh(server) for server in healthy.SUBJECTS),
        ),
        "evacuation_completed",
        healthy.SUBJECTS,
    ),
    "the migration record was done and is in error later": (
        (changed(MigrationSeen, {"status": "error"}, server=SHR, status="completed"),),
        "evacuation_completed",
        SHR,
    ),
    "an event of the action failed though the record says done": (
        (event_of(SHR, 1, result="Error"),),
        "action_succeeded",
        SHR,
    ),
    "an event of the action has no result": (
        (event_of(SHR, 0, result=None),),
        "action_succeeded",
        SHR,
    ),
    "an event of the action never ended": (
        (event_of(SHR, 1, result=None, finish_at=None),),
        "action_succeeded",
        SHR,
    ),
    "an event of the action ended in a way of its own": (
        (event_of(SHR, 1, result="Cancelled"),),
        "action_succeeded",
        SHR,
    ),
    "Nova lists no event of the action": (
        (changed(ServerAction, {"events": ()}, server=SHR),),
        "action_succeeded",
        SHR,
    ),
    "the event that does the work is not among those of the action": (
        (event_of(SHR, 1, event="compute_live_migration"),),
        "action_succeeded",
        SHR,
    ),
    "the event that does the work ran on a host that had no part in it": (
        (event_of(SHR, 1, host=ELSEWHERE),),
        "action_succeeded",
        SHR,
    ),
    "the action has a message of an error": (
        (changed(ServerAction, {"message": "Error"}, server=VOL),),
        "action_succeeded",
        VOL,
    ),
    "the server is still shown on the dead host": (
        (after(SHR, host=SOURCE), port_of(SHR, host=SOURCE)),
        "landed_elsewhere",
        SHR,
    ),
    "the cloud shows no host for the server": (
        (after(SHR, host=None),),
        "landed_elsewhere",
        SHR,
    ),
    "the migration record names no destination": (
        (changed(MigrationSeen, {"destination": None}, server=VOL),),
        "landed_elsewhere",
        VOL,
    ),
    "the server went elsewhere than it was asked to": (
        (changed(MoveRequested, {"target": ELSEWHERE}, server=VOL),),
        "landed_elsewhere",
        VOL,
    ),
    "the server runs though it must be stopped": (
        (changed(ServerSnapshot, {"status": "ACTIVE"}, server=VOL, moment=words.MOVED),),
        "status_as_promised",
        VOL,
    ),
    "a task state comes back": (
        (with_events((114, parts.seen(VOL, "ACTIVE", "rebuilding", SOURCE))),),
        "task_states_in_order",
        VOL,
    ),
    "a task state comes twice": (
        (
            with_events(
                (113.1, parts.seen(VOL, "ACTIVE", None, SOURCE)),
                (113.2, parts.seen(VOL, "ACTIVE", "rebuild_spawning", SOURCE)),
            ),
        ),
        "task_states_in_order",
        VOL,
    ),
    "a task state has no place there": (
        (with_events((114, parts.seen(VOL, "ACTIVE", "migrating", SOURCE))),),
        "task_states_in_order",
        VOL,
    ),
    "the server is gone": ((gone(SHR),), "id_kept", SHR),
    "the name changed": ((after(VOL, name="other"),), "name_kept", VOL),
    "the name changed for a while": (
        (changed(ServerSnapshot, {"name": "x"}, server=VOL, moment=words.RUNNING),),
        "name_kept",
        VOL,
    ),
    "the flavor changed": (
        (after(VOL, flavor=parts.flavor(VOL).replace("m.volume", "m.other")),),
        "flavor_kept",
        VOL,
    ),
    "the port was replaced": (
        (port_of(SHR, port="new", mac="new", fixed_ips=("10.0.0.99",)), no_ssh(SHR)),
        "port_ids_kept",
        SHR,
    ),
    "all ports are gone": ((after(SHR, ports=(), floating_ips=()),), "port_ids_kept", SHR),
    "the MAC changed": ((port_of(SHR, mac="new"),), "mac_kept", SHR),
    "the fixed IP changed": (
        (port_of(SHR, fixed_ips=("10.0.0.99",)), after(SHR, floating_ips=()), no_ssh(SHR)),
        "fixed_ip_kept",
        SHR,
    ),
    "the floating IP is lost": (
        (after(SHR, floating_ips=()), no_ssh(SHR)),
        "floating_ip_kept",
        SHR,
    ),
    "the port keeps its old binding": (
        (port_of(EPH, host=SOURCE, status="DOWN"), no_ssh(EPH)),
        "port_bound",
        EPH,
    ),
    "the cloud shows no host for the port": ((port_of(EPH, host=None),), "port_bound", EPH),
    "the port stays down": ((port_of(EPH, status="DOWN"),), "port_bound", EPH),
    "the evacuated server cannot be started": (
        (
            changed(
                RequestMade,
                {"accepted": False, "http_status": 409, "error": "conflict"},
                server=SHR,
                request="start",
            ),
            without(ServerSeen, server=SHR, status="ACTIVE", task_state=None),
            changed(ServerSnapshot, {"status": "SHUTOFF"}, server=SHR, moment=words.RUNNING),
            changed(ServerSnapshot, {"status": "SHUTOFF"}, server=SHR, moment=words.RETURNED),
        ),
        "server_started",
        SHR,
    ),
    "the started server stops again": (
        (
            changed(ServerSnapshot, {"status": "SHUTOFF"}, server=SHR, moment=words.RETURNED),
            domain(DESTINATION, SHR, OFF),
        ),
        "server_started",
        SHR,
    ),
    "the evacuated server does not answer": ((no_ssh(VOL),), "ssh_answers", VOL),
    "none answers and the scenario stops there": (
        (
            *(no_ssh(server) for server in healthy.SUBJECTS),
            without(DataRead),
            without(WriteResumed),
            stopped(130, "reconnect", "no server answers"),
        ),
        "ssh_answers",
        healthy.SUBJECTS,
    ),
    "none was logged in to and the scenario stops there": (
        (
            without(SshAnswered, moment=(words.RUNNING, words.REBOOTED)),
            without(DataRead),
            without(WriteResumed),
            stopped(129.5, "reconnect", "no address leads to a server"),
        ),
        "ssh_answers",
        None,
    ),
    "the old guest answers in place of the new one": (
        (changed(SshAnswered, {"boot_id": f"boot-1-{VOL}"}, server=VOL, moment=words.RUNNING),),
        "ssh_answers",
        VOL,
    ),
}

BREAKAGES: Breakages = {**ON_THE_WAY, **OF_IDENTITY, **AFTERWARDS, **AT_THE_END}
