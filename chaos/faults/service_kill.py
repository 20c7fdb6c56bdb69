# SPDX-License-Identifier: Apache-2.0
"""Fault: a service's process is killed with SIGKILL.

What runs it may start it again at once: that is its business, and the fault is proved by the end
of the process that was.
"""

from chaos.faults.service import ServiceFault


class ServiceKill(ServiceFault):
    """Kill one service of a host; see :class:`chaos.faults.service.ServiceFault`."""

    kind = "service_kill"
    signal = "KILL"
