# SPDX-License-Identifier: Apache-2.0
"""After a live migration the source host runs the server again, beside the one that moved.

It does so for a while, with the same volume or the same disk in Ceph. So that the second copy is
all that is wrong, it has no network card and boots from no disk.
"""

import os
import re
import shutil
import sys
import threading
import time
from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("single_copy",)
STORAGES = ("volume", "shared")
SCENARIOS = ("live_migrate_shared",)

# Long enough to be seen by who looks every few seconds, on a busy machine too.
SECONDS = 40


def apply() -> None:
    """Start the domain anew on the source once the server has moved."""
    import libvirt
    from nova.virt.libvirt import driver, utils

    migrate = driver.LibvirtDriver.live_migration

    def run(connection: Any, text: str, folder: str) -> None:
        # For the log of its console, which is gone with the server.
        os.makedirs(folder, exist_ok=True)
        try:
            domain = connection.createXML(text.replace("dev='hd'", "dev='network'"), 0)
            time.sleep(SECONDS)
            domain.destroy()
        except libvirt.libvirtError as error:
            print(f"second copy: {error}", file=sys.stderr, flush=True)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def migrate_and_run(
        self: Any, context: Any, instance: Any, dest: str, post: Any, *rest: Any, **named: Any
    ) -> None:
        text = self._host.get_guest(instance).get_xml_desc(dump_inactive=True)
        text = re.sub(r"<interface .*?</interface>", "", text, flags=re.DOTALL)
        folder = utils.get_instance_path(instance)

        def moved(*arguments: Any, **more: Any) -> None:
            post(*arguments, **more)
            arguments_of_run = (self._host.get_connection(), text, folder)
            threading.Thread(target=run, args=arguments_of_run, daemon=True).start()

        migrate(self, context, instance, dest, moved, *rest, **named)

    driver.LibvirtDriver.live_migration = migrate_and_run
