# SPDX-License-Identifier: Apache-2.0
"""Witness: does the host's kernel answer pings?

Uses the kernel's unprivileged ping socket, or a raw one for root. Knows an address only.
"""

import os
import socket
import struct
import time

from chaos.deadline import Deadline
from chaos.transport.connecting import resolve
from chaos.witnesses.connect import is_silence
from chaos.witnesses.protocol import Observation, Says, observation

# Silence is several unanswered pings: one may always be lost.
PINGS = 3
APART_SECONDS = 0.25
LOOK_SECONDS = 1.5

_REQUEST = {socket.AF_INET: 8, socket.AF_INET6: 128}
_REPLY = {socket.AF_INET: 0, socket.AF_INET6: 129}
_PROTOCOL = {socket.AF_INET: socket.IPPROTO_ICMP, socket.AF_INET6: socket.IPPROTO_ICMPV6}


class IcmpWitness:
    """Echo replies of the host's kernel.

    :param address: name or address of the host
    """

    name = "icmp"
    expects: Says = "dead"
    depends_on: frozenset[str] = frozenset()

    def __init__(self, address: str) -> None:
        self.address = address

    def observe(self, deadline: Deadline) -> Observation:
        """Send up to three pings and wait for the first answer."""
        hurried = deadline.remaining() < LOOK_SECONDS
        try:
            found = resolve(self.address, None, deadline, socket.SOCK_DGRAM)
            family, target = found[0][0], found[0][4]
            pinger, raw = _socket(family)
        except PermissionError:
            refused = "this user may not ping (net.ipv4.ping_group_range)"
            return observation(self, "unknown", refused)
        except OSError as exc:
            return observation(self, "unknown", f"{self.address}: {exc.strerror or exc}")
        with pinger:
            try:
                took = _ping(pinger, raw, family, target, deadline.within(LOOK_SECONDS))
            except OSError as exc:
                # "No route to host": nobody answers for the address on its own network.
                says: Says = "dead" if is_silence(exc) else "unknown"
                return observation(self, says, f"{self.address}: {exc.strerror}")
        if took is None and hurried:
            return observation(self, "unknown", f"{self.address}: no time was left to wait")
        if took is None:
            return observation(self, "dead", f"{self.address}: no answer to {PINGS} pings")
        return observation(self, "alive", f"{self.address}: answered in {took * 1000:.1f} ms")


def _socket(family: int) -> tuple[socket.socket, bool]:
    protocol = _PROTOCOL[socket.AddressFamily(family)]
    try:
        return socket.socket(family, socket.SOCK_DGRAM, protocol), False
    except PermissionError:
        return socket.socket(family, socket.SOCK_RAW, protocol), True


def _ping(
    pinger: socket.socket, raw: bool, family: int, target: tuple, deadline: Deadline
) -> float | None:
    """Return the seconds until the first answer, or None."""
    kind = socket.AddressFamily(family)
    # On a raw socket everybody's replies come in: ours carry this token.
    token = os.urandom(16)
    started = time.monotonic()
    for number in range(PINGS):
        packet = _echo(_REQUEST[kind], number, token)
        pinger.sendto(packet, target)
        last = number == PINGS - 1
        until = deadline if last else deadline.within(APART_SECONDS)
        while not until.expired:
            pinger.settimeout(max(0.01, until.remaining()))
            try:
                answer = pinger.recv(2048)
            except TimeoutError:
                break
            if raw and kind is socket.AF_INET:
                answer = answer[(answer[0] & 0x0F) * 4 :]
            if answer[:1] == bytes([_REPLY[kind]]) and token in answer:
                return time.monotonic() - started
        if deadline.expired:
            break
    return None


def _echo(kind: int, number: int, token: bytes) -> bytes:
    identifier = os.getpid() & 0xFFFF  # the kernel puts its own on an unprivileged socket
    bare = struct.pack("!BBHHH", kind, 0, 0, identifier, number) + token
    total = sum(struct.unpack(f"!{len(bare) // 2}H", bare))
    total = (total >> 16) + (total & 0xFFFF)
    total += total >> 16
    return bare[:2] + struct.pack("!H", ~total & 0xFFFF) + bare[4:]
