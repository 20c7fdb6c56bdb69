# SPDX-License-Identifier: Apache-2.0
"""The fixed words of the history: moments, phases, kinds of storage, roles, causes.

May not know: anything else. `events` offers all of them too.
"""

# Moments of a snapshot, in the order of the story.
BEFORE = "before"  # servers run, writers write, nothing has been disturbed
EVACUATED = "evacuated"  # all evacuations ended, as the migration records say
STARTED = "started"  # the evacuated servers run again, the source is still dead
RECOVERED = "recovered"  # the source is back and its clean-up has ended, or had its time
MOMENTS = (BEFORE, EVACUATED, STARTED, RECOVERED)

# Phases of a story, in their order. A story names the phase it is in and the one it stopped in.
PREPARE = "prepare"  # network, key, servers, floating IPs, SSH
WRITE = "write"  # writers run, first acknowledgements, snapshots "before"
KILL = "kill"  # the fault, confirmed by witnesses
SERVICE_DOWN = "service_down"  # until the cloud counts the host's compute service as down
EVACUATE = "evacuate"  # requests, then migration records until they end
START = "start"  # evacuated servers are started where the API leaves them stopped
CHECK = "check"  # SSH, data, snapshots "started"
POWER_ON = "power_on"  # the host boots, its compute service is up
CLEAN_UP = "clean_up"  # until the source has completed its migration records
GIVE_BACK = "give_back"  # forced_down cleared, service enabled
LOOK_BACK = "look_back"  # snapshots "recovered", domains and disks of the source
PHASES = (
    PREPARE,
    WRITE,
    KILL,
    SERVICE_DOWN,
    EVACUATE,
    START,
    CHECK,
    POWER_ON,
    CLEAN_UP,
    GIVE_BACK,
    LOOK_BACK,
)

# Kinds of storage, as they stand in verdicts.
VOLUME, SHARED, EPHEMERAL = "volume", "shared", "ephemeral"

# Roles of a server in a story.
SUBJECT, BYSTANDER = "subject", "bystander"

# Who is to blame when a story stops.
CLOUD, HARNESS = "cloud", "harness"

# What a story is doing in a phase, to be read after "while".
DOING = {
    PREPARE: "preparing the servers",
    WRITE: "getting the servers to write",
    KILL: "cutting the host off",
    SERVICE_DOWN: "waiting for the cloud to see the host down",
    EVACUATE: "evacuating the servers",
    START: "starting the evacuated servers",
    CHECK: "looking at the evacuated servers",
    POWER_ON: "bringing the host back",
    CLEAN_UP: "waiting for the host to clean up",
    GIVE_BACK: "giving the host back to the cloud",
    LOOK_BACK: "looking at what is left behind",
}
