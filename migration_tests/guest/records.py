# SPDX-License-Identifier: Apache-2.0
"""The records a writer leaves in a server: how one looks, how a file of them is read.

Pure. A record is one line, ``NUMBER TOKEN SHA256``, where the digest is that of ``NUMBER TOKEN``
and the token is the server's own, so that a disk given to the wrong server is found out too.
May not know: where the text comes from.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

_LINE = re.compile(r"(\d+) (\S+) ([0-9a-f]{64})")


@dataclass(frozen=True)
class RecordFile:
    """What a record file holds.

    :ivar intact: ranges (first, last), both included, of the numbers with a good digest
    :ivar damaged: numbers whose record does not fit, or, where not even the number can be read,
        the position of the line, negative, counted from -1
    :ivar highest: the highest number seen, 0 if there is none
    """

    intact: tuple[tuple[int, int], ...]
    damaged: tuple[int, ...]
    highest: int


def record(number: int, token: str) -> str:
    """Return a record as the writer in the server writes it, without its line end."""
    text = f"{number} {token}"
    return f"{text} {hashlib.sha256(text.encode()).hexdigest()}"


def parse(text: str, token: str) -> RecordFile:
    """Read a record file.

    A last line without its end is a record whose write was cut short: nobody has acknowledged
    it, and it is passed over. A cut line in front of others is damaged.

    :param text: the whole file
    :param token: the server's own token; a record with another one is damaged
    """
    good: set[int] = set()
    damaged: list[int] = []
    highest = 0
    for position, line in enumerate(text.split("\n")[:-1], 1):
        match = _LINE.fullmatch(line)
        if match is None:
            damaged.append(-position)
            continue
        number = int(match[1])
        highest = max(highest, number)
        if line == record(number, token):
            good.add(number)
        else:
            damaged.append(number)
    return RecordFile(ranges(good), tuple(damaged), highest)


def ranges(numbers: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """Return the numbers as ranges (first, last), both included, in order."""
    found: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if found and number == found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return tuple(found)


class Acknowledgements:
    """Makes numbers out of the bytes that a writer's output arrives in.

    The writer acknowledges one number per line, in order. Anything else on a line is kept as a
    message. Not safe among threads.
    """

    def __init__(self) -> None:
        self._rest = b""
        self.messages: list[str] = []

    def feed(self, data: bytes) -> list[int]:
        """Return the numbers that are whole with this data; a cut line waits for its rest."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        numbers = []
        for line in lines:
            text = line.strip()
            if text.isdigit():
                numbers.append(int(text))
            elif text:
                self.messages.append(text.decode(errors="replace"))
        return numbers
