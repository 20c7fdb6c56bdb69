# SPDX-License-Identifier: Apache-2.0
"""The secrets of a lab: passwords, tokens, keys and its certificate authority, each made once.

Knows files that only their owner reads; nothing of what a secret is for.
"""

import os
import secrets as random_tokens
import threading
from pathlib import Path

from lab.model.authority import Authority
from lab.model.keys import KeyPair, key_pair


class Secrets:
    """Named random tokens of one lab, each in a file that only the owner reads.

    A token is made on first use and stays the same for the lab's life.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._lock = threading.Lock()

    def __getitem__(self, name: str) -> str:
        """Return the token called `name`, made now if there is none yet."""
        path = self._folder / name
        with self._lock:
            if not path.exists():
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                fresh = path.with_name(f".{name}.new")
                descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                with os.fdopen(descriptor, "w", encoding="ascii") as stream:
                    stream.write(random_tokens.token_hex(16))
                fresh.rename(path)
            return path.read_text(encoding="ascii")

    def key_pair(self, name: str) -> KeyPair:
        """Return the SSH key pair called `name`, made now if there is none yet."""
        with self._lock:
            return key_pair(self._folder, name)

    def authority(self, name: str) -> Authority:
        """Return the certificate authority of the lab called `name`, made now if there is none."""
        with self._lock:
            return Authority(self._folder, name)

    def __repr__(self) -> str:
        return f"Secrets({str(self._folder)!r})"
