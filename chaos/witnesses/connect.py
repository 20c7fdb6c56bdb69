# SPDX-License-Identifier: Apache-2.0
"""One TCP connection attempt, and what its outcome says about the other kernel.

For the witnesses that look by TCP; draws no conclusion about the host itself.
"""

import enum
import errno
import socket
from dataclasses import dataclass

from chaos.deadline import Deadline
from chaos.transport import connecting


class Outcome(enum.Enum):
    """How an attempt ended."""

    CONNECTED = "connected"
    REFUSED = "refused"  # a kernel (or a firewall in its place) answered
    SILENT = "silent"  # nobody answered, or nobody has the address
    UNABLE = "unable"  # it could not be asked: our own network, our own resolver


@dataclass(frozen=True)
class Attempt:
    """The end of an attempt; a connection is the caller's to close."""

    outcome: Outcome
    detail: str
    connection: socket.socket | None = None


def is_silence(exc: OSError) -> bool:
    """Tell if an error means that nobody answers at the address."""
    return isinstance(exc, TimeoutError) or exc.errno in {errno.EHOSTUNREACH, errno.EHOSTDOWN}


def attempt(address: str, port: int, patience: float, deadline: Deadline) -> Attempt:
    """Try to connect once.

    :param patience: seconds without an answer that are silence; with less time than that left,
        no answer means nothing
    """
    place = f"{address} port {port}"
    hurried = deadline.remaining() < patience
    # Even with no time left at all it is asked once.
    until = deadline.within(patience) if deadline.remaining() > 0.1 else Deadline.after(0.1)
    try:
        made = connecting.connect(address, port, until)
    except OSError as exc:
        if isinstance(exc, ConnectionRefusedError):
            return Attempt(Outcome.REFUSED, f"{place}: the connection is refused")
        if isinstance(exc, TimeoutError) and hurried:
            return Attempt(Outcome.UNABLE, f"{place}: no time was left to wait for an answer")
        said = exc.strerror or f"no answer within {patience:g} s"
        return Attempt(Outcome.SILENT if is_silence(exc) else Outcome.UNABLE, f"{place}: {said}")
    return Attempt(Outcome.CONNECTED, f"{place}: connected", made)
