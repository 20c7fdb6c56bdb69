# SPDX-License-Identifier: Apache-2.0
"""What happens inside servers: records are written and read back over SSH.

A record is a number in a file of the guest's own disk; it counts as acknowledged once the guest
has said that it is synced. Knows nothing of the cloud.
"""

import contextlib
import dataclasses
import socket
import threading
import time
from pathlib import Path

import paramiko

USER = "root"
RECORDS = "/root/soak-records"

_CONNECT_SECONDS = 8
# Twelve guests that log us in at once share the machine's processors, and each try that is given
# up has cost them as much as one that is waited for.
_LOGIN_SECONDS = 30
_ERRORS = (OSError, EOFError, paramiko.SSHException, socket.timeout)


class GuestError(Exception):
    """A guest does not answer or has lost something; the message says which and what."""


@dataclasses.dataclass
class Guest:
    """A server seen from inside.

    :param written: the last record that was acknowledged; 0 for none.
    """

    name: str
    address: str
    key_file: Path
    written: int = 0

    def __post_init__(self) -> None:
        self._client: paramiko.SSHClient | None = None

    def close(self) -> None:
        """Forget the connection."""
        if self._client:
            with contextlib.suppress(*_ERRORS):
                self._client.close()
        self._client = None

    def _run(self, command: str, seconds: float, login: float = _LOGIN_SECONDS) -> str:
        if self._client is None:
            client = paramiko.SSHClient()
            # Every guest makes its host key anew; the network is the lab's own.
            client.set_missing_host_key_policy(paramiko.AutoAddPolicy())  # noqa: S507
            self._client = client
            client.connect(
                self.address,
                username=USER,
                key_filename=str(self.key_file),
                timeout=_CONNECT_SECONDS,
                banner_timeout=_CONNECT_SECONDS,
                auth_timeout=login,
                allow_agent=False,
                look_for_keys=False,
            )
        # paramiko waits for some answers for ever, and a guest whose host is off sends none.
        limit = threading.Timer(seconds, self._client.close)
        limit.daemon = True
        limit.start()
        try:
            _, stdout, stderr = self._client.exec_command(command, timeout=seconds)
            text = stdout.read().decode()
            status = stdout.channel.recv_exit_status()
            if status < 0:
                raise EOFError("the connection was lost")
            if status:
                raise GuestError(f"{self.name}: {command!r} failed: {stderr.read().decode()}")
            return text
        finally:
            limit.cancel()

    def run(self, command: str, deadline: float) -> str:
        """Run a command, however often it takes until the guest answers.

        :param deadline: point of the monotonic clock.
        :raises GuestError: no answer by then, or the command failed.
        """
        while True:
            try:
                left = deadline - time.monotonic()
                return self._run(command, 20, login=min(_LOGIN_SECONDS, max(1, left)))
            except _ERRORS as error:
                self.close()
                if time.monotonic() > deadline:
                    raise GuestError(
                        f"{self.name} ({self.address}) does not answer over SSH: "
                        f"{type(error).__name__} {error}"
                    ) from error
                time.sleep(0.5)

    def write(self, deadline: float) -> None:
        """Write one more record."""
        number = self.written + 1
        self.run(f"echo {number} >> {RECORDS} && sync", deadline)
        self.written = number

    def write_until(self, stop: threading.Event) -> None:
        """Write record after record until `stop` is set, or until the guest is dead."""
        while not stop.is_set():
            number = self.written + 1
            try:
                self._run(f"echo {number} >> {RECORDS} && sync", 4)
            except (*_ERRORS, GuestError):
                self.close()
                return
            self.written = number
            stop.wait(0.2)

    def check(self, deadline: float) -> None:
        """See that every acknowledged record is there.

        :raises GuestError: one is not.
        """
        text = self.run(f"cat {RECORDS} 2>/dev/null || true", deadline)
        # The last line may be half written: it was not acknowledged.
        found = {int(line) for line in text.splitlines() if line.isdigit()}
        lost = [number for number in range(1, self.written + 1) if number not in found]
        if lost:
            raise GuestError(
                f"{self.name} lost {len(lost)} of {self.written} acknowledged records: "
                f"{lost[:5]}..."
            )

    def forget(self, deadline: float) -> None:
        """See that the disk is the image's again, as after the evacuation of a local disk.

        :raises GuestError: records of the dead disk are there.
        """
        text = self.run(f"cat {RECORDS} 2>/dev/null || true", deadline)
        if text:
            raise GuestError(f"{self.name} has records on a disk that should be new: {text[:50]}")
        self.written = 0
