# SPDX-License-Identifier: Apache-2.0
"""How a Redfish service is asked: HTTPS with one deadline from the connection to the last byte.

It is what sushy calls a connector, in place of its own, whose limits are for each read: a BMC that
sends a byte now and then, or stops in the middle, would be waited for as long as it likes, three
times over. Whatever is redirected stays what it was, a POST too, and stays with the same BMC: it
carries the password. Knows HTTP; nothing of systems or power.
"""

import base64
import http.client
import io
import json
import ssl
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib import parse

from sushy import exceptions

from chaos.deadline import Deadline
from chaos.inventory import BmcAccess
from chaos.power.redfish_messages import asked_to_wait, resolution, said
from chaos.transport import connecting
from chaos.transport.connecting import left

# One request, from the connection to the last byte; a BMC that needs longer has hung.
REQUEST_SECONDS = 10.0
ROOT = "/redfish/v1/"

# Nothing that is asked for here is nearly as long.
MOST_BYTES = 16 << 20
MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 307, 308})


@dataclass(frozen=True)
class Answer:
    """What came back, whole; as sushy takes it."""

    status_code: int
    headers: Message
    content: bytes

    def json(self) -> Any:
        """Return the body.

        :raises ValueError: if it is no JSON
        """
        return json.loads(self.content)


class Refused(exceptions.SushyError):
    """A service does not do as asked; in its own words.

    :ivar status_code: of HTTP
    :ivar resolution: what the service says is to be done; "" if it does not
    """

    def __init__(self, method: str, url: str, answer: Answer) -> None:
        self.status_code = answer.status_code
        self.resolution = resolution(answer.content)
        path = parse.urlsplit(url).path
        # Not with sushy's own formatting: what a BMC says may have a percent sign in it.
        super().__init__(f"{method} {path}: {said(answer.content) or 'it gives no reason'}")


class _Reader(io.RawIOBase):
    """Reads from a socket as long as a deadline allows, however little comes at a time."""

    def __init__(self, sock: ssl.SSLSocket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(left(self._deadline))
        return self._sock.recv_into(buffer)


class _Socket:
    """What :mod:`http.client` needs of a socket, under a deadline; closed by who made it."""

    def __init__(self, sock: ssl.SSLSocket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(left(self._deadline))
        self._sock.sendall(data)

    def makefile(self, *_args: Any) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._sock, self._deadline))

    def close(self) -> None:
        pass


class Connection:
    """A Redfish service; every request is a TCP connection of its own.

    :param bmc: where it is, and who may have signed its certificate
    :param deadline: for all that is asked of it
    """

    def __init__(self, bmc: BmcAccess, deadline: Deadline) -> None:
        self._bmc = bmc
        self._deadline = deadline
        self._context = _context(bmc)
        # The answer to the last action: sushy does not hand it on.
        self.acted: Answer | None = None
        self._headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Connection": "close",
            "OData-Version": "4.0",
        }
        address = f"[{bmc.address}]" if ":" in bmc.address else bmc.address
        self.url = f"https://{address}:{bmc.port}{ROOT}"

    # What sushy calls.

    def set_auth(self, auth: object) -> None:
        """Nothing is to be refreshed: every request carries the user and the password."""

    def set_http_basic_auth(self, user: str, password: str) -> None:
        """Send these with every request."""
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._headers["Authorization"] = f"Basic {token}"

    def get(self, path: str = "", **_more: Any) -> Answer:
        """Read a resource.

        :raises sushy.exceptions.SushyError: if it is not had, or refused
        """
        return self._ask("GET", path, None)

    def look(self, path: str) -> Answer:
        """Read what may be gone or have failed; a refusal is an answer here.

        :raises sushy.exceptions.SushyError: if there is none
        """
        return self._ask("GET", path, None, refusals=True)

    def post(self, path: str = "", data: Any = None, **_more: Any) -> Answer:
        """Ask for an action.

        :raises sushy.exceptions.SushyError: if it is not had, or refused
        """
        self.acted = self._ask("POST", path, data)
        return self.acted

    def close(self) -> None:
        """Nothing is kept open."""

    # How it is done.

    def _ask(self, method: str, path: str, data: Any, *, refusals: bool = False) -> Answer:
        """Ask, and ask again while the BMC is busy and wants that, as long as there is time."""
        url = parse.urljoin(self.url, path)
        while True:
            answer = self._follow(method, url, data)
            pause = asked_to_wait(
                answer.status_code, answer.headers.get("Retry-After"), answer.content
            )
            if pause is None:
                break
            if pause >= self._deadline.remaining():
                raise exceptions.ConnectionError(
                    url=url,
                    error=f"it is busy (HTTP {answer.status_code}) and wants to be asked again in "
                    f"{pause:.0f} s, when the time for this is over",
                )
            self._deadline.pause(pause)
        if answer.status_code >= http.client.BAD_REQUEST and not refusals:
            raise Refused(method, url, answer)
        return answer

    def _follow(self, method: str, url: str, data: Any) -> Answer:
        for _ in range(MOST_REDIRECTS):
            answer = self._request(method, url, data)
            if answer.status_code not in _REDIRECTS:
                if http.client.MULTIPLE_CHOICES <= answer.status_code < http.client.BAD_REQUEST:
                    # Following it would turn an action into a reading.
                    raise exceptions.ConnectionError(
                        url=url, error=f"it answers with HTTP {answer.status_code} to {method}"
                    )
                return answer
            url = self._redirected(url, answer)
        raise exceptions.ConnectionError(url=url, error="it redirects again and again")

    def _redirected(self, url: str, answer: Answer) -> str:
        """Return where an answer sends us; only with the same BMC is the password sent along."""
        there = parse.urljoin(url, answer.headers.get("Location") or "")
        if parse.urlsplit(there)[:2] != parse.urlsplit(self.url)[:2]:
            raise exceptions.ConnectionError(
                url=url, error=f"it redirects to another place, {there}"
            )
        return there

    def _request(self, method: str, url: str, data: Any) -> Answer:
        deadline = self._deadline.within(REQUEST_SECONDS)
        waits_for = "connection"
        place = self._bmc.address
        try:
            with connecting.connect(place, self._bmc.port, deadline) as plain:
                waits_for = "TLS handshake"
                plain.settimeout(left(deadline))
                with self._context.wrap_socket(plain, server_hostname=place) as sock:
                    waits_for = "answer"
                    client = http.client.HTTPSConnection(
                        place, self._bmc.port, context=self._context
                    )
                    client.sock = _Socket(sock, deadline)
                    split = parse.urlsplit(url)
                    target = parse.urlunsplit(("", "", split.path, split.query, ""))
                    body, headers = None, dict(self._headers)
                    if data is not None:
                        body = json.dumps(data).encode()
                        headers["Content-Type"] = "application/json"
                    client.request(method, target, body, headers)
                    response = client.getresponse()
                    waits_for = "rest of the answer"
                    content = response.read(MOST_BYTES + 1)
        except TimeoutError as exc:
            said = f"no {waits_for} in time"
            raise exceptions.ConnectionError(url=url, error=said) from exc
        except (OSError, http.client.HTTPException) as exc:
            said = " ".join(str(exc).split()) or type(exc).__name__
            raise exceptions.ConnectionError(url=url, error=said) from exc
        if len(content) > MOST_BYTES:
            raise exceptions.ConnectionError(url=url, error="the answer is too long")
        return Answer(response.status, response.headers, content)


def _context(bmc: BmcAccess) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if not bmc.verify and not bmc.ca_file:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif bmc.ca_file:
        context.load_verify_locations(str(bmc.ca_file))
    else:
        context.load_default_certs()
    return context
