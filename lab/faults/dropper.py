# SPDX-License-Identifier: Apache-2.0
"""Drops everything on one cable for an exact time, and measures what was dropped.

``python -m lab.faults.dropper`` in the lab's namespaces; standard library only. Reads what to do
as JSON from standard input, ``{"table", "set", "port", "bridge", "interface", "mac", "pid",
"seconds", "after"}``, and writes a `Dropped` as JSON to standard output. Times are of the
monotonic clock, which all of the machine shares.

The drop is a rule of the switch, switched on and off by one transaction each, so its length is
known but for the time these two took. Besides, frames of its own go over the cable every
millisecond in both directions, and those that arrive say the same or give it the lie.
"""

import contextlib
import ctypes
import dataclasses
import json
import os
import socket
import struct
import sys
import time
from typing import IO

from lab.faults.element import Element

SPACE = 0.001  # seconds between two frames
AROUND = 0.1  # seconds of frames before the drop and after it
EDGE = 0.005  # seconds; so long a frame may be on its way on a busy machine
GRACE = 5.0  # seconds; should this process die, the kernel ends the drop so long after its time

_ETHERTYPE = 0x88B5  # for local experiments, IEEE 802
_CLONE_NEWNET = 0x40000000
_FRAME = struct.Struct("!6s6sH8sI")


@dataclasses.dataclass(frozen=True)
class Dropped:
    """What was dropped.

    :ivar begin: when it began, in the middle of the transaction that did it.
    :ivar end: when it ended, likewise.
    :ivar begin_wall: the same moment by the wall clock.
    :ivar error: seconds; the length is off by no more.
    :ivar lost: frames that did not arrive, out of `sent`.
    :ivar seen: seconds from the last frame that arrived before to the first that arrived after,
        the longer one of both directions; None: none was lost.
    :ivar disturbed: frames whose fate contradicts `begin` and `end`.
    """

    begin: float
    end: float
    begin_wall: float
    error: float
    sent: int
    lost: int
    seen: float | None
    disturbed: int

    @property
    def length(self) -> float:
        """Seconds without a packet."""
        return self.end - self.begin


@dataclasses.dataclass(frozen=True)
class Frame:
    """One frame: when it was sent, at the earliest and at the latest, and whether it arrived."""

    earliest: float
    latest: float
    arrived: bool


class Direction:
    """Frames over the cable, one way.

    :param source: a socket bound to where they are sent.
    :param target: a socket bound to where they arrive.
    :param address: MAC address that they go to.
    """

    def __init__(self, source: socket.socket, target: socket.socket, address: bytes):
        self._source = source
        self._target = target
        self._word = os.urandom(8)
        sender = source.getsockname()[4]
        self._head = (address, sender, _ETHERTYPE, self._word)
        self._sent: list[tuple[float, float]] = []
        self._arrived: set[int] = set()

    def send(self) -> None:
        """Send the next frame."""
        frame = _FRAME.pack(*self._head, len(self._sent)).ljust(60, b"\0")
        before = time.monotonic()
        # While the host's end has no carrier nothing can be sent: as lost as in a drop.
        with contextlib.suppress(OSError):
            self._source.send(frame)
        self._sent.append((before, time.monotonic()))

    def receive(self) -> None:
        """Take what has arrived."""
        with contextlib.suppress(BlockingIOError):
            while True:
                frame = self._target.recv(2048)
                *_, word, number = _FRAME.unpack_from(frame)
                if word == self._word:
                    self._arrived.add(number)

    @property
    def frames(self) -> list[Frame]:
        """All frames, in order."""
        return [Frame(*when, index in self._arrived) for index, when in enumerate(self._sent)]


def listen(interface: str) -> socket.socket:
    """Return a socket that sends and receives the measuring frames at an interface."""
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETHERTYPE))
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    link.bind((interface, _ETHERTYPE))
    link.setblocking(False)
    return link


