# SPDX-License-Identifier: Apache-2.0
"""The vocabulary of the history: one dataclass for each thing that is seen, by subject.

Steps and observers make these, judges read these, and neither knows the other. May not know: who
writes them, how they are stored (`history`) and what is concluded from them (`judges`).

Conventions
    server      always the server's ID, ``host`` always the name Nova knows the host by
    moment      when a look was taken: one of `words.MOMENTS`
    t_*         seconds of the runner's monotonic clock (the same clock as the line's ``t_mono``)
    *_at        a time stamp as the cloud gave it, untouched text, or None
    None        where a cloud's answer is recorded: the cloud answered null or left it out, which
                is an answer; elsewhere, as each class says, that it was not learned
    unread      fields that no judge reads, each with the reason why it is recorded all the same
"""

from migration_tests.record.events.data import (
    DataRead,
    DiskRead,
    WriteRefused,
    WriterEnded,
    WriteResumed,
    WriterStarted,
    WritesAcknowledged,
)
from migration_tests.record.events.guests import AttachedDisk, GuestMetadata, RescueRead
from migration_tests.record.events.hosts import (
    DiskSource,
    DisturbanceEnded,
    DisturbanceStarted,
    Domain,
    DomainsSeen,
    HostBooted,
    HostInspected,
    Looks,
    Reading,
    ServiceHeld,
    ServiceReported,
    ServiceRequest,
    ServiceSeen,
)
from migration_tests.record.events.moves import (
    ActionEvent,
    MigrationSeen,
    MoveRequested,
    ServerAction,
)
from migration_tests.record.events.probes import Gap, ProbeReport
from migration_tests.record.events.run import (
    RequestsCounted,
    RunFinished,
    RunStarted,
    TestErrored,
    TestSkipped,
    TestsPlanned,
)
from migration_tests.record.events.scenario import (
    CloudChange,
    Expectation,
    HarnessError,
    PhaseStarted,
    PlannedPhase,
    PlannedServer,
    ScenarioFinished,
    ScenarioPlanned,
    ScenarioSkipped,
    ScenarioStopped,
    WaitExpired,
)
from migration_tests.record.events.servers import (
    AllocationSnapshot,
    Attachment,
    CopyIntroduced,
    FloatingIp,
    ImageSeen,
    Port,
    PortSeen,
    RequestMade,
    ServerIntroduced,
    ServerSeen,
    ServerSnapshot,
    SshAnswered,
    VolumeSnapshot,
)

__all__ = [
    "ActionEvent",
    "AllocationSnapshot",
    "AttachedDisk",
    "Attachment",
    "CloudChange",
    "CopyIntroduced",
    "DataRead",
    "DiskRead",
    "DiskSource",
    "DisturbanceEnded",
    "DisturbanceStarted",
    "Domain",
    "DomainsSeen",
    "Expectation",
    "FloatingIp",
    "Gap",
    "GuestMetadata",
    "HarnessError",
    "HostBooted",
    "HostInspected",
    "ImageSeen",
    "Looks",
    "MigrationSeen",
    "MoveRequested",
    "PhaseStarted",
    "PlannedPhase",
    "PlannedServer",
    "Port",
    "PortSeen",
    "ProbeReport",
    "Reading",
    "RequestMade",
    "RequestsCounted",
    "RescueRead",
    "RunFinished",
    "RunStarted",
    "ScenarioFinished",
    "ScenarioPlanned",
    "ScenarioSkipped",
    "ScenarioStopped",
    "ServerAction",
    "ServerIntroduced",
    "ServerSeen",
    "ServerSnapshot",
    "ServiceHeld",
    "ServiceReported",
    "ServiceRequest",
    "ServiceSeen",
    "SshAnswered",
    "TestErrored",
    "TestSkipped",
    "TestsPlanned",
    "VolumeSnapshot",
    "WaitExpired",
    "WriteRefused",
    "WriteResumed",
    "WriterEnded",
    "WriterStarted",
    "WritesAcknowledged",
]
