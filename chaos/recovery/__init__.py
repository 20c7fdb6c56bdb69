# SPDX-License-Identifier: Apache-2.0
"""What recovers a host from a fault, one file each, found by the name that stands in the journal.

A fault writes a name of :data:`RECOVERIES` and plain data into the journal; :func:`recover_entry`
needs nothing else than that and the hosts file, so the runner may be long dead.
"""

from chaos.recovery.entries import RECOVERIES, recover_entry
from chaos.recovery.protocol import OnEvent

__all__ = ["RECOVERIES", "OnEvent", "recover_entry"]
