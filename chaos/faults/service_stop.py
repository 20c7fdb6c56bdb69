# SPDX-License-Identifier: Apache-2.0
"""Fault: a service is stopped as an administrator stops it, and does not come back by itself."""

from chaos.faults.service import ServiceFault


class ServiceStop(ServiceFault):
    """Stop one service of a host; see :class:`chaos.faults.service.ServiceFault`."""

    kind = "service_stop"
