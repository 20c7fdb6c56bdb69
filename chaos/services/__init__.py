# SPDX-License-Identifier: Apache-2.0
"""How a host's services are run: one driver a file, behind :mod:`chaos.services.protocol`.

Which driver runs a service stands in ``drivers``.
"""

from chaos.services.drivers import NAMES, service_control, why_no_hold
from chaos.services.protocol import Found, ServiceControl, ServiceState

__all__ = ["NAMES", "Found", "ServiceControl", "ServiceState", "service_control", "why_no_hold"]