def listen_in(pid: int, interface: str) -> socket.socket:
    """Return such a socket in the network of the host whose first process is `pid`."""
    libc = ctypes.CDLL(None, use_errno=True)

    def enter(place: IO[bytes]) -> None:
        if libc.setns(place.fileno(), _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")

    with open("/proc/self/ns/net", "rb") as here, open(f"/proc/{pid}/ns/net", "rb") as there:
        enter(there)
        try:
            return listen(interface)
        finally:
            enter(here)


def judge(
    begin: tuple[float, float], end: tuple[float, float], ways: list[list[Frame]]
) -> tuple[int, int, float | None, int]:
    """Return how many frames were sent, how many lost, how long none came, how many disagree.

    A frame that was on its way when the drop began or ended may have met either.

    :param begin: of the transaction that began the drop: before and after it.
    :param end: likewise.
    """
    seen = []
    disturbed = 0
    for frames in ways:
        for frame in frames:
            inside = frame.earliest >= begin[1] and frame.latest <= end[0] - EDGE
            outside = frame.latest <= begin[0] - EDGE or frame.earliest >= end[1]
            disturbed += (inside and frame.arrived) or (outside and not frame.arrived)
        heard = [frame for frame in frames if frame.arrived]
        before = [frame.latest for frame in heard if frame.latest < end[0]]
        after = [frame.earliest for frame in heard if frame.earliest >= end[0]]
        if before and after:
            seen.append(min(after) - max(before))
    sent = sum(map(len, ways))
    lost = sum(not frame.arrived for frames in ways for frame in frames)
    return sent, lost, max(seen) if lost and seen else None, disturbed


def drop(element: Element, ways: list[Direction], start: float, seconds: float) -> Dropped:
    """Drop from `start` on, for so many `seconds`, and measure.

    :param start: of the monotonic clock; not before `AROUND` from now.
    """
    begin: tuple[float, float] | None = None
    end: tuple[float, float] | None = None
    tick = start - AROUND
    try:
        while tick < start + seconds + AROUND:
            # Whatever is due: a frame, the beginning or the end.
            switch_at = start if begin is None else start + seconds if end is None else tick
            until = min(tick, switch_at) if end is None else tick
            pause = until - time.monotonic()
            if pause > 0:
                time.sleep(pause)
            if end is None and switch_at <= tick:
                before = time.monotonic()
                element.add() if begin is None else element.remove()
                if begin is None:
                    begin = (before, time.monotonic())
                    wall = time.time() - (time.monotonic() - sum(begin) / 2)
                else:
                    end = (before, time.monotonic())
                continue
            for way in ways:
                way.send()
                way.receive()
            # Frames that are late are left out, not made up for.
            tick += SPACE * max(1, (time.monotonic() - tick) // SPACE)
    finally:
        element.remove()
    assert begin and end
    time.sleep(AROUND / 2)
    for way in ways:
        way.receive()
    sent, lost, seen, disturbed = judge(begin, end, [way.frames for way in ways])
    return Dropped(
        begin=sum(begin) / 2,
        end=sum(end) / 2,
        begin_wall=wall,
        error=(begin[1] - begin[0] + end[1] - end[0]) / 2,
        sent=sent,
        lost=lost,
        seen=seen,
        disturbed=disturbed,
    )


def main() -> None:
    """Do what standard input says."""
    began = time.monotonic()
    wanted = json.load(sys.stdin)
    # A busy machine must not make the drop longer. Not allowed everywhere; the error shows it.
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(2))
    switch = listen(wanted["bridge"])
    host = listen_in(wanted["pid"], wanted["interface"])
    ways = [
        Direction(switch, host, bytes.fromhex(wanted["mac"].replace(":", ""))),
        Direction(host, switch, switch.getsockname()[4]),
    ]
    seconds = wanted["seconds"]
    element = Element(wanted["table"], wanted["set"], wanted["port"], seconds + GRACE)
    start = max(began + wanted["after"], time.monotonic() + AROUND)
    json.dump(dataclasses.asdict(drop(element, ways, start, seconds)), sys.stdout)


if __name__ == "__main__":
    main()
