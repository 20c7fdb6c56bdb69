# SPDX-License-Identifier: Apache-2.0
"""The shell scripts run inside servers, for any POSIX shell, busybox included.

Pure: they are made as text here and run elsewhere. They touch only files in the login's home
folder. May not know: how they get into the server.
"""

from __future__ import annotations

import shlex

RECORDS = "migration-chaos-records"  # the record file, in the home folder
MARKER = "migration-chaos-marker"  # written once, after the first look at the disk
NO_FILE = 44  # status of the reading script when there is no record file

# Files that an image brings and that nobody changes at first boot. What is there is digested.
IMAGE_FILES = (
    "/etc/os-release",
    "/usr/lib/os-release",
    "/etc/issue",
    "/etc/inittab",
    "/etc/services",
    "/etc/profile",
    "/bin/busybox",
    "/bin/sh",
    "/sbin/init",
)

METADATA = "http://169.254.169.254/openstack/latest"
NO_CLIENT = 45  # status of the metadata script when the server has nothing to ask with
MOUNTED = "migration-chaos-drive"  # where the config drive is mounted for a moment
PARTS = ("service-meta", "service-user", "drive-meta", "drive-user")  # what the script prints

BOOT_ID = "cat /proc/sys/kernel/random/boot_id"

# Prints how many sectors of 512 bytes the disk has that the root file system lies on; nothing
# where it lies on none.
ROOT_SECTORS = """
number=$(awk '$5 == "/" { found = $3 } END { print found }' /proc/self/mountinfo)
disk=/sys/dev/block/$number
[ -e "$disk/partition" ] && disk=$disk/..
[ -e "$disk/size" ] && cat "$disk/size"
true
"""
SECTOR = 512

ATTACHED = "migration-chaos-attached"  # where disks are mounted for a moment by a rescue system
UNREADABLE = "-"  # in place of the mark of a disk that cannot be mounted


def fingerprint() -> str:
    """Return the script that prints a digest line for each of the image's files."""
    files = " ".join(IMAGE_FILES)
    return f'for f in {files}; do [ -f "$f" ] && sha256sum "$f"; done; true'


def residue() -> str:
    """Return the script that prints the paths of the suite's own files that are there."""
    return f'cd && for f in {MARKER} {RECORDS}; do [ -e "$f" ] && echo "$PWD/$f"; done; true'


def attached() -> str:
    """Return the script by which a rescue system prints what disks it has.

    First ``root DEVICE MARK`` of the disk that it runs on itself; then for each other disk and
    partition ``disk DEVICE KIB MARK``, and after one that has a mark its record file, each line
    behind a blank. The mark is ``none`` where there is none, `UNREADABLE` where the disk cannot be
    mounted: that takes rights which the login may not have. They are mounted to be read only; as
    at any boot, the journal is replayed.
    """
    # The mark of the server's own home folder: on its disk it is at the same place.
    return "\n".join(
        (
            "cd || exit 3",
            f'marked() {{ mark=$(cat "$1/{MARKER}"); echo "${{mark:-none}}"; }}',
            "number=$(awk '$5 == \"/\" { found = $3 } END { print found }' /proc/self/mountinfo)",
            'own=$(readlink "/sys/dev/block/$number"); own=${own##*/}',
            'echo "root ${own:-none} $(marked "$PWD")"',
            'if [ "$(id -u)" = 0 ]; then as=; else as="sudo -n"; fi',
            f'at="$PWD/{ATTACHED}"; mkdir -p "$at"',
            "while read -r major minor blocks name; do",
            '  case "$name" in',
            '    "" | name | loop* | ram* | zram* | sr* | fd* | dm-* | md*) continue ;;',
            "  esac",
            '  [ "$name" = "$own" ] && continue',
            '  if $as mount -o ro "/dev/$name" "$at" ||',
            '    $as mount -o ro,nouuid "/dev/$name" "$at"; then',
            '    mark=$(marked "$at$PWD"); echo "disk $name $blocks $mark"',
            f'    [ "$mark" = none ] || sed "s/^/ /" "$at$PWD/{RECORDS}"; echo',
            '    $as umount "$at"',
            f'  else echo "disk $name $blocks {UNREADABLE}"; fi',
            "done < /proc/partitions",
            'rmdir "$at"; true',
        )
    )


