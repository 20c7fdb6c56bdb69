# SPDX-License-Identifier: Apache-2.0
"""A port of a BMC, which can be open, closed, or silent: open, and nothing gets in.

Silence is made by a filter on the socket that lets nothing in (BPF, ``socket(7)``): the kernel
then answers no SYN and refuses no datagram, as if the packets had got lost on the way; it needs no
firewall and no privilege. Knows sockets; no protocol.
"""

import abc
import contextlib
import ctypes
import socket
import struct

# asm-generic/socket.h; not in Python's socket module.
_ATTACH_FILTER, _DETACH_FILTER = 26, 27
_LET_NOTHING_IN = struct.pack("HBBI", 0x06, 0, 0, 0)  # BPF_RET | BPF_K, 0 bytes

_BACKLOG = 64


class Listener(abc.ABC):
    """One port.

    :param port: 0 takes any that is free, and keeps it.
    :param kind: ``SOCK_STREAM`` or ``SOCK_DGRAM``.
    """

    protocol: str

    def __init__(self, address: str, port: int, kind: socket.SocketKind):
        self.address = address
        self.port = port
        self._kind = kind
        self._socket: socket.socket | None = None

    @abc.abstractmethod
    async def serve(self, sock: socket.socket) -> None:
        """Begin to answer at the bound, non-blocking `sock`."""

    @abc.abstractmethod
    def end(self) -> None:
        """Answer no more, and close the socket."""

    async def set(self, unreachable: str) -> None:
        """Be open (nothing), or as a word of `lab.bmc.behaviours.UNREACHABLE` says.

        :raises OSError: the port cannot be had.
        """
        if unreachable == "closed":
            self.close()
            return
        if self._socket is None:
            await self._open(silent=unreachable == "silent")
        elif unreachable == "silent":
            _let_nothing_in(self._socket)
        else:
            _let_in(self._socket)

    def close(self) -> None:
        """Close the port; nothing happens if it is closed."""
        if self._socket is not None:
            self._socket = None
            self.end()

    async def _open(self, silent: bool) -> None:
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        made = socket.socket(family, self._kind)
        try:
            if silent:
                _let_nothing_in(made)
            if self._kind == socket.SOCK_STREAM:
                made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind((self.address, self.port))
            made.setblocking(False)
            if self._kind == socket.SOCK_STREAM:
                made.listen(_BACKLOG)
        except OSError:
            made.close()
            raise
        self.port = made.getsockname()[1]
        self._socket = made
        await self.serve(made)


def _let_nothing_in(sock: socket.socket) -> None:
    program = ctypes.create_string_buffer(_LET_NOTHING_IN, len(_LET_NOTHING_IN))
    # struct sock_fprog: how many instructions, and where.
    sock.setsockopt(
        socket.SOL_SOCKET, _ATTACH_FILTER, struct.pack("HP", 1, ctypes.addressof(program))
    )


def _let_in(sock: socket.socket) -> None:
    with contextlib.suppress(FileNotFoundError):  # it was open already
        sock.setsockopt(socket.SOL_SOCKET, _DETACH_FILTER, 0)
