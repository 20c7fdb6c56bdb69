# SPDX-License-Identifier: Apache-2.0
"""What is wanted on a host, as data: files of its own disk, and units that it starts.

Knows nothing of what is in them.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class File:
    """A file of a host's own disk.

    :param path: absolute path on the host.
    :param content: text or bytes.
    :param mode: permission bits; 0o600 for anything secret.
    :param owner: ``user`` or ``user:group``, names as the lab's root file system knows them.
    """

    path: str
    content: str | bytes
    mode: int = 0o644
    owner: str = "root"


@dataclasses.dataclass(frozen=True)
class HostFiles:
    """What one part wants on one host: its files, and the units lab.target shall start."""

    files: tuple[File, ...] = ()
    units: tuple[str, ...] = ()


NOTHING = HostFiles()
