# SPDX-License-Identifier: Apache-2.0
"""How a host is reached and asked: logins, commands over SSH, its interfaces, timers on it.

Knows hosts and how to log in; may not know what the commands are for.
"""

from chaos.transport.shell import CompletedCommand, HostShell, acts_as_root

__all__ = ["CompletedCommand", "HostShell", "acts_as_root"]
