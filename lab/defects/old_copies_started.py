# SPDX-License-Identifier: Apache-2.0
"""The returning source host starts its old copies of evacuated servers before it cleans up.

For a while each runs beside the new one, with the same volume or the same disk in Ceph. So that
the second copy is all that is wrong, it has no network card and boots from no disk. Where disks
lie in a folder that hosts share, QEMU's lock keeps a second copy from starting.
"""

import re
import sys
import time
from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("single_copy",)
HIDES = ("source_without_disk", "source_without_domain")

# Long enough to be seen by who looks every few seconds, on a busy machine too.
SECONDS = 25


def apply() -> None:
    """Let the old copies run for a while first of all."""
    import libvirt
    from nova.compute import manager

    clean_up = manager.ComputeManager._destroy_evacuated_instances

    def start(self: Any, instance: Any) -> bool:
        host = self.driver._host
        text = host.get_guest(instance).get_xml_desc()
        text = re.sub(r"<interface .*?</interface>", "", text, flags=re.DOTALL)
        try:
            host.get_connection().createXML(text.replace("dev='hd'", "dev='network'"), 0)
        except libvirt.libvirtError as error:
            print(f"old copy of {instance.uuid}: {error}", file=sys.stderr, flush=True)
            return False
        return True

    def start_and_clean_up(self: Any, context: Any, node_cache: Any) -> Any:
        there = self._get_instances_on_driver(context)
        old = [instance for instance in there if instance.host != self.host]
        if [instance for instance in old if start(self, instance)]:
            time.sleep(SECONDS)
        return clean_up(self, context, node_cache)

    manager.ComputeManager._destroy_evacuated_instances = start_and_clean_up
