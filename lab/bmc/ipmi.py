# SPDX-License-Identifier: Apache-2.0
"""IPMI 2.0 over RMCP+ on one UDP socket, with pyghmi's server side as the protocol.

pyghmi frames, encrypts and checks; this file replaces its event loop, for four reasons: the loop
ends at the first packet it cannot parse, a power command would stop it, its sessions are
distinguished by the client's port only and never given up, and it proposes cipher suite 3 to
clients that asked for another, on which pyghmi's own client dies (it falls back properly when
refused). Knows packets and a controller; may not know what switches the power, nor decide how the
BMC behaves.
"""

import asyncio
import logging
import socket
import time
from collections import OrderedDict
from typing import Any

from pyghmi.ipmi import bmc
from pyghmi.ipmi.private import serversession
from pyghmi.ipmi.private import session as ipmisession

from lab.bmc import listeners
from lab.bmc.behaviours import Asked, Refusal
from lab.bmc.config import BmcConfig
from lab.bmc.controller import Controller, RefusedError

LOG = logging.getLogger(__name__)

Address = tuple[Any, ...]

# Payload types, IPMI 2.0 table 13-16.
IPMI = 0x00
OPEN_SESSION = 0x10
RAKP1 = 0x12
RAKP2 = 0x13
RAKP3 = 0x14

# Status codes of RMCP+, table 13-15.
UNAUTHORIZED_NAME = 0x0D
NO_CIPHER_SUITE = 0x11

# Completion codes, table 5-2.
OK = 0x00
INVALID_COMMAND = 0xC1
NO_PRIVILEGE = 0xD4
CODES = {
    Refusal.BUSY: 0xC0,
    Refusal.UNSUPPORTED: 0xCC,
    Refusal.UNKNOWN: 0xCE,
    Refusal.PRIVILEGE: NO_PRIVILEGE,
    Refusal.STATE: 0xD5,
}

OPERATOR = 3  # needed to switch power, appendix G
SUITE_3 = (1, 1, 1)  # RAKP-HMAC-SHA1, HMAC-SHA1-96, AES-CBC-128

CHASSIS, APPLICATION = 0, 6
# Chassis control, table 28-4.
ACTIONS = {0: "off", 1: "on", 2: "cycle", 3: "reset", 5: "shutdown"}

IDLE_SECONDS = 60.0  # sessions without a packet for so long are given up, section 6.12.15
MOST_SESSIONS = 64
HEADER = 16  # RMCP and RMCP+ headers before the payload


class Session(serversession.ServerSession):
    """One client's session: pyghmi's, with a refusal of unknown suites and names.

    ``answered`` keeps the last answer, for a client that repeats a question it has not heard the
    answer of: a power cycle must not run twice.
    """

    # Until the client asks for more, section 22.18.
    clientpriv = 2

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.k1 = None
        self.refused = False
        self.last_packet = time.monotonic()
        self.pending: set[tuple[int, int, int]] = set()
        self.answered: tuple[tuple[int, int, int], int, tuple[int, ...]] | None = None
        super().__init__(*args, **kwargs)
        # Registered there by the client's address; here the server keeps its sessions itself.
        ipmisession.Session.bmc_handlers.pop(self.sockaddr, None)

    def create_open_session_response(self, request: bytearray) -> bytearray:
        """Accept suite 3, or a client that leaves the choice to us; else say so."""
        proposed = (request[12], request[20], request[28])
        lengths = (request[11], request[19], request[27])
        fits = (
            length == 0 or algorithm == ours
            for length, algorithm, ours in zip(lengths, proposed, SUITE_3, strict=True)
        )
        if all(fits):
            return bytearray(super().create_open_session_response(request))
        self.refused = True
        self.managedsessionid = b""
        return bytearray([request[0], NO_CIPHER_SUITE, 0, 0]) + request[4:8]

    def _got_rakp1(self, data: bytearray) -> None:
        name = bytes(data[28 : 28 + data[27]]).decode("utf-8", errors="replace")
        if self.authdata.get(name) is None or not self.bmc.lets_in():
            refusal = bytearray([data[0], UNAUTHORIZED_NAME, 0, 0]) + self.clientsessionid
            self.send_payload(refusal, RAKP2, retry=False)
            return
        super()._got_rakp1(data)

    def answer(self, question: "Question", code: int, data: tuple[int, ...] = ()) -> None:
        """Answer a question, at once or long after others have come in."""
        self.pending.discard(question.key)
        self.answered = (question.key, code, data)
        self.seqlun, self.clientnetfn, self.clientcommand = question.key
        self.clientaddr, self.rqlun = question.sender
        self.send_ipmi_response(data=list(data), code=code)


