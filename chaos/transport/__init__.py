# SPDX-License-Identifier: Apache-2.0
"""How a host is reached and asked: logins, commands over SSH, who it is, timers on it.

``shell`` runs commands, ``login`` logs in, ``identity`` asks who the host is, ``links`` looks at
its interfaces, ``host_timer`` sets a timer on it. May not know what the commands are for.
"""

from chaos.transport.identity import Identity, acts_as_root, read_boot_id, read_identity
from chaos.transport.shell import CommandResult, HostShell, start_command

__all__ = [
    "CommandResult",
    "HostShell",
    "Identity",
    "acts_as_root",
    "read_boot_id",
    "read_identity",
    "start_command",
]
