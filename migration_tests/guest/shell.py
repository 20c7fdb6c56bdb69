# SPDX-License-Identifier: Apache-2.0
"""A login in a server: waits for it, runs scripts, keeps a channel open for a stream.

The server is fresh, so its host key is not known before; it is taken as it comes. May not know:
what the scripts do and what a server is called in the cloud.
"""

from __future__ import annotations

import contextlib
import io
import shlex
import threading
from dataclasses import dataclass

import paramiko

from chaos.deadline import Deadline
from chaos.transport.shell import start_command

CONNECT_SECONDS = 15.0
KEEPALIVE_SECONDS = 5


class GuestError(Exception):
    """A server could not be talked to; says at which address and what happened."""


class GuestUnreachableError(GuestError):
    """No login succeeded before the deadline."""


class GuestCommandError(GuestError):
    """A script ended with a status that it must not end with."""


class _TakeAnyKey(paramiko.MissingHostKeyPolicy):
    """Takes the key of a server that was made a moment ago and is known to nobody yet."""

    def missing_host_key(
        self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey
    ) -> None:
        return


@dataclass(frozen=True)
class Login:
    """How to get into the servers of a scenario.

    :ivar user: login name of the image
    :ivar key: the private key
    """

    user: str
    key: paramiko.PKey

    @classmethod
    def from_text(cls, user: str, private_key: str) -> Login:
        """Return the login with the private key that Tempest has made.

        :raises GuestError: when the text is no key of a kind that Tempest makes
        """
        for kind in (paramiko.ECDSAKey, paramiko.RSAKey, paramiko.Ed25519Key):
            with contextlib.suppress(paramiko.SSHException, ValueError):
                return cls(user, kind.from_private_key(io.StringIO(private_key)))
        raise GuestError("the key pair's private key is neither ECDSA nor RSA nor Ed25519")


@dataclass(frozen=True)
class Finished:
    """A script that ended by itself."""

    status: int
    output: str


class GuestShell:
    """One connection to one server. Safe to close from another thread.

    :param address: where it answers
    :param login: user and key
    """

    def __init__(self, address: str, login: Login) -> None:
        self.address = address
        self.login = login
        self._client: paramiko.SSHClient | None = None
        self._closing = threading.Lock()

    def connect(self, deadline: Deadline, pause: float = 1.0) -> None:
        """Log in, trying again until it works.

        :raises GuestUnreachableError: with the last attempt's failure, when the time is up
        """
        last: Exception | None = None
        for _ in deadline.ticks(pause):
            try:
                self._connect_once(deadline.within(CONNECT_SECONDS))
                return
            except (paramiko.SSHException, OSError, EOFError) as error:
                last = error
        raise GuestUnreachableError(
            f"{self.login.user}@{self.address} does not let us in: {type(last).__name__}: {last}"
        ) from last

    def _connect_once(self, deadline: Deadline) -> None:
        self.close()
        client = paramiko.SSHClient()
        client.set_missing_host_key_policy(_TakeAnyKey())
        seconds = max(1.0, deadline.remaining())
        try:
            client.connect(
                self.address,
                username=self.login.user,
                pkey=self.login.key,
                allow_agent=False,
                look_for_keys=False,
                timeout=seconds,
                banner_timeout=seconds,
                auth_timeout=seconds,
            )
            transport = client.get_transport()
            if transport is None:
                raise paramiko.SSHException("the connection was gone at once")
            transport.set_keepalive(KEEPALIVE_SECONDS)
        except BaseException:
            client.close()
            raise
        with self._closing:
            self._client = client

    def open(self, script: str, deadline: Deadline) -> paramiko.Channel:
        """Start a script and return its channel, to be read as a stream.

        :raises GuestError: when there is no connection or the server opens no session
        """
        client = self._client
        transport = client.get_transport() if client else None
        if transport is None or not transport.is_active():
            raise GuestError(f"there is no connection to {self.address}")
        try:
            channel = transport.open_session(timeout=max(1.0, deadline.remaining()))
            channel.settimeout(max(1.0, deadline.remaining()))
            start_command(channel, f"sh -c {shlex.quote(script)}".encode(), deadline)
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise GuestError(f"{self.address} runs no script: {error}") from error
        return channel

    def run(self, script: str, deadline: Deadline) -> Finished:
        """Run a script to its end and return its standard output; its error output is lost.

        :raises GuestError: when the connection breaks or the time is up
        """
        channel = self.open(f"exec 2>/dev/null\n{script}", deadline)
        output = bytearray()
        try:
            while True:
                if deadline.expired:
                    raise GuestError(f"no time was left for a script on {self.address}")
                channel.settimeout(max(0.1, deadline.remaining()))
                data = channel.recv(65536)
                if not data:
                    break
                output += data
            if not channel.status_event.wait(max(0.1, deadline.remaining())):
                raise GuestError(f"a script on {self.address} told no exit status")
            if channel.exit_status < 0:
                raise GuestError(f"the connection to {self.address} broke off during a script")
            return Finished(channel.exit_status, output.decode(errors="replace"))
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise GuestError(
                f"a script on {self.address} did not end: {type(error).__name__}: {error}"
            ) from error
        finally:
            channel.close()

    def check(self, script: str, deadline: Deadline) -> str:
        """Run a script that has to end with status 0 and return its output.

        :raises GuestCommandError: when it ends with another one; else as `run`
        """
        done = self.run(script, deadline)
        if done.status != 0:
            raise GuestCommandError(
                f"a script on {self.address} ended with status {done.status}: "
                f"{done.output.strip()[-300:] or 'it said nothing'}"
            )
        return done.output

    def close(self) -> None:
        """Log out; harmless without a connection, and with a server that is long dead."""
        with self._closing:
            client, self._client = self._client, None
        if client is not None:
            client.close()
