# SPDX-License-Identifier: Apache-2.0
"""The API takes a live migration to a host that there is not, and lets it fail later.

By hand: ``openstack server migrate --live-migration --host nowhere SERVER`` says nothing.
"""

from types import SimpleNamespace
from typing import Any

SERVICES = ("nova-api",)
JUDGES = ("refused_as_promised",)
SCENARIOS = ("moves_refused",)
HIDES = ("nothing_changed",)


def apply() -> None:
    """Find a node of every host that is asked for by name."""
    from nova import exception, objects

    look = objects.ComputeNodeList.get_all_by_host

    def find(context: Any, host: str, *rest: Any, **named: Any) -> Any:
        try:
            return look(context, host, *rest, **named)
        except exception.ComputeHostNotFound:
            return [SimpleNamespace(host=host, hypervisor_hostname=host)]

    objects.ComputeNodeList.get_all_by_host = staticmethod(find)
