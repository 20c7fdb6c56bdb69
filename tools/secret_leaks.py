# SPDX-License-Identifier: Apache-2.0
"""Whether a lab's secrets leaked while something ran on it: into files, or into argument lists.

Knows what a secret looks like; nothing of what runs.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

# Every process of the machine is looked at so often: what runs shorter is seen by the unit test.
PAUSE_SECONDS = 5.0
_SHORTEST = 12


def secrets(folder: Path, product: Path) -> dict[str, bytes]:
    """Return the secrets of a lab by their names: passwords, tokens, private keys.

    :param folder: of its secrets.
    :param product: of the lab.
    """
    found = {}
    for path in sorted(folder.glob("*")):
        text = path.read_bytes().strip() if path.is_file() else b""
        if b"PRIVATE KEY" in text:
            found[path.name] = text.splitlines()[2]
        elif b"\n" not in text and b" " not in text and path.suffix != ".pub":
            found[path.name] = text
    for path in product.glob("bmc-*.password"):
        found[path.name] = path.read_bytes().strip()
    return {name: secret for name, secret in found.items() if len(secret) >= _SHORTEST}


def in_files(secrets: Mapping[str, bytes], places: Iterable[Path]) -> Iterator[str]:
    """Yield one sentence for each secret in each file below `places`."""
    for place in places:
        for path in sorted(place.rglob("*")):
            if path.is_file() and not path.is_symlink():
                content = path.read_bytes()
                for name, secret in secrets.items():
                    if secret in content:
                        yield f"The lab's secret {name} stands in {path}."


class ArgumentsWatched:
    """Looks for secrets in the argument lists of all processes, inside the ``with`` block.

    :ivar found: one sentence for each secret and program
    """

    def __init__(self, secrets: Mapping[str, bytes]):
        self.found: set[str] = set()
        self._secrets = secrets
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "ArgumentsWatched":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(PAUSE_SECONDS):
            for path in Path("/proc").glob("[1-9]*/cmdline"):
                try:
                    arguments = path.read_bytes()
                except OSError:  # it has ended
                    continue
                for name, secret in self._secrets.items():
                    if secret in arguments:
                        program = arguments.split(b"\0")[0].decode(errors="replace")
                        self.found.add(f"The lab's secret {name} is an argument of {program}.")
