# SPDX-License-Identifier: Apache-2.0
"""Damages to evidence that the judges need not notice, each with the reason.

Whatever else goes unnoticed is a hole in a judge. May not know: how damages are tried.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Unnoticed:
    """Fields of a kind of event whose damage may go unnoticed.

    :ivar fields: as `mutation.Mutation.field` has them
    :ivar what: which damages
    """

    kind: str
    fields: frozenset[str]
    what: frozenset[str]
    reason: str


def _one(kind: str, fields: str, what: str, reason: str) -> Unnoticed:
    return Unnoticed(kind, frozenset(fields.split()), frozenset(what.split()), reason)


UNNOTICED = (
    _one(
        "server.seen",
        "server status task_state host",
        "swap null empty",
        "a look that was missed, or that shows another state which has its place there, leaves"
        " the others in order; a short state may always pass between two looks",
    ),
    _one(
        "server.action",
        "events events[] events.event events.start_at events.finish_at events.host",
        "swap remove",
        "only the event that does the work must be there, on a host of the move; the others differ"
        " from release to release, and stamps of whole seconds may be those of another server",
    ),
    _one(
        "server.action",
        "request_id",
        "swap empty",
        "it tells two readings of one action from two actions, where there are two",
    ),
    _one(
        "disturbance.started",
        "readings[] readings.witness readings.t_mono readings.driver",
        "swap remove empty",
        "two independent witnesses are enough where there are more",
    ),
    _one(
        "service.seen",
        "host state status forced_down",
        "swap empty",
        "that the service was seen down is asked, not how, and another look may show it as well;"
        " of the look at the end everything is asked",
    ),
    _one(
        "probe.report",
        "gaps[] gaps.error gaps.t_start gaps.t_end error threshold answered sent t_start t_end",
        "swap double remove",
        "a shorter gap than the longest one, or a bound that stays below the limit, decides"
        " nothing; what contradicts the rest of the report is noticed",
    ),
    _one(
        "domains.seen",
        "domains domains[] domains.server domains.state host",
        "swap remove empty null",
        "a domain that does not run is no copy, whether it is listed or not; where one must run,"
        " and at the end of the looks, it is noticed",
    ),
    _one(
        "domains.seen",
        "longest_pause t_first_began t_first_ended t_last_began t_last_ended",
        "swap double",
        "looks a little earlier or later, or a longer pause that stays below the limit, see a"
        " second copy all the same",
    ),
    _one(
        "service.held",
        "longest_pause t_first_began t_first_ended t_last_began t_last_ended",
        "swap double",
        "looks a little earlier or later, or a longer pause that stays below the limit, see a"
        " service that is back all the same",
    ),
    _one(
        "host.inspected",
        "domains domains[] domains.server domains.state",
        "swap remove empty null",
        "of the looks at the host that was left only the moved server's own domain counts, and"
        " before the move only that it is listed",
    ),
    _one(
        "host.inspected",
        "disks disks[] marks marks[] sources sources[] sources.server sources.target"
        " sources.type sources.source sources.present",
        "swap remove empty null",
        "disks and folders are asked for where a server was before and is at the end, not on the"
        " host that it left; and any of several marks shows that its folder was looked into",
    ),
    _one(
        "move.requested",
        "http_status",
        "remove null",
        "a client may not tell the status of what was accepted",
    ),
    _one(
        "server.request",
        "http_status",
        "remove null swap",
        "a client may not tell the status of what was accepted; any status of success is one",
    ),
    _one(
        "server.ssh",
        "boot_id",
        "swap",
        "the boot ID that the guest has in another life of its own is its own, too",
    ),
    _one(
        "server.snapshot",
        "ports.status status",
        "swap empty",
        "right after a move the network was given no time to report",
    ),
    _one(
        "server.snapshot",
        "name flavor ports.port ports.mac ports.binding ports.fixed_ips ports.fixed_ips[]"
        " floating_ips floating_ips[] floating_ips.address floating_ips.port"
        " floating_ips.fixed_ip hypervisor metadata metadata[] tags tags[] description key"
        " availability_zone server_groups server_groups[] config_drive locked"
        " ports.security_groups ports.security_groups[]",
        "swap remove empty null",
        "of a bystander whose probe tells nothing only the look before is judged, and there only"
        " that it has a name, a flavor and addresses at all",
    ),
    _one(
        "server.snapshot",
        "server",
        "swap",
        "of a server with which something else is wrong not every planned look can be taken",
    ),
    _one(
        "data.read",
        "moment",
        "swap",
        "a reading put down to another moment fails the judge of that moment instead",
    ),
    _one(
        "data.read",
        "intact intact[] damaged",
        "swap double remove empty",
        "more than what was acknowledged may be there while the server still writes",
    ),
    _one(
        "writer.acknowledged",
        "server",
        "swap",
        "of a record that does not tell the last number the end of the ledger may be missing",
    ),
    _one(
        "writer.resumed",
        "number",
        "swap double",
        "that the number follows the last one read is asked of readings, not of writes",
    ),
    _one(
        "image.seen",
        "server status size snapshots snapshots[]",
        "swap remove empty null double",
        "of the looks at an image only the last counts, and of what is in it that it is something",
    ),
    _one(
        "server.copied",
        "hosts[]",
        "remove empty",
        "of the hosts of a zone only the one counts that the copy is on",
    ),
    _one(
        "rescue.read",
        "disks[] disks.device disks.mark disks.size",
        "swap remove empty null double",
        "of the disks of a rescue system only the server's own counts, and of that, where it has"
        " partitions, the size of the whole",
    ),
    _one(
        "migration.seen",
        "destination",
        "null remove empty",
        "a migration record has no destination before the scheduler chose one",
    ),
)


def reason(kind: str, field: str, what: str) -> str:
    """Return why a damage need not be noticed; nothing if it must be."""
    for one in UNNOTICED:
        if one.kind == kind and field in one.fields and what in one.what:
            return one.reason
    return ""
