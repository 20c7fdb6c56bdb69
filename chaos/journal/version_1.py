# SPDX-License-Identifier: Apache-2.0
"""Lines of journals of version 1, as those of today: a run that wrote one may be dead.

A pure function of a line's data; knows no file.
"""

from typing import Any

# What recovers a host, as it was called then.
_RECOVERIES = {"heal_partition": "restore_network"}


def from_version_1(record: dict[str, Any]) -> dict[str, Any]:
    """Return a line of version 1 as it would be written today."""
    if "undo" not in record:
        return record
    found = {name: value for name, value in record.items() if name != "undo"}
    data = dict(record.get("data", {}))
    if "anew" in data:
        data["restarts"] = data.pop("anew")
    recovery = _RECOVERIES.get(record["undo"], record["undo"])
    return {**found, "recovery": recovery, "data": data}
