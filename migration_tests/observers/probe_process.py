# SPDX-License-Identifier: Apache-2.0
"""The prober: a process of its own that asks addresses for an echo on absolute deadlines.

A process, so that no pause of the test process looks like an outage; nothing but the standard
library, so that it starts at once. It reads its targets as one JSON line, ``{"targets": [{"name",
"address", "interval"}]}``, prints ``{}`` when it begins, probes until its standard input ends,
and prints one JSON line per target. Answers carry the kernel's own time of arrival. Echo requests
are ICMP over an unprivileged socket, else a raw one; where neither is allowed, TCP connections to
port 22 at a lower rate. May not know: what the addresses are.
"""

from __future__ import annotations

import contextlib
import heapq
import json
import os
import select
import socket
import struct
import sys
import time
from dataclasses import dataclass, field

from migration_tests.observers.gaps import analyse

LATE_SECONDS = 0.2  # an answer that took longer was held back: the beginning of a gap
TCP_INTERVAL = 0.25  # each TCP probe costs the server a process
TCP_PORT = 22
ECHO_REQUEST, ECHO_REPLY = 8, 0
SO_TIMESTAMPNS = 35  # <asm-generic/socket.h>; not named by Python
_HEADER = struct.Struct("!BBHHH")
_BODY = struct.Struct("!QQ")  # a word of our own, the number of the probe
_TIMESPEC = struct.Struct("@ll")


@dataclass
class Target:
    """One address and what was asked and heard of it."""

    name: str
    address: str
    interval: float
    word: int
    began: list[float] = field(default_factory=list)
    sent: list[float] = field(default_factory=list)
    answers: list[float | None] = field(default_factory=list)


class IcmpProber:
    """Sends ICMP echo requests and takes the replies, all through one socket.

    :raises OSError: when the machine allows neither kind of socket
    """

    method = "icmp"

    def __init__(self) -> None:
        try:
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)
            self._raw = False
        except OSError:
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
            self._raw = True
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        with contextlib.suppress(OSError):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)

    def send(self, target: Target) -> None:
        """Send the next probe of a target."""
        number = len(target.sent)
        body = _BODY.pack(target.word, number)
        identity = os.getpid() & 0xFFFF
        head = _HEADER.pack(ECHO_REQUEST, 0, 0, identity, number & 0xFFFF)
        head = _HEADER.pack(ECHO_REQUEST, 0, _checksum(head + body), identity, number & 0xFFFF)
        target.began.append(time.monotonic())
        # No route, or a neighbour that does not answer: the probe counts as sent and lost.
        with contextlib.suppress(OSError):
            self.socket.sendto(head + body, (target.address, 0))
        # The moment after: a pause before the packet left must not look like a slow answer.
        target.sent.append(time.monotonic())
        target.answers.append(None)

    def receive(self, targets: dict[int, Target]) -> None:
        """Take all replies that have arrived."""
        while True:
            try:
                packet, control, _, _ = self.socket.recvmsg(2048, 256)
            except BlockingIOError:
                return
            except OSError:
                continue  # an ICMP error for an earlier probe
            arrived = _arrival(control)
            if self._raw:
                packet = packet[(packet[0] & 0x0F) * 4 :]
            if len(packet) < _HEADER.size + _BODY.size or packet[0] != ECHO_REPLY:
                continue
            word, number = _BODY.unpack_from(packet, _HEADER.size)
            target = targets.get(word)
            if target and number < len(target.answers) and target.answers[number] is None:
                target.answers[number] = arrived


