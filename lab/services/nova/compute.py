# SPDX-License-Identifier: Apache-2.0
"""nova-compute: one per compute host, with guests' disks on RBD, in files, or with no guests.

With Nova's fake driver a guest is an entry in the memory of nova-compute: it needs neither
libvirt nor storage, and is gone when the process ends.

Its nova.conf names no database: a compute host may reach Nova's state by the message bus only.
"""

from lab.core.files import NOTHING, File, HostFiles
from lab.core.ini import Value, ini
from lab.core.units import unit
from lab.model import differences
from lab.model.plan import Host, Plan
from lab.services import ceph, in_process, libvirt, ovs
from lab.services.common.uwsgi import LEAN
from lab.services.nova import common

UNIT = "nova-compute.service"

# The one of Nova's fake drivers whose host keeps its identity when it is started again.
_FAKE = "fake.FakeDriverWithoutFakeNodes"


def _disks(plan: Plan, host: Host) -> dict[str, Value]:
    if host.store == "rbd":
        return {
            "images_type": "rbd",
            "images_rbd_pool": ceph.INSTANCES_POOL,
            "images_rbd_ceph_conf": "/etc/ceph/ceph.conf",
            "rbd_user": "nova",
            "rbd_secret_uuid": ceph.secret_uuid(plan, "nova"),
        }
    disks: dict[str, Value] = {"images_type": "qcow2"}
    if any(one.store == "rbd" for one in plan.computes):
        # The source of a live migration to a host with disks on Ceph asks Ceph for its monitors
        # (nova/virt/libvirt/migration.py, _update_rbd_xml), though its own disks are elsewhere.
        disks |= {"images_rbd_ceph_conf": "/etc/ceph/ceph.conf", "rbd_user": "cinder"}
    return disks


def configuration(plan: Plan, host: Host) -> dict[str, dict[str, Value]]:
    """Return the host's nova.conf."""
    sections = common.common(plan)
    sections["DEFAULT"] |= {
        "host": host.name,
        "my_ip": host.mgmt,
        "force_config_drive": False,
        # A guest of a host that lost power stays off until somebody asks for it.
        "resume_guests_state_on_host_boot": False,
        # The machine's memory and processors, which every host of the lab sees as its own:
        # room for eight small guests even on two processors.
        "reserved_host_memory_mb": 0,
        "reserved_host_disk_mb": 0,
        "initial_cpu_allocation_ratio": 8.0,
        "initial_ram_allocation_ratio": 1.0,
        "initial_disk_allocation_ratio": 4.0,
    }
    sections["vnc"] = {"enabled": False}
    if host.guests:
        _libvirt(sections, plan, host)
    else:
        sections["DEFAULT"] |= {
            "compute_driver": _FAKE,
            # No network of a guest can be other than Neutron says: nobody need ask every minute.
            "heal_instance_info_cache_interval": -1,
        }
    return differences.of(plan.choices.release).fit("nova", sections)


def _libvirt(sections: dict[str, dict[str, Value]], plan: Plan, host: Host) -> None:
    """Add what concerns real guests."""
    sections["DEFAULT"] |= {
        "compute_driver": "libvirt.LibvirtDriver",
        "max_concurrent_builds": 2,
        "max_concurrent_live_migrations": 1,
        "vif_plugging_timeout": 120,
    }
    sections["libvirt"] = {
        "virt_type": "qemu",
        "cpu_mode": "none",
        "hw_machine_type": "x86_64=pc",
        # Of translated code, per guest, MiB: without a limit a guest takes 50 MiB more.
        "tb_cache_size": 32,
        "mem_stats_period_seconds": 0,
        "wait_soft_reboot_seconds": 20,
        "live_migration_uri": libvirt.migration_uri(),
        "live_migration_inbound_addr": host.mgmt,
        **_disks(plan, host),
    }
    if host.store == "rbd":
        # Without it Nova takes the folder of an evacuated guest for shared because its disk is,
        # and leaves it behind on the recovered host.
        sections["workarounds"] = {"ensure_libvirt_rbd_instance_dir_cleanup": True}
    sections["compute"] = {"live_migration_wait_for_vif_plug": True}
    sections["os_vif_ovs"] = {"ovsdb_connection": f"unix:{ovs.SOCKET}"}


def render(plan: Plan, host: Host) -> HostFiles:
    """Return nova-compute's configuration and unit, on compute hosts."""
    if host.role != "compute":
        return NOTHING
    hypervisor = (libvirt.UNIT,) if host.guests else ()
    service = unit(
        "Compute service: guests of this host",
        f"{in_process.command('nova-compute')} --config-file {common.CONFIG}",
        after=(*hypervisor, "ovn-controller.service"),
        wants=hypervisor,
        # Beaten by a busy controller it tries again, however often.
        environment=LEAN,
        RestartSec=3,
        TimeoutStopSec=15,
        StateDirectory="nova nova/instances",
    )
    return HostFiles(
        files=(
            File(common.CONFIG, ini(configuration(plan, host)), mode=0o600),
            File(f"/etc/systemd/system/{UNIT}", service),
        ),
        units=(UNIT,),
    )
