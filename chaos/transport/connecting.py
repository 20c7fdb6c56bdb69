# SPDX-License-Identifier: Apache-2.0
"""A TCP connection within a deadline: the name, every address of it, and the handshake together.

A name that nobody resolves and a name with several silent addresses take their time one after the
other; the limit is for all of it. Knows addresses; draws no conclusion.
"""

import contextlib
import queue
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

from chaos.deadline import Deadline

# A moment in which an answer that is there already is still taken.
LEAST_SECONDS = 0.05


def left(deadline: Deadline) -> float:
    """Return the seconds for one call of a socket.

    :raises TimeoutError: if none are left
    """
    if deadline.expired:
        raise TimeoutError("no time was left")
    return max(LEAST_SECONDS, deadline.remaining())


def resolve(
    address: str, port: int | None, deadline: Deadline, kind: int = socket.SOCK_STREAM
) -> list[tuple[Any, ...]]:
    """Return what :func:`socket.getaddrinfo` says of a name.

    :raises OSError: if there is none, or nobody says so in time; never a :class:`TimeoutError`,
        which would be the silence of whoever has the name
    """
    with contextlib.suppress(OSError):
        # An address needs nobody's answer.
        return socket.getaddrinfo(address, port, type=kind, flags=socket.AI_NUMERICHOST)
    answer: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answer.put(socket.getaddrinfo(address, port, type=kind))
        except OSError as exc:
            answer.put(exc)

    # Nothing can interrupt the system's resolver; it is left behind with its thread.
    threading.Thread(target=ask, name=f"resolving {address}", daemon=True).start()
    try:
        found = answer.get(timeout=max(LEAST_SECONDS, deadline.remaining()))
    except queue.Empty:
        said = f"nobody has resolved the name {address} in time"
        raise socket.gaierror(socket.EAI_AGAIN, said) from None
    if isinstance(found, OSError):
        raise found
    return list(found)


def connect(address: str, port: int, deadline: Deadline) -> socket.socket:
    """Connect to the first address of a name that answers.

    :raises OSError: if none does, a :class:`TimeoutError` if that is not known in time
    """
    failed: OSError | None = None
    for family, kind, protocol, _, place in resolve(address, port, deadline):
        made = socket.socket(family, kind, protocol)
        try:
            made.settimeout(left(deadline))
            made.connect(place)
        except OSError as exc:
            made.close()
            failed = failed or exc
        else:
            return made
    raise failed or OSError(f"the name {address} has no address")


@contextlib.contextmanager
def ended_at(deadline: Deadline, end: Callable[[], object], later: float = 0.0) -> Iterator[None]:
    """Call `end` from another thread if what is done here goes on beyond the deadline.

    For libraries that have a time limit for each step and none for the whole.

    :param later: so many seconds after the deadline
    """
    timer = threading.Timer(deadline.remaining() + later, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
