# SPDX-License-Identifier: Apache-2.0
"""The root helper that a service starts when it acts as root (oslo.privsep).

Services run as root on their own host; the helper's default command wants sudo.
"""

from lab.core.ini import Value

HELPER = "/opt/openstack/bin/privsep-helper"


def helpers(*sections: str) -> dict[str, dict[str, Value]]:
    """Return configuration that names the helper in each of these sections, fresh dictionaries."""
    return {section: {"helper_command": HELPER} for section in sections}
