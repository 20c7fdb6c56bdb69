# SPDX-License-Identifier: Apache-2.0
"""How a host's services are run: one driver a file, behind :mod:`chaos.services.protocol`.

Which driver runs a service stands in ``drivers``.
"""

from chaos.services.drivers import NAMES, service_control
from chaos.services.protocol import ServiceControl, ServiceState

__all__ = ["NAMES", "ServiceControl", "ServiceState", "service_control"]
