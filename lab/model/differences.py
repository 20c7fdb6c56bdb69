# SPDX-License-Identifier: Apache-2.0
"""How the releases of OpenStack differ for the lab, all in one place.

Every part is written as for the newest release; what is otherwise in an older one stands here, and
the parts ask. Knows names of options, services and functions; nothing of how parts are rendered.
"""

import dataclasses
from collections.abc import Mapping

from lab.core.ini import Value

Sections = dict[str, dict[str, Value]]


@dataclasses.dataclass(frozen=True)
class Difference:
    """What a release has otherwise than the newest.

    :param options: service, section and option -> the option's name there, empty if there is none.
    :param environment: service -> variables that its APIs need in their environment.
    :param no_contexts: privileged contexts (`lab.services.in_process`) that it does not have yet.
    """

    options: Mapping[tuple[str, str, str], str] = dataclasses.field(default_factory=dict)
    environment: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)
    no_contexts: tuple[str, ...] = ()

    def fit(self, service: str, sections: Sections) -> Sections:
        """Return a service's configuration as the release knows its options."""
        return {
            section: {
                name: value
                for option, value in options.items()
                if (name := self.options.get((service, section, option), option))
            }
            for section, options in sections.items()
        }


_NONE = Difference()

_OLDER = {
    "2025.2": Difference(
        options={
            ("neutron", "ml2", "project_network_types"): "tenant_network_types",
            ("nova", "DEFAULT", "manager_shutdown_timeout"): "",
        },
        # Later APIs use the threads of their server by themselves. Here they would switch to green
        # threads, which do not go with those; the release has this switch against it.
        environment={"nova": {"OS_NOVA_DISABLE_EVENTLET_PATCHING": "true"}},
        no_contexts=("os_brick.privileged:brick_privsep_hide_output",),
    ),
}


def of(release: str) -> Difference:
    """Return how a release differs from the newest; nothing, if nothing is known."""
    return _OLDER.get(release, _NONE)
