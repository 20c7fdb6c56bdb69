# SPDX-License-Identifier: Apache-2.0
"""What is injected and not recovered yet, on the disk, for whoever has to recover it.

``journal`` is written, ``reading`` is how it is read, ``lease`` says who still runs, ``registry``
looks at all runs of this machine, ``state`` is the folder they share.
"""

from chaos.journal.journal import Journal
from chaos.journal.reading import Entry, Holder, JournalReader
from chaos.journal.registry import RunState
from chaos.journal.state import StateFolder

__all__ = ["Entry", "Holder", "Journal", "JournalReader", "RunState", "StateFolder"]