def mark(token: str) -> str:
    """Return the script that leaves the marker behind, on the disk and not only in memory."""
    return f"cd && echo {shlex.quote(token)} > {MARKER} && sync"


def metadata(seconds: int = 10) -> str:
    """Return the script that prints what the cloud tells the server of itself, part by part.

    Before each of PARTS stands a line with its name, after it comes a line feed; what is not there
    is left out or empty. Its status is
    NO_CLIENT if the server has neither curl nor wget. To mount the config drive takes rights that
    the login may not have; then it is not read.

    :param seconds: how long the service may take for an answer
    """
    # wget is asked without a time limit of its own: busybox crashes on it.
    return "\n".join(
        (
            "cd || exit 3",
            f'say() {{ printf "\\n==%s==\\n" "$1"; }}; url={METADATA}; at="$PWD/{MOUNTED}"',
            "if command -v curl > /dev/null; then",
            f'  get() {{ curl -s -f -m {seconds} "$url/$1"; }}',
            "elif command -v wget > /dev/null; then",
            f'  if timeout {seconds} true; then limit="timeout {seconds}"; else limit=; fi',
            '  get() { $limit wget -q -O - "$url/$1"; }',
            f"else exit {NO_CLIENT}; fi",
            "say service-meta; get meta_data.json",
            "say service-user; get user_data",
            'if [ "$(id -u)" = 0 ]; then as=; else as="sudo -n"; fi',
            "drive=$($as findfs LABEL=config-2 || $as blkid -L config-2)",
            'if [ -n "$drive" ] && mkdir -p "$at" && $as mount -o ro "$drive" "$at"; then',
            '  say drive-meta; cat "$at/openstack/latest/meta_data.json"',
            '  say drive-user; cat "$at/openstack/latest/user_data"',
            '  $as umount "$at"',
            "fi",
            'rmdir "$at"; echo',
        )
    )


def read_records(cache_switch: str = "/proc/sys/vm/drop_caches") -> str:
    """Return the script that prints the record file; its status is NO_FILE if there is none.

    What can be read without the page cache is: what counts is what is on the disk.

    :param cache_switch: the file that empties the page cache; without the right to write to it
        the cache is read
    """
    return (
        f"cd && [ -e {RECORDS} ] || exit {NO_FILE}; sync; "
        f"echo 3 2>/dev/null > {cache_switch}; "
        f"cat {RECORDS}"
    )


def write(token: str, first: int, interval: float, count: int = 0) -> str:
    """Return the writer: a record, its fsync, its acknowledgement, and again.

    The number is printed only after the write and its fsync have succeeded. Where dd cannot
    append and fsync (options of busybox builds differ), the slower ``sync`` stands in. It ends
    with ``failed NUMBER`` when the disk refuses, and by itself when nobody listens any more.

    :param token: the server's own word in each record, without blanks
    :param first: number of the first record
    :param interval: seconds of rest between two records
    :param count: how many to write; 0 goes on for ever
    """
    pause = f"sleep {interval:g} 2>/dev/null || sleep 1" if interval else ":"
    more = f'[ "$n" -lt {first + count} ]' if count else ":"
    return "\n".join(
        (
            "cd || exit 3",
            f"file={RECORDS}; token={shlex.quote(token)}; n={first}",
            ': >> "$file" && sync || exit 3',
            'direct() { dd of="$file" oflag=append conv=notrunc,fsync 2>/dev/null; }',
            'indirect() { cat >> "$file" && sync; }',
            "if direct < /dev/null; then put=direct; else put=indirect; fi",
            'echo "writing $put"',
            f"while {more}; do",
            '  set -- $(printf "%s %s" "$n" "$token" | sha256sum)',
            '  printf "%s %s %s\\n" "$n" "$token" "$1" | $put || { echo "failed $n"; exit 4; }',
            '  echo "$n" || exit 0',
            "  n=$((n + 1))",
            f"  {pause}",
            "done",
        )
    )
