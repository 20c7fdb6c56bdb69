# SPDX-License-Identifier: Apache-2.0
"""What a recovery is: a function of a journal entry and its host.

Any process may call it, any number of times. Types only.
"""

from collections.abc import Callable, Mapping
from typing import Any

from chaos.deadline import Deadline
from chaos.inventory import Host
from chaos.journal import Entry

# Called with the kind and the plain data of each step.
OnEvent = Callable[[str, Mapping[str, Any]], None]

# What a fault left in its entry for its recovery.
Data = Mapping[str, Any]

# Returns what was seen, to be noted in the journal; raises chaos.errors.NotRecovered if the host
# is not seen to be as before in time.
Recovery = Callable[[Entry, Host, Deadline, OnEvent], dict[str, Any]]
