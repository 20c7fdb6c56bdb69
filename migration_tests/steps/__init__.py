# SPDX-License-Identifier: Apache-2.0
"""What can be done in a scenario: one step a file, each a frozen dataclass.

A step knows the context it works with; no scenario, no judge, and no other step but by what it
left in the context. `moving` is what all moves have in common.
"""

from migration_tests.steps.await_clean_up import AwaitCleanUp
from migration_tests.steps.await_ports import AwaitPorts
from migration_tests.steps.boot import Boot
from migration_tests.steps.bring_to_state import BringToState
from migration_tests.steps.cold_migrate import ColdMigrate
from migration_tests.steps.confirm import Confirm
from migration_tests.steps.evacuate import Evacuate
from migration_tests.steps.give_back import GiveBack
from migration_tests.steps.hard_reboot import HardReboot
from migration_tests.steps.inject import Inject
from migration_tests.steps.inspect_hosts import InspectHosts
from migration_tests.steps.live_migrate import LiveMigrate
from migration_tests.steps.mark_down import MarkDown
from migration_tests.steps.power_on import PowerOn
from migration_tests.steps.probe import Probe
from migration_tests.steps.read_back import ReadBack
from migration_tests.steps.reconnect import Reconnect
from migration_tests.steps.snapshot import Snapshot
from migration_tests.steps.start_stopped import StartStopped
from migration_tests.steps.start_writers import StartWriters
from migration_tests.steps.stop_writers import StopWriters
from migration_tests.steps.watch_domains import WatchDomains

__all__ = [
    "AwaitCleanUp",
    "AwaitPorts",
    "Boot",
    "BringToState",
    "ColdMigrate",
    "Confirm",
    "Evacuate",
    "GiveBack",
    "HardReboot",
    "Inject",
    "InspectHosts",
    "LiveMigrate",
    "MarkDown",
    "PowerOn",
    "Probe",
    "ReadBack",
    "Reconnect",
    "Snapshot",
    "StartStopped",
    "StartWriters",
    "StopWriters",
    "WatchDomains",
]
