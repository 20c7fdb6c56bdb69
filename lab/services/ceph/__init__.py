# SPDX-License-Identifier: Apache-2.0
"""Ceph, small and real: one monitor, one manager, one bluestore OSD on the controller.

Says which files and units the hosts need; the work on the host itself is done by ``first-boot``
(makes the stores) and ``prepare.py`` (registers the OSD, makes the pools), both of which can be
interrupted at any point and run again. Knows nothing of Cinder, Glance or Nova beyond the names
of their users.

Interfaces for the other parts: `secret_uuid`, `entity_key`, `pools`, `MONITOR` and the unit
``ceph-pools.service``, which is active once the pools can be used.
"""

from pathlib import Path

from lab.core.files import NOTHING, File, HostFiles
from lab.core.ini import Value, ini
from lab.core.units import unit
from lab.model.plan import Host, Plan
from lab.services.ceph import auth
from lab.services.ceph.auth import INSTANCES_POOL, VOLUME_POOLS, cephx_key, entity_key, secret_uuid

__all__ = [
    "INSTANCES_POOL", "MONITOR", "READY_UNIT", "VOLUME_POOLS",
    "cephx_key", "entity_key", "pools", "render", "secret_uuid",
]  # fmt: skip

READY_UNIT = "ceph-pools.service"
MONITOR = "172.30.2.10"
OSD_BYTES = 8 * 2**30

_HERE = Path(__file__).parent
_TOOLS = "/usr/local/lib/lab"
_BOOTSTRAP = "/var/lib/ceph/bootstrap"

_MON_UNIT = "ceph-mon.service"


def pools(plan: Plan) -> tuple[str, ...]:
    """Return the pools of this lab: one for each backend of Cinder, images, instances' disks."""
    volumes = (VOLUME_POOLS[backend] for backend in plan.choices.backends)
    instances = any(host.store == "rbd" for host in plan.computes)
    return (*volumes, "images", *((INSTANCES_POOL,) if instances else ()))


def render(plan: Plan, host: Host) -> HostFiles:
    """Say what Ceph wants on `host`: the cluster on the controller, client files elsewhere."""
    if host.role == "control":
        return HostFiles(
            (
                _config(plan, cluster=True),
                *_client_keyrings(plan, ("admin", "glance", "cinder")),
                *_cluster_files(plan),
                *_units(plan),
            ),
            (_MON_UNIT, "ceph-mgr.service", "ceph-osd.service", READY_UNIT),
        )
    if not host.guests:
        return NOTHING
    users = ("nova", "cinder") if host.store == "rbd" else ("cinder",)
    files = (_config(plan, cluster=False), *_client_keyrings(plan, users))
    return HostFiles((*files, *_libvirt_secrets(plan, users)))


def _config(plan: Plan, *, cluster: bool) -> File:
    sections: dict[str, dict[str, Value]] = {
        "global": {
            "fsid": auth.cluster_uuid(plan),
            "mon_host": f"[v2:{MONITOR}:3300,v1:{MONITOR}:6789]",
            "auth_client_required": "cephx",
            "auth_cluster_required": "cephx",
            "auth_service_required": "cephx",
        },
    }
    if cluster:
        # One OSD: one copy, placed by OSD and not by host, in a few groups.
        sections["global"] |= {
            "mon_allow_pool_size_one": True,
            "mon_warn_on_pool_no_redundancy": False,
            "osd_pool_default_size": 1,
            "osd_pool_default_min_size": 1,
            "osd_pool_default_pg_autoscale_mode": "off",
            "osd_crush_chooseleaf_type": 0,
        }
        sections |= _daemon_sections()
    return File("/etc/ceph/ceph.conf", ini(sections))


def _daemon_sections() -> dict[str, dict[str, Value]]:
    to_the_journal: dict[str, Value] = {
        "log_to_file": False,
        "log_to_stderr": True,
        "debug_rocksdb": "1/5",
        "public_addr": MONITOR,
    }
    return {
        "mon": {
            **to_the_journal,
            "mon_initial_members": "control",
            "mon_cluster_log_to_file": False,
            "auth_allow_insecure_global_id_reclaim": False,
            "mon_data_avail_warn": 5,
            # There is nobody to agree with: commit at once rather than once a second.
            "paxos_propose_interval": 0.1,
            # It writes all the time. By default it keeps tables of 32 MiB until they are full,
            # and of what it reads up to a gigabyte, blocks of files that are gone among it.
            "mon_rocksdb_options": "write_buffer_size=4194304,compression=kNoCompression,"
            "level_compaction_dynamic_level_bytes=true",
            "mon_memory_autotune": False,
            "rocksdb_cache_size": 8 * 2**20,
        },
        "mgr": {
            **to_the_journal,
            # The pools' figures come from the manager itself; its modules are not needed and
            # would cost more memory than all the rest.
            "mgr_module_path": "/var/lib/ceph/mgr/none",
            "mgr_initial_modules": "",
        },
        "osd": {
            **to_the_journal,
            "osd_objectstore": "bluestore",
            "bluestore_block_size": OSD_BYTES,
            "bluestore_fsck_on_mkfs": False,
            "bluestore_cache_autotune": False,
            "bluestore_cache_size": 64 * 2**20,
            # How long a dead client keeps its watch, and with it the exclusive lock of its
            # images: the default of 30 s is time in which an evacuated server cannot write.
            "osd_client_watch_timeout": 10,
        },
    }


