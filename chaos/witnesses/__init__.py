# SPDX-License-Identifier: Apache-2.0
"""Witnesses, one small file each: ways to see that a fault is in effect, or that it is over.

:func:`for_host` says which of them can look at a host from outside.
"""

from chaos.witnesses.observing import for_host, observe, observe_all
from chaos.witnesses.protocol import Observation, Witness, proved

__all__ = ["Observation", "Witness", "for_host", "observe", "observe_all", "proved"]
