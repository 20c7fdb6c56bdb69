# SPDX-License-Identifier: Apache-2.0
"""Loop devices that nobody has to remember: each is gone with its last user, whatever ends that.

``losetup`` and then a mount would leave a device behind if the process between the two is killed,
and devices belong to the whole machine. Standard library only; knows nothing of hosts.
"""

import contextlib
import errno
import fcntl
import os
import struct
from collections.abc import Iterator
from pathlib import Path

# linux/loop.h
_GET_FREE = 0x4C82
_CONFIGURE = 0x4C0A
_AUTOCLEAR = 4
_MAJOR = 7

# struct loop_config: fd, block size; of struct loop_info64 five numbers of 8 bytes and three of 4,
# then the flags, then the file's name, which is for show; the rest is zero.
_CONFIG = "=II5Q3II64s"
_CONFIG_BYTES = 304


@contextlib.contextmanager
def device(image: Path) -> Iterator[str]:
    """Give the path of a loop device that is the file `image`, always another one.

    It goes when it is neither mounted nor inside this context. Mounting the file itself might take
    the device of a disk that was cut off just before and that a dying process still holds.

    :raises OSError: there is no loop device to be had.
    """
    backing = os.open(image, os.O_RDWR)
    try:
        path, handle = _configured(backing, image)
    finally:
        os.close(backing)
    try:
        yield path
    finally:
        os.close(handle)


def _configured(backing: int, image: Path) -> tuple[str, int]:
    zero = [0] * 5
    config = struct.pack(_CONFIG, backing, 0, *zero, 0, 0, 0, _AUTOCLEAR, bytes(image)[-63:])
    control = os.open("/dev/loop-control", os.O_RDWR)
    try:
        while True:
            number = fcntl.ioctl(control, _GET_FREE)
            path = f"/dev/loop{number}"
            _make_node(path, number)
            handle = os.open(path, os.O_RDWR)
            try:
                fcntl.ioctl(handle, _CONFIGURE, config.ljust(_CONFIG_BYTES, b"\0"))
            except OSError as error:
                os.close(handle)
                if error.errno != errno.EBUSY:  # somebody else took it in between
                    raise
            else:
                return path, handle
    finally:
        os.close(control)


def _make_node(path: str, number: int) -> None:
    """Make the device's node where /dev is not the kernel's own, as in containers."""
    if not os.path.exists(path):
        with contextlib.suppress(FileExistsError):
            os.mknod(path, 0o600 | 0o060000, os.makedev(_MAJOR, number))
