# SPDX-License-Identifier: Apache-2.0
"""SSH key pairs of a lab: made once, kept in owner-only files beside its other secrets."""

import dataclasses
import os
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519


@dataclasses.dataclass(frozen=True)
class KeyPair:
    """An Ed25519 key pair in OpenSSH's formats."""

    private: str
    public: str


def key_pair(folder: Path, name: str) -> KeyPair:
    """Return the key pair `name` kept in `folder`, made now if there is none yet."""
    path = folder / f"{name}.key"
    if path.exists():
        private_text = path.read_text()
        private = serialization.load_ssh_private_key(private_text.encode(), None)
    else:
        private = ed25519.Ed25519PrivateKey.generate()
        private_text = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.OpenSSH,
            serialization.NoEncryption(),
        ).decode()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(private_text)
        fresh.rename(path)
    public = private.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    return KeyPair(private_text, public.decode())