def _client_keyrings(plan: Plan, users: tuple[str, ...]) -> tuple[File, ...]:
    return tuple(
        File(
            f"/etc/ceph/ceph.client.{user}.keyring",
            auth.keyring(plan, (f"client.{user}",)),
            mode=0o600,
        )
        for user in users
    )


def _libvirt_secrets(plan: Plan, users: tuple[str, ...]) -> tuple[File, ...]:
    """Hand the keys to libvirt as it stores them itself: it loads them when it starts."""
    files = []
    for user in users:
        name = secret_uuid(plan, user)
        xml = (
            "<secret ephemeral='no' private='no'>\n"
            f"  <uuid>{name}</uuid>\n"
            f"  <usage type='ceph'>\n    <name>client.{user} secret</name>\n  </usage>\n"
            "</secret>\n"
        )
        key = entity_key(plan, f"client.{user}")
        files.append(File(f"/etc/libvirt/secrets/{name}.xml", xml, mode=0o600))
        files.append(File(f"/etc/libvirt/secrets/{name}.base64", key, mode=0o600))
    return tuple(files)


def _cluster_files(plan: Plan) -> tuple[File, ...]:
    ids = f"FSID={auth.cluster_uuid(plan)}\nOSD_UUID={auth.osd_uuid(plan)}\nMONITOR={MONITOR}\n"
    keyrings = {
        f"{_BOOTSTRAP}/mon.keyring": auth.keyring(plan, auth.CAPABILITIES, capabilities=True),
        f"{_BOOTSTRAP}/osd.keyring": auth.keyring(plan, ("osd.0",)),
        "/var/lib/ceph/mgr/ceph-control/keyring": auth.keyring(plan, ("mgr.control",)),
    }
    return (
        File(f"{_BOOTSTRAP}/ids", ids),
        *(File(path, text, 0o600, "ceph:ceph") for path, text in keyrings.items()),
        File("/var/lib/ceph/mgr/none/README", "Kept empty: see mgr_module_path.\n"),
        File(f"{_TOOLS}/ceph-first-boot", (_HERE / "first-boot").read_text(), 0o755),
        File(f"{_TOOLS}/ceph-prepare", (_HERE / "prepare.py").read_text(), 0o755),
    )


def _units(plan: Plan) -> tuple[File, ...]:
    made = "ceph-bootstrap.service"
    prepare = f"/usr/bin/python3 {_TOOLS}/ceph-prepare"
    texts = {
        made: unit(
            "Make the stores of Ceph",
            f"/bin/sh {_TOOLS}/ceph-first-boot {_BOOTSTRAP}",
            user="ceph",
            oneshot=True,
            urgent=True,
            TimeoutStartSec=120,
        ),
        _MON_UNIT: _daemon("Ceph monitor", "ceph-mon -f --id control", made),
        "ceph-mgr.service": _daemon("Ceph manager", "ceph-mgr -f --id control", _MON_UNIT),
        "ceph-osd.service": _daemon(
            "Ceph object store",
            "ceph-osd -f --id 0",
            _MON_UNIT,
            # With the administrator's key, which the daemon itself never sees.
            first=f"+{prepare} register {auth.osd_uuid(plan)}",
        ),
        READY_UNIT: unit(
            "Pools of Ceph",
            f"{prepare} pools {' '.join(pools(plan))}",
            after=(_MON_UNIT,),
            wants=("ceph-osd.service", "ceph-mgr.service"),
            oneshot=True,
            urgent=True,
            TimeoutStartSec=180,
        ),
    }
    return tuple(File(f"/etc/systemd/system/{name}", text) for name, text in texts.items())


def _daemon(description: str, command: str, needs: str, first: str = "") -> str:
    return unit(
        description,
        f"/usr/bin/{command}",
        after=(needs,),
        requires=(needs,) if needs != _MON_UNIT else (),
        wants=(needs,),
        user="ceph",
        urgent=True,
        LimitNOFILE=1048576,
        RuntimeDirectory="ceph",
        RuntimeDirectoryPreserve="yes",
        TimeoutStartSec=120,
        ExecStartPre=first,
    )