class Question:
    """What is needed to answer a request later: its place in the session."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.key: tuple[int, int, int] = (
            session.seqlun,
            session.clientnetfn,
            session.clientcommand,
        )
        self.sender: tuple[int, int] = (session.clientaddr, session.rqlun)

    def answer(self, code: int, data: tuple[int, ...] = ()) -> None:
        """Send the answer."""
        self.session.answer(self, code, data)


class _Sender:
    """What pyghmi takes for a socket; hands packets to the event loop."""

    def __init__(self, transport: asyncio.DatagramTransport) -> None:
        self._transport = transport

    def setblocking(self, flag: bool) -> None:
        """Nothing to do: the event loop never blocks."""

    def sendto(self, packet: bytes, address: Address) -> None:
        """Send one packet."""
        self._transport.sendto(bytes(packet), address)


class Server(bmc.Bmc, asyncio.DatagramProtocol):
    """One BMC.

    :param config: its address and who may log in
    :param controller: what it serves
    """

    def __init__(self, config: BmcConfig, controller: Controller) -> None:
        # pyghmi's own constructor would open a socket and start a thread; what its methods that
        # are used here need is set instead.
        self.revision = self.deviceid = self.additionaldevices = self.mfgid = self.prodid = 0
        self.firmwaremajor, self.firmwareminor, self.ipmiversion = 1, 0, 2
        self.authdata = {config.user: config.password}
        self.uuid = config.guid
        self.port = config.port
        self.kg = None
        # Get Channel Authentication Capabilities, table 22-15: IPMI 2.0 only, named users only.
        self.authcap = bytes([0, 1, 0x80, 0x04, 0x02, 0, 0, 0, 0])
        self.controller = controller
        self._waiting: set[tuple[bytes, Address]] = set()
        self._sessions: OrderedDict[bytes, Session] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        self.serversocket = _Sender(transport)  # type: ignore[arg-type]

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Serve one packet, at once or as late as the BMC is slow."""
        delay = self.controller.delay
        if not delay:
            self._safely(data, addr)
        elif (data, addr) not in self._waiting:
            # What a client that waits says again has its answer coming.
            self._waiting.add((data, addr))
            asyncio.get_running_loop().call_later(delay, self._late, data, addr)

    def _late(self, data: bytes, addr: Address) -> None:
        self._waiting.discard((data, addr))
        self._safely(data, addr)

    def _safely(self, data: bytes, addr: Address) -> None:
        """Serve one packet; whatever is in it, the next one is served too."""
        try:
            self._serve(bytearray(data), addr)
        except Exception:
            LOG.debug("a packet from %s was not understood", addr[0], exc_info=True)

    def error_received(self, exc: Exception) -> None:
        """Go on: a client has gone away before its answer came."""
        LOG.debug("not delivered: %s", exc)

    def _serve(self, data: bytearray, addr: Address) -> None:
        if len(data) < HEADER or data[0] != 6 or data[2:4] != b"\xff\x07":
            return
        kind = data[5] & 0x3F
        if data[4] != 6:
            # IPMI 1.5 framing: only the question for capabilities, outside of any session.
            if data[4] == 0:
                self.sessionless_data(data, addr)
        elif kind == OPEN_SESSION:
            self._open_session(data, addr)
        elif kind in {RAKP1, RAKP3}:
            self._continue(bytes(data[HEADER + 4 : HEADER + 8]), data, addr)
        elif kind == IPMI and data[6:10] == bytes(4):
            self.sessionless_data(data, addr)
        elif kind == IPMI:
            self._continue(bytes(data[6:10]), data, addr)

    def _open_session(self, data: bytearray, addr: Address) -> None:
        now = time.monotonic()
        for name in [n for n, s in self._sessions.items() if now - s.last_packet > IDLE_SECONDS]:
            del self._sessions[name]
        while len(self._sessions) >= MOST_SESSIONS:
            self._sessions.popitem(last=False)
        opened = Session(
            self.authdata, None, addr, self.serversocket, data[HEADER:], self.uuid, self
        )
        if not opened.refused:
            self._sessions[bytes(opened.managedsessionid)] = opened

    def _continue(self, name: bytes, data: bytearray, addr: Address) -> None:
        session = self._sessions.get(name)
        if session is None or session.sockaddr != addr:
            return
        session.last_packet = time.monotonic()
        self._sessions.move_to_end(name)
        session._handle_ipmi2_packet(data)

    def lets_in(self) -> bool:
        """Whether anybody may log in."""
        try:
            self.controller.check(Asked.LOGIN)
        except RefusedError:
            return False
        return True

    def handle_raw_request(self, request: dict[str, Any], session: Session) -> None:
        """Serve one command of an established session."""
        question = Question(session)
        if session.answered is not None and session.answered[0] == question.key:
            _, code, data = session.answered
            question.answer(code, data)
            return
        if question.key in session.pending:
            return
        session.pending.add(question.key)
        try:
            self.controller.check(Asked.READ)
        except RefusedError as refused:
            question.answer(CODES[refused.refusal])
            return
        netfn, command = request["netfn"], request["command"]
        if (netfn, command) == (CHASSIS, 1):
            self._later(self._chassis_status(question))
        elif (netfn, command) == (CHASSIS, 2):
            self._later(self._chassis_control(question, bytes(request["data"])))
        elif (netfn, command) == (APPLICATION, 1):
            question.answer(OK, (0, 0, self.firmwaremajor, 0, self.ipmiversion, *[0] * 6))
        elif (netfn, command) == (APPLICATION, 0x37):
            question.answer(OK, tuple(self.uuid.bytes_le))
        else:
            question.answer(INVALID_COMMAND)

    def _later(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _chassis_status(self, question: Question) -> None:
        try:
            on = await self.controller.on()
        except RefusedError as refused:
            question.answer(CODES[refused.refusal])
        else:
            question.answer(OK, (int(on), 0, 0))

    async def _chassis_control(self, question: Question, data: bytes) -> None:
        if question.session.clientpriv < OPERATOR:
            question.answer(NO_PRIVILEGE)
            return
        try:
            await self.controller.switch(ACTIONS.get(data[0] & 0x0F) if data else None)
        except RefusedError as refused:
            question.answer(CODES[refused.refusal])
        else:
            question.answer(OK)


class Listener(listeners.Listener):
    """The UDP port at which a BMC answers IPMI."""

    protocol = "IPMI"

    def __init__(self, config: BmcConfig, controller: Controller) -> None:
        super().__init__(config.address, config.port, socket.SOCK_DGRAM)
        self._config = config
        self._controller = controller
        self._transport: asyncio.DatagramTransport | None = None

    async def serve(self, sock: socket.socket) -> None:
        """Begin to answer at `sock`."""
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: Server(self._config, self._controller), sock=sock
        )

    def end(self) -> None:
        """Answer no more, and close the socket."""
        if self._transport:
            self._transport.close()