class TcpProber:
    """Opens TCP connections; an accepted and a refused one are both an answer."""

    method = "tcp"

    def __init__(self) -> None:
        self._open: dict[socket.socket, tuple[Target, int]] = {}
        self.socket = select.epoll()

    def send(self, target: Target) -> None:
        """Begin the next connection to a target."""
        link = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        link.setblocking(False)
        target.began.append(time.monotonic())
        link.connect_ex((target.address, TCP_PORT))
        target.sent.append(time.monotonic())
        target.answers.append(None)
        self._open[link] = (target, len(target.sent) - 1)
        self.socket.register(link.fileno(), select.EPOLLOUT)
        for old, (other, number) in list(self._open.items()):
            if other.sent[number] < target.sent[-1] - 5.0:
                self._close(old)

    def receive(self, targets: dict[int, Target]) -> None:
        """Take the outcome of all connections that have one."""
        ready = {descriptor for descriptor, _ in self.socket.poll(0)}
        now = time.monotonic()
        for link, (target, number) in list(self._open.items()):
            if link.fileno() not in ready:
                continue
            error = link.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error in (0, 111):  # ECONNREFUSED: somebody is there to refuse
                target.answers[number] = now
            self._close(link)

    def _close(self, link: socket.socket) -> None:
        del self._open[link]
        self.socket.unregister(link.fileno())
        link.close()


def _checksum(packet: bytes) -> int:
    total = sum(struct.unpack(f"!{len(packet) // 2}H", packet))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def _arrival(control: list[tuple[int, int, bytes]]) -> float:
    """When the kernel took the packet, in seconds of the monotonic clock."""
    now = time.monotonic()
    for level, kind, content in control:
        if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
            seconds, nanoseconds = _TIMESPEC.unpack_from(content)
            return now - max(0.0, time.time() - (seconds + nanoseconds / 1e9))
    return now


def probe(prober: IcmpProber | TcpProber, targets: list[Target], ends: int) -> float:
    """Probe until `ends`, a descriptor, ends; return when that was."""
    by_word = {target.word: target for target in targets}
    start = time.monotonic()
    due = [(start, index) for index in range(len(targets))]
    heapq.heapify(due)
    poller = select.poll()
    poller.register(ends, select.POLLIN | select.POLLHUP)
    poller.register(prober.socket.fileno(), select.POLLIN)
    while True:
        wait = max(0.0, due[0][0] - time.monotonic()) if due else 1.0
        for descriptor, _ in poller.poll(wait * 1000):
            if descriptor == ends and not os.read(ends, 4096):
                return time.monotonic()
        prober.receive(by_word)
        while due and due[0][0] <= time.monotonic():
            when, index = heapq.heappop(due)
            target = targets[index]
            prober.send(target)
            # Times that have passed by while this process slept are left out, not made up for.
            missed = (time.monotonic() - when) // target.interval
            heapq.heappush(due, (when + (missed + 1) * target.interval, index))


def report(target: Target, method: str, t_end: float) -> dict[str, object]:
    """Return what one target's probes tell, as plain data."""
    found = analyse(target.sent, target.answers, LATE_SECONDS, t_end, target.began)
    return {
        "name": target.name,
        "method": method,
        "interval": target.interval,
        "sent": len(target.sent),
        "answered": found.answered,
        "t_start": target.sent[0] if target.sent else t_end,
        "t_end": t_end,
        "longest": found.longest,
        "error": found.error,
        "round_trip": found.round_trip,
        "gaps": [vars(gap) for gap in found.gaps],
    }


def _take_precedence() -> None:
    """Ask for the processor before others: every pause of ours is an error of the gaps.

    Not allowed to everybody; without it the error is larger and says so.
    """
    with contextlib.suppress(OSError):
        os.nice(-10)
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))


def main() -> None:
    """Read the targets, probe, report."""
    _take_precedence()
    descriptor = sys.stdin.fileno()
    request = b""
    while not request.endswith(b"\n"):
        piece = os.read(descriptor, 65536)
        if not piece:
            return
        request += piece
    prober: IcmpProber | TcpProber
    try:
        prober = IcmpProber()
    except OSError:
        prober = TcpProber()
    floor = TCP_INTERVAL if prober.method == "tcp" else 0.0
    targets = [
        Target(
            name=wanted["name"],
            address=wanted["address"],
            interval=max(float(wanted["interval"]), floor),
            word=int.from_bytes(os.urandom(8), "big"),
        )
        for wanted in json.loads(request)["targets"]
    ]
    print("{}", flush=True)
    t_end = probe(prober, targets, descriptor)
    for target in targets:
        print(json.dumps(report(target, prober.method, t_end)), flush=True)


if __name__ == "__main__":
    main()
