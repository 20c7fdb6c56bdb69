# SPDX-License-Identifier: Apache-2.0
"""Instances in a folder that hosts share: a power cut, locks, moves, then the whole suite.

The folder outlives a host that dies while the host's own disk loses what was not synced; a second
writer is refused a running guest's disk; a guest is moved live without a copy of its disk.
"""

from typing import Any

from counting import Count
from on_lab import COMMAND, Checks, OnLab, prove_on_lab, until

FOLDER = "/var/lib/nova/instances"
FIRST, SECOND, OWN = "compute1", "compute2", "compute3"
STATE = "/var/lib/nova"
SECONDS = 180

# Counts in the folder, syncing each number, and on the host's own disk, without.
_COUNTING = f"""\
(
    number=0
    while number=$((number + 1)); do
        echo $number > {FOLDER}/trial.new
        sync {FOLDER}/trial.new
        mv {FOLDER}/trial.new {FOLDER}/trial
        sync {FOLDER}
        echo $number > {STATE}/trial
        sleep 0.05
    done
) > /dev/null 2>&1 &
"""


def run() -> Count:
    """Make the lab and try it."""
    return prove_on_lab("shared-dir", prove, "--computes", "4", "--shared", "dir")


def prove(lab: OnLab, checks: Checks) -> None:
    """Try the lab that is up."""
    _power_cut(lab, checks)
    _guest(lab, checks)
    words = (COMMAND, "certify", "--runs", "runs")
    suite = lab.exec("--", *words)
    print("".join(f"  {line}\n" for line in suite.stdout.splitlines()[-60:]))
    checks.check("the whole suite passes", suite.returncode == 0, f"status {suite.returncode}")


def _power_cut(lab: OnLab, checks: Checks) -> None:
    boot = "cat /proc/sys/kernel/random/boot_id"
    before = lab.shell(FIRST, boot)
    lab.shell(FIRST, _COUNTING)
    until("another host sees the count", SECONDS, lambda: _count(lab, SECOND, FOLDER) > 0)
    own = lab.shell(OWN, f"ls {FOLDER}").split()
    checks.check("a host with disks of its own does not see it", "trial" not in own)
    lab.power(FIRST, "off")
    until(f"{FIRST} is off", SECONDS, lambda: _off(lab, FIRST))
    kept = _count(lab, SECOND, FOLDER)
    checks.check("what was synced to the folder outlives its writer", kept > 0, kept)
    lab.power(FIRST, "on")
    until(f"{FIRST} is up", SECONDS, lambda: _boot_id(lab, FIRST) not in ("", before))
    back = _count(lab, FIRST, FOLDER)
    checks.check("the host that comes back sees it too", back == kept, back)
    lost = _count(lab, FIRST, STATE)
    checks.check("its own disk lost what was not synced", lost < kept, f"{lost} of {kept}")
    identity = lab.shell(FIRST, f"ls {STATE}").split()
    checks.check("it is the compute host it was", "compute_id" in identity, identity)
    lab.shell(FIRST, f"rm -f {FOLDER}/trial {STATE}/trial")
    lab.ask(wait_for_services)


def _guest(lab: OnLab, checks: Checks) -> None:
    server = lab.ask(boot, FIRST)
    try:
        disk = f"{FOLDER}/{server['id']}/disk"
        writer = lab.exec(
            SECOND, "--", "qemu-io", "-f", "qcow2", "-c", "write 0 512", disk
        )
        said = (writer.stdout + writer.stderr).strip()
        checks.check(
            "a second writer is refused a running guest's disk",
            writer.returncode != 0 and 'Failed to get "write" lock' in said,
            said.splitlines()[:1],
        )
        inode = f"stat -c '%i' {disk}"
        before = lab.shell(FIRST, inode)
        for host in (SECOND, FIRST):
            moved = lab.ask(move, server["id"], host)
            checks.check(
                f"a guest is moved live to {host}",
                (moved["host"], moved["status"]) == (host, "ACTIVE"),
                moved,
            )
        checks.check("its disk was not copied", lab.shell(FIRST, inode) == before)
    finally:
        lab.ask(delete, server["id"])
    checks.check(
        "nothing of it is left in the folder",
        server["id"] not in lab.shell(SECOND, f"ls {FOLDER}"),
    )


def _count(lab: OnLab, host: str, folder: str) -> int:
    """Return the number that was counted to, 0 if there is none."""
    return int(lab.shell(host, f"cat {folder}/trial 2>/dev/null || true") or 0)


def _off(lab: OnLab, host: str) -> bool:
    return lab.exec(host, "--", "true").returncode != 0


def _boot_id(lab: OnLab, host: str) -> str:
    done = lab.exec(host, "--", "cat", "/proc/sys/kernel/random/boot_id")
    return done.stdout.strip() if done.returncode == 0 else ""


# --- on the runner's side ------------------------------------------------------------------------


def wait_for_services(cloud: Any) -> int:
    """Return when every nova-compute has reported anew and is up.

    One that lost its power is said to be up for a while yet.
    """

    def reports() -> dict[str, str]:
        services = cloud.compute.services(binary="nova-compute")
        return {one.host: one.updated_at for one in services if one.state == "up"}

    before = {one.host: one.updated_at for one in cloud.compute.services(binary="nova-compute")}

    def up() -> bool:
        now = reports()
        return all(now.get(host, earlier) != earlier for host, earlier in before.items())

    until("all nova-compute are up", SECONDS, up)
    return 0


def boot(cloud: Any, host: str) -> dict[str, str]:
    """Boot a server on a host, without a network."""
    made = cloud.compute.create_server(
        name="shared-dir",
        image_id=cloud.image.find_image("guest").id,
        flavor_id=cloud.compute.find_flavor("m.shared").id,
        networks="none",
        host=host,
    )
    cloud.compute.wait_for_server(made, wait=SECONDS)
    return {"id": made.id}


def move(cloud: Any, server: str, host: str) -> dict[str, str]:
    """Move a server live and return where it is then, in which state."""
    cloud.compute.live_migrate_server(server, host=host, block_migration="auto")

    def ended() -> bool:
        records = cloud.compute.get(f"/servers/{server}/migrations").json()["migrations"]
        return not records and not cloud.compute.get_server(server).task_state

    until(f"the move of {server} ends", SECONDS, ended)
    found = cloud.compute.get_server(server)
    return {"host": found.compute_host or "", "status": found.status}


def delete(cloud: Any, server: str) -> int:
    """Delete a server and return when it is gone."""
    cloud.compute.delete_server(server)
    cloud.compute.wait_for_delete(cloud.compute.get_server(server), wait=SECONDS)
    return 0
