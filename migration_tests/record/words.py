# SPDX-License-Identifier: Apache-2.0
"""The fixed words of the history: moments, kinds of moves and storage, states, roles, causes.

May not know: anything else.
"""

# Moments of a look at a server or host. Judges go by the order on the record: the last look that
# is not BEFORE tells what is so afterwards.
BEFORE = "before"  # servers run, writers write, nothing has been disturbed or moved
REFUSED = "refused"  # moves that must not be made were asked for, and came to nothing
RESCUED = "rescued"  # the rescue systems of the servers run
MOVED = "moved"  # all moves have ended, as the migration records say
DECIDED = "decided"  # what waited for it was confirmed or reverted
RUNNING = "running"  # the moved servers run again and were logged in to
RETURNED = "returned"  # the disturbed host is back and its clean-up has ended, or had its time
REBOOTED = "rebooted"  # at the very end, after a hard reboot of the moved servers
MOMENTS = (BEFORE, REFUSED, RESCUED, MOVED, DECIDED, RUNNING, RETURNED, REBOOTED)

# Kinds of moves: the words of Nova's own migration records; of a rescue, which is on the record
# like a move to where the server is, Nova keeps none: the word of its instance action.
EVACUATION = "evacuation"
LIVE_MIGRATION = "live-migration"
COLD_MIGRATION = "migration"
RESIZE = "resize"
RESCUE = "rescue"
# An image is made of a server, and a new server booted from it; what is expected is of the new
# one, the server itself goes on. Again the word of the instance action.
IMAGE = "createImage"
MOVES = (EVACUATION, LIVE_MIGRATION, COLD_MIGRATION, RESIZE, RESCUE, IMAGE)

WAITING_MOVES = (COLD_MIGRATION, RESIZE)  # they wait to be confirmed or reverted

# What a migration record says once the server has arrived, and once it never will. (An evacuation
# is "done", and "completed" when the source has cleaned up; a resize waits as "finished" until it
# is confirmed: nova/compute/manager.py.)
RESCUED_NOW = "rescued"  # no word of Nova's records: it is seen as IN_RESCUE
ARRIVED = frozenset({"done", "completed", "finished", "confirmed", RESCUED_NOW})
FAILED_MIGRATION = frozenset({"error", "failed", "cancelled"})

# What is decided about a cold migration or a resize once it waits for it, and what its migration
# record says then, first and last.
CONFIRM, REVERT = "confirm", "revert"
DECISIONS = {CONFIRM: ("confirming", "confirmed"), REVERT: ("reverting", "reverted")}

# Kinds of storage, as they stand in verdicts.
VOLUME, SHARED, EPHEMERAL = "volume", "shared", "ephemeral"
STORAGES = (VOLUME, SHARED, EPHEMERAL)

# States of a server before a move, and at its end: the words of Nova's API.
ACTIVE, STOPPED, ERROR = "ACTIVE", "SHUTOFF", "ERROR"
PAUSED, SUSPENDED = "PAUSED", "SUSPENDED"
STATES = (ACTIVE, STOPPED, PAUSED, SUSPENDED, ERROR)
IN_RESCUE = "RESCUE"  # its rescue system runs in its place
VERIFY = "VERIFY_RESIZE"  # after a resize or cold migration, until it is confirmed or reverted

# How much of the suite is run; each holds all of those before it.
QUICK, STANDARD, FULL = "quick", "standard", "full"
PROFILES = (QUICK, STANDARD, FULL)

# Roles of a server in a scenario; a copy is booted from the image of a subject.
SUBJECT, BYSTANDER, COPY = "subject", "bystander", "copy"

# Kind of the line of a scenario that waits for another one on the same hosts; no event of its own.
WAITING = "scenario.waiting"

# Who is to blame when a scenario stops.
CLOUD, HARNESS = "cloud", "harness"

# What a server is given besides what every server of a scenario has.
LOCK, CONFIG_DRIVE, SERVER_GROUP = "lock", "config drive", "server group"

# Where a guest finds what the cloud tells it of itself.
SERVICE, DRIVE = "metadata service", "config drive"

# What becomes of a server's data in a move.
KEPT = "kept"  # every acknowledged write is there
PRISTINE = "pristine"  # the disk is made anew from the image
LOST = "lost"  # (memory) the server boots anew
NONE = "none"  # (memory) there was none: the server did not run

OTHER = "other"  # (flavor) the one that was asked for

# Where a server is after a move and what was decided about it.
ANOTHER_HOST, SAME_HOST = "another host", "the same host"
ANOTHER_ZONE = "another zone"  # where the copy of a server is

# Which host a move is asked to lead to.
SCHEDULER = ""  # none is named: the scheduler chooses
NAMED = "named"  # another host that takes such servers
BACK = "back"  # the host that the server came from
SAME = "same"  # the host that the server is on
UNKNOWN_HOST = "unknown"  # one that there is not
TARGETS = (SCHEDULER, NAMED, BACK, SAME, UNKNOWN_HOST)

# What a hypervisor says of a domain that executes; any other word (paused, shut off) does not.
DOMAIN_RUNS = "running"
