# SPDX-License-Identifier: Apache-2.0
"""Peers that begin well and then stall or trickle, each in its own place: threads on the loopback.

A peer is a function of a connection; it goes on for :data:`SECONDS`, long beyond every limit of a
test, or until the other side hangs up.
"""

import contextlib
import socket
import ssl
import threading
import time

import fixtures
import paramiko

SECONDS = 60.0
PACE = 0.05


def trickle(connection, data):
    """Send it over and over, a byte at a time."""
    for number in range(int(SECONDS / PACE)):
        connection.sendall(data[number % len(data) :][:1])
        time.sleep(PACE)


def wait(connection):
    """Take what comes, and say nothing."""
    connection.settimeout(SECONDS)
    while connection.recv(4096):
        pass


def heard(connection):
    """Take one request."""
    text = b""
    while b"\r\n\r\n" not in text:
        part = connection.recv(4096)
        if not part:
            raise ConnectionError
        text += part


class Server(fixtures.Fixture):
    """A port at which a peer serves everybody who comes.

    :param peer: called with each connection, in a thread of its own
    :param certificate: paths of a certificate and its key: TLS comes first
    """

    def __init__(self, peer, certificate=None):
        self.peer = peer
        self.certificate = certificate

    def _setUp(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.addCleanup(self.listener.close)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self.one, args=(connection,), daemon=True).start()

    def one(self, connection):
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException), connection:
            if self.certificate:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(*self.certificate)
                connection.settimeout(SECONDS)
                with context.wrap_socket(connection, server_side=True) as inside:
                    self.peer(inside)
                return
            self.peer(connection)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def stalls_after_the_request(connection):
    heard(connection)
    wait(connection)


def trickles_the_status_line(connection):
    heard(connection)
    trickle(connection, b"HTTP/1.1 200 OK ")


def trickles_headers(connection):
    heard(connection)
    connection.sendall(HEAD)
    trickle(connection, b"X-Pad: 1\r\n")


def stalls_after_the_headers(connection):
    heard(connection)
    connection.sendall(HEAD + b"Content-Length: 100000\r\n\r\n")
    wait(connection)


def trickles_the_body(connection):
    heard(connection)
    connection.sendall(HEAD + b"Content-Length: 100000\r\n\r\n")
    trickle(connection, b" ")


def trickles_chunks(connection):
    heard(connection)
    connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    trickle(connection, b"1\r\n \r\n")


def trickles_until_it_closes(connection):
    heard(connection)
    connection.sendall(HEAD + b"\r\n")
    trickle(connection, b" ")


def sends_one_answer_then_stalls():
    """The first request is answered as by a service root, those after it are not."""
    asked = []

    def peer(connection):
        asked.append(connection)
        heard(connection)
        if len(asked) > 1:
            wait(connection)
        body = b'{"Id": "RootService", "Systems": {"@odata.id": "/redfish/v1/Systems"}}'
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    return peer


REDFISH = {
    one.__name__: one
    for one in (
        stalls_after_the_request,
        trickles_the_status_line,
        trickles_headers,
        stalls_after_the_headers,
        trickles_the_body,
        trickles_chunks,
        trickles_until_it_closes,
    )
}


def trickles_the_greeting(connection):
    trickle(connection, b"S")


def sends_lines_before_the_greeting(connection):
    trickle(connection, b"welcome\r\n")


def greets_and_stalls(connection):
    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
    wait(connection)


def trickles_the_key_exchange(connection):
    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
    # The length of a packet that never comes to its end.
    connection.sendall(b"\x00\x00\x7f\x04\x04\x14")
    trickle(connection, b"\x01")


class NeverDecides(paramiko.ServerInterface):
    def check_auth_publickey(self, username, key):
        time.sleep(SECONDS)
        return paramiko.AUTH_FAILED

    def get_allowed_auths(self, username):
        return "publickey"


def never_decides_on_the_login(host_key):
    """An SSH server that is asked to let somebody in, and never says."""

    def peer(connection):
        transport = paramiko.Transport(connection)
        transport.add_server_key(paramiko.ECDSAKey.from_private_key_file(str(host_key)))
        transport.start_server(threading.Event(), NeverDecides())
        time.sleep(SECONDS)

    return peer
