# SPDX-License-Identifier: Apache-2.0
"""Puts one port into a set of the switch's rules, or takes it out, by one netlink transaction.

Runs in the lab's namespaces; standard library only. The command ``nft`` does the same, but takes
milliseconds to start and to look around before it acts. The messages are those of
linux/netfilter/nfnetlink.h and nf_tables.h.
"""

import errno
import os
import socket
import struct

_NETLINK_NETFILTER = 12
_SUBSYSTEM = 10  # NFNL_SUBSYS_NFTABLES
_BATCH_BEGIN, _BATCH_END = 0x10, 0x11
_NEW, _DELETE = (_SUBSYSTEM << 8) | 12, (_SUBSYSTEM << 8) | 14  # NFT_MSG_*SETELEM
_REQUEST, _ACKNOWLEDGE, _CREATE = 0x1, 0x4, 0x400
_BRIDGE = 7  # NFPROTO_BRIDGE
_NESTED = 0x8000
_ERROR = 2  # NLMSG_ERROR, also of no error
_NAME_BYTES = 16  # IFNAMSIZ

_HEADER = struct.Struct("=IHHII")
_GENERIC = struct.Struct("=BBH")


class Element:
    """A port's membership of a set, to be changed at an exact moment.

    :param table: of the bridge family.
    :param name: of the set.
    :param lifetime: seconds after which the kernel takes the port out by itself.
    """

    def __init__(self, table: str, name: str, port: str, lifetime: float):
        key = _attribute(1 | _NESTED, _attribute(1, port.encode().ljust(_NAME_BYTES, b"\0")))
        until = _attribute(4, struct.pack("!Q", round(lifetime * 1000)))
        self._new = _batch(_NEW, _CREATE, table, name, key + until)
        self._delete = _batch(_DELETE, 0, table, name, key)
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER)
        self._socket.bind((0, 0))

    def add(self) -> None:
        """Put the port in; it counts when this returns.

        :raises OSError: the kernel refused.
        """
        self._transact(self._new)

    def remove(self) -> None:
        """Take the port out; nothing happens if it is not in.

        :raises OSError: the kernel refused.
        """
        try:
            self._transact(self._delete)
        except FileNotFoundError:
            return

    def _transact(self, batch: bytes) -> None:
        # The kernel has committed the whole batch when the call returns.
        self._socket.send(batch)
        answer = self._socket.recv(65536)
        _, kind, _, _, _ = _HEADER.unpack_from(answer)
        (code,) = struct.unpack_from("=i", answer, _HEADER.size)
        if kind != _ERROR or code:
            number = -code or errno.EPROTO
            raise OSError(number, os.strerror(number))


def _attribute(kind: int, content: bytes) -> bytes:
    head = struct.pack("=HH", 4 + len(content), kind)
    return head + content + b"\0" * (-len(content) % 4)


def _message(kind: int, flags: int, family: int, resource: int, content: bytes = b"") -> bytes:
    body = _GENERIC.pack(family, 0, socket.htons(resource)) + content
    return _HEADER.pack(_HEADER.size + len(body), kind, _REQUEST | flags, 0, 0) + body


def _batch(kind: int, flags: int, table: str, name: str, element: bytes) -> bytes:
    content = b"".join(
        (
            _attribute(1, table.encode() + b"\0"),
            _attribute(2, name.encode() + b"\0"),
            _attribute(3 | _NESTED, _attribute(1 | _NESTED, element)),
        )
    )
    return b"".join(
        (
            _message(_BATCH_BEGIN, 0, 0, _SUBSYSTEM),
            _message(kind, flags | _ACKNOWLEDGE, _BRIDGE, 0, content),
            _message(_BATCH_END, 0, 0, _SUBSYSTEM),
        )
    )
