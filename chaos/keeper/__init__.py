# SPDX-License-Identifier: Apache-2.0
"""The keeper of a run: a process of its own that brings hosts back when the run cannot.

It waits until nobody holds the run's lease any more, or until the lease has run out, and then
recovers what the journal has open. ``starting`` is the run's side; ``__main__`` is the process,
``watching`` how it waits and ``recovering`` what it does then.
"""

from chaos.keeper.starting import start_keeper

__all__ = ["start_keeper"]
