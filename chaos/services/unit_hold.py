# SPDX-License-Identifier: Apache-2.0
"""How a unit of systemd is held back, so that nothing starts it, at the next boot neither.

By a drop-in with a condition that fails as long as the drop-in's own file is there. A mask would
be shorter, but systemd refuses it for a unit whose file lies in ``/etc/systemd/system``, as
DevStack writes them; and a runtime mask is gone with the boot. The unit's own files are not
touched, and removing the file is all that releases it, by hand too.

Knows systemctl and files on a host; not what the unit is.
"""

from typing import Any

from chaos import errors
from chaos.deadline import Deadline
from chaos.transport import HostShell

UNITS = "/etc/systemd/system"
# Read after all others: what they say of conditions stays as it is.
NAME = "zz-migration-chaos-hold.conf"

_TEXT = """\
# Written by migration-chaos, which removes it when it recovers the host: until then nothing starts
# this unit. To release it by hand, remove this file and start the unit.
[Unit]
ConditionPathExists=!{path}
"""

# $1 the folder, $2 the file; its text comes in. Only these are synced, not the host's disks: what
# else is lost in a crash shall be lost. systemd reads it at once, so that it can be asked.
_HOLD = f"""
mkdir -p "$1"
cat > "$2"
sync "$2" "$1" {UNITS}
systemctl daemon-reload
"""

# $1 the folder, $2 the file, $3 whether the folder was there before.
_RELEASE = f"""
rm -f "$2"
if [ -d "$1" ]; then
    sync "$1"
    [ "$3" = yes ] || rmdir "$1" 2>/dev/null || true
fi
sync {UNITS}
systemctl daemon-reload
"""


def path_of(unit: str) -> str:
    """Return the file by which a unit is held back."""
    return f"{_folder(unit)}/{NAME}"


def _folder(unit: str) -> str:
    return f"{UNITS}/{unit}.d"


def find(shell: HostShell, unit: str, deadline: Deadline) -> dict[str, Any]:
    """Return how a unit is before it is held back; changes nothing.

    :raises chaos.errors.ServiceError: if it is held back already
    """
    if _exists(shell, path_of(unit), deadline):
        raise errors.ServiceError(
            f"{unit} on {shell.host.name} is held back already, by {path_of(unit)}",
            remedy="run 'migration-chaos recover', or remove that file and start the unit",
        )
    return {"unit": unit, "folder": _exists(shell, _folder(unit), deadline)}


def hold(shell: HostShell, unit: str, deadline: Deadline) -> None:
    """Hold a unit back; one that runs goes on. It is on the disk when this returns."""
    path = path_of(unit)
    text = _TEXT.format(path=path).encode()
    shell.check(["sh", "-ec", _HOLD, "sh", _folder(unit), path], deadline, input=text)


def why_not_held(shell: HostShell, unit: str, deadline: Deadline) -> str:
    """Return what lets a unit be started, "" if nothing does."""
    path = path_of(unit)
    written = shell.run(["cat", path], deadline)
    if written.exit_status or written.stdout != _TEXT.format(path=path):
        return f"{path} is gone, or is not as it was written"
    argv = ["systemctl", "show", "--property=DropInPaths", "--", unit]
    for line in shell.check(argv, deadline).stdout.splitlines():
        key, _, paths = line.partition("=")
        if key == "DropInPaths" and path in paths.split():
            return ""
    return f"systemd takes no notice of {path}"


def release(shell: HostShell, found: dict[str, Any], deadline: Deadline) -> None:
    """Put back what :func:`find` has found; does nothing where that is so already."""
    unit, there = str(found["unit"]), "yes" if found["folder"] else "no"
    shell.check(["sh", "-ec", _RELEASE, "sh", _folder(unit), path_of(unit), there], deadline)


def by_hand(unit: str) -> str:
    """Return what somebody on the host has to type to release it."""
    return f"rm {path_of(unit)} && systemctl start {unit}"


def _exists(shell: HostShell, path: str, deadline: Deadline) -> bool:
    return shell.run(["test", "-e", path], deadline).exit_status == 0
