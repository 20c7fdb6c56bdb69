# SPDX-License-Identifier: Apache-2.0
"""The hosts file: which machines there are, how to reach them, which may be disturbed.

``data`` what a host is, ``loading`` how the file is read, ``checks`` what can be wrong with it
(``hosts.json`` is its schema), ``yaml_lines`` where that stands, ``secret`` the place of a
password. Connects to nothing.
"""

from chaos.inventory.data import (
    BmcAccess,
    CommandAccess,
    Host,
    Inventory,
    Service,
    Services,
    SshAccess,
)
from chaos.inventory.loading import load_inventory
from chaos.inventory.secret import Secret

__all__ = [
    "BmcAccess",
    "CommandAccess",
    "Host",
    "Inventory",
    "Secret",
    "Service",
    "Services",
    "SshAccess",
    "load_inventory",
]
