# SPDX-License-Identifier: Apache-2.0
"""Two storage backends in one cloud: each gets its own volumes, and the suite tries either.

The suite is run once for each volume type; the record says on which type its servers' volumes
were, and the pool of the other backend got none of them.
"""

import json
from pathlib import Path
from typing import Any

from counting import TOP, Count
from on_lab import COMMAND, Checks, OnLab, prove_on_lab, until

POOLS = {"rbd": "volumes", "rbd2": "volumes2"}
RUNS = TOP / "runs"
SCENARIO = r"\.EvacuateShared\."  # one is enough: the disks of interest are volumes
SECONDS = 120


def run() -> Count:
    """Make the lab and try it."""
    options = [word for backend in POOLS for word in ("--backend", backend)]
    return prove_on_lab("backends", prove, "--computes", "3", *options)


def prove(lab: OnLab, checks: Checks) -> None:
    """Try the lab that is up."""
    types = lab.ask(volume_types)
    wanted = {name: name for name in POOLS}
    checks.check("each backend has a type of its own", types == wanted, types)
    for backend, pool in POOLS.items():
        (other,) = [name for name in POOLS.values() if name != pool]
        before = _images(lab, other)
        volume = lab.ask(make_volume, backend)
        held = _images(lab, pool)
        checks.check(
            f"a volume of type {backend} lies in the pool {pool}",
            f"volume-{volume['id']}" in held and _images(lab, other) == before,
            volume["host"],
        )
        lab.ask(delete_volume, volume["id"])
    for backend in POOLS:
        _suite(lab, checks, backend)


def _suite(lab: OnLab, checks: Checks, backend: str) -> None:
    done = lab.exec(
        *("--", COMMAND, "certify", "--runs", str(RUNS), "--volume-type", backend),
        *("--regex", SCENARIO),
    )
    print("".join(f"  {line}\n" for line in done.stdout.splitlines()[-60:]))
    checks.check(f"the suite passes on {backend}", done.returncode == 0)
    seen = types_seen(RUNS / "latest")
    checks.check(f"it tried volumes of type {backend} only", seen == {backend}, seen)


def types_seen(run: Path) -> set[str]:
    """Return the types of the volumes in a run's record."""
    lines = (run / "history.jsonl").read_text(encoding="utf-8").splitlines()
    events = (json.loads(line) for line in lines)
    return {
        str(event["data"].get("type")) for event in events if event["kind"] == "volume.snapshot"
    }


def _images(lab: OnLab, pool: str) -> set[str]:
    return set(lab.shell("control", f"rbd ls {pool}").split())


# --- on the runner's side ------------------------------------------------------------------------


def volume_types(cloud: Any) -> dict[str, str]:
    """Return the volume types that lead to a backend, and which."""
    return {
        kind.name: kind.extra_specs["volume_backend_name"]
        for kind in cloud.block_storage.types()
        if "volume_backend_name" in kind.extra_specs
    }


def make_volume(cloud: Any, kind: str) -> dict[str, str]:
    """Make a volume of a type."""
    made = cloud.block_storage.create_volume(name="trial", size=1, volume_type=kind)
    made = cloud.block_storage.wait_for_status(made, "available", wait=SECONDS)
    return {"id": made.id, "host": made.host or ""}


def delete_volume(cloud: Any, volume: str) -> int:
    """Delete a volume and return when it is gone."""
    cloud.block_storage.delete_volume(volume)
    until(
        f"volume {volume} is gone",
        SECONDS,
        lambda: not [one for one in cloud.block_storage.volumes() if one.id == volume],
    )
    return 0
