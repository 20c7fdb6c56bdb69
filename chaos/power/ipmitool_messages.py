# SPDX-License-Identifier: Apache-2.0
"""What ipmitool's messages mean, each in one sentence with what to do.

ipmitool ends most failures with the same line; what went wrong stands above it. Pure functions of
text; no process, no BMC.
"""

import re
from collections.abc import Callable

from chaos.inventory import BmcAccess

# What ipmitool prints (with -v), what it means, what to do. The first that fits holds: a user that
# is unknown makes the privilege fail as well.
_MEANINGS: tuple[
    tuple[tuple[str, ...], Callable[[BmcAccess], str], Callable[[BmcAccess], str]], ...
] = (
    (
        ("get auth capabilities error", "get channel authentication capabilities request"),
        lambda bmc: "nobody answers there",
        lambda bmc: "check the address, that IPMI over LAN is enabled, and that UDP passes to it",
    ),
    (
        ("no matching cipher suite", "is not what we requested", "no matching authentication"),
        lambda bmc: f"the BMC does not take cipher suite {bmc.cipher_suite or '(chosen by both)'}",
        lambda bmc: "set cipher_suite to one that 'ipmitool channel getciphers ipmi' lists, 17 or "
        "3 mostly",
    ),
    (
        ("unauthorized name", "no response from rakp 1"),
        lambda bmc: f"the BMC does not know the user {bmc.user!r}",
        lambda bmc: "check user, and that it may use IPMI over LAN",
    ),
    (
        ("hmac is invalid", "invalid integrity check value"),
        lambda bmc: f"the password is not that of the user {bmc.user!r}",
        lambda bmc: f"check the password in {bmc.password.where}",
    ),
    (
        # Completion code 0xD4 to chassis control, in a session that was opened all the same.
        ("set chassis power control to up/on failed: insufficient privilege",
         "set chassis power control to down/off failed: insufficient privilege"),
        lambda bmc: f"the user {bmc.user!r} may read but not switch power, in a session with the "
        f"privilege {bmc.privilege} (completion code 0xD4)",
        lambda bmc: "give the user the right OPERATOR on the BMC ('ipmitool channel setaccess "
        "CHANNEL USER_ID privilege=3'), and set privilege to OPERATOR",
    ),
    (
        (
            "set session privilege level to",
            "unauthorized role",
            "invalid role",
            "insufficient privilege level",
            "privilege level exceeds",
        ),
        lambda bmc: f"the user {bmc.user!r} may not do this with the privilege {bmc.privilege}",
        lambda bmc: "set privilege to what the user has; OPERATOR is needed to switch power",
    ),
)

_STILL_BUSY = "the BMC is busy and answers nothing else"

_REFUSED = re.compile(r"^(Set|Get) Chassis .* failed: ", re.MULTILINE)

REFUSED = "see the BMC's own log ('ipmitool sel list')"
OTHERWISE = "check user, password, privilege and cipher suite"


# Completion code 0xC0: the BMC lacks what it needs for the command now, and wants it again later.
_BUSY = "node busy"


def is_busy(said: str) -> bool:
    """Tell whether a BMC only had no time.

    :param said: what ipmitool wrote to its standard error
    """
    return _BUSY in said.lower()


def is_refusal(said: str) -> bool:
    """Tell whether a session was opened and the BMC refused the command in it.

    :param said: what ipmitool wrote to its standard error
    """
    return bool(_REFUSED.search(said))


def explain(said: str, bmc: BmcAccess) -> tuple[str, str]:
    """Return what went wrong, and what to do about it.

    :param said: what ipmitool wrote to its standard error
    """
    lowered = said.lower()
    if is_busy(said):
        return _STILL_BUSY, "wait, or restart the BMC ('ipmitool mc reset cold')"
    for phrases, found, remedy in _MEANINGS:
        if any(phrase in lowered for phrase in phrases):
            return found(bmc), remedy(bmc)
    lines = said.strip().splitlines()
    last = lines[-1][:200] if lines else "it said nothing"
    # The session was opened, and a command in it refused: that is no matter of the login.
    return last, REFUSED if is_refusal(last) else OTHERWISE
