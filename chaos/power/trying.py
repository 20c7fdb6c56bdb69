# SPDX-License-Identifier: Apache-2.0
"""Is the way back open? The harmless "on" is sent to a machine that reads on, and nothing changes.

That a BMC can be read says nothing of what its user may do: only a command that is carried out, or
refused for the one reason that the machine is on already, does. Knows no driver and no host.
"""

import re
from collections.abc import Callable

from chaos import errors
from chaos.deadline import Deadline
from chaos.power.protocol import PowerState

# How it is said that there is nothing to do. IPMI: completion code 0xD5. Redfish: an iDRAC answers
# 409 with PSU501, "Server is already powered ON" (dell/dellemc-openmanage-ansible-modules#132), an
# iLO 400 with InvalidOperationForSystemState (goldyfruit/ansible-ilo#1). Commands: virsh says
# "already active", a cloud's API that the server is "in vm_state active".
_ALREADY_ON = re.compile(
    r"not supported in present state|PSU501|InvalidOperationForSystemState|\.NoOperation\b"
    r"|already (?:(?:powered|turned|switched) )?(?:on|active|running|started|up)\b"
    r"|vm_state active",
    re.IGNORECASE,
)


def try_on(
    issue: Callable[[Deadline], None],
    read: Callable[[Deadline], PowerState],
    deadline: Deadline,
    *,
    by: str,
) -> None:
    """Send "on" once to a machine that reads on, and see that it is taken and changes nothing.

    :param issue: sends it, and returns once it is known whether it is taken
    :param read: reads the status once
    :param by: how the power is switched, for the message
    :raises chaos.errors.PowerUnsupported: if it is refused, or the status does not read on
    :raises chaos.errors.PowerError: if nobody answers
    """
    before = read(deadline)
    if before is not PowerState.ON:
        raise errors.PowerUnsupported(
            f"{by}: the status reads {before.value}, so switching on was not tried",
            expected="a machine that is on",
        )
    try:
        issue(deadline)
    except errors.PowerRefused as exc:
        if not _ALREADY_ON.search(exc.found):
            raise errors.PowerUnsupported(
                f"it may be read and not be switched on: {exc.found}", remedy=exc.remedy
            ) from exc
    after = read(deadline)
    if after is not PowerState.ON:
        raise errors.PowerUnsupported(
            f'{by}: after "on" to a machine that was on its status reads {after.value}',
            expected="no change",
            remedy="look at the machine, and at what else switches it",
        )
