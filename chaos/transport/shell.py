# SPDX-License-Identifier: Apache-2.0
"""Commands on a host over SSH, given as argument lists, under one deadline.

The host's key must be in the known hosts file. Knows how to log in and how to quote; may not know
what the commands are for.
"""

import select
import shlex
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import paramiko

from chaos import errors, foreign
from chaos.deadline import Deadline
from chaos.inventory import Host
from chaos.transport import login
from chaos.transport.connecting import ended_at

# A login takes well under a second; a host that takes longer than this is not to be waited for.
CONNECT_SECONDS = 15.0
# So long after its deadline a command that could not be given up ends with its whole connection.
HANG_UP_SECONDS = 0.5

SUDO = ("sudo", "-n")

# What sudo (or the shell in its place) says when it does not run the command, with its status; a
# command that it does not find has its status too.
_NO_SUDO = (
    (1, "a password is required"),
    (1, "is not allowed to execute"),
    (1, "not in the sudoers"),
    (1, "must have a tty"),
    (127, "sudo: "),
)


@dataclass(frozen=True)
class CommandResult:
    """What came of a command on a host.

    :ivar argv: the argument list as given
    :ivar exit_status: as the remote side reported it
    :ivar stdout: decoded as UTF-8, undecodable bytes replaced
    """

    argv: tuple[str, ...]
    exit_status: int
    stdout: str
    stderr: str


def start_command(channel: paramiko.Channel, line: bytes, deadline: Deadline) -> None:
    """Ask for a command on an open channel, and wait until the other side has begun it.

    paramiko alone waits for the answer for ever, and a host without power sends none.

    :raises paramiko.SSHException: if it is refused, or not answered in time; the channel is closed
    """
    with ended_at(deadline, channel.close, 0.1):
        channel.exec_command(line)


class HostShell:
    """A login on a host, opened at the first command and kept until :meth:`close`.

    Safe to use from several threads. After a lost connection the next command opens a new one.

    :param host: whom to log in to
    """

    def __init__(self, host: Host) -> None:
        self.host = host
        self._client: paramiko.SSHClient | None = None
        self._lock = threading.Lock()
        self._connecting = threading.Lock()

    def __enter__(self) -> "HostShell":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Log out; harmless if there is no connection."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def run(
        self, argv: Sequence[str], deadline: Deadline, *, input: bytes | None = None
    ) -> CommandResult:
        """Run a command and wait for its end, whatever its exit status.

        :param argv: the argument list; nothing in it is ever read by a shell as more than a word
        :param input: fed to its standard input, which is then closed
        :raises chaos.errors.HostKeyRefused: if the host's key is not the known one
        :raises chaos.errors.ShellUnreachable: if no session could be opened
        :raises chaos.errors.ShellError: if sudo does not let it run, or a signal ended it
        :raises chaos.errors.ConnectionLost: if it broke off before an exit status came
        :raises chaos.errors.DeadlineExpired: if the command did not end in time
        """
        with foreign.raised_as(errors.ShellError, f"{shlex.join(argv)} on {self.host.name}"):
            done = self._run(argv, deadline, input)
        self._refuse_without_sudo(done)
        return done

    def _run(
        self, argv: Sequence[str], deadline: Deadline, given: bytes | None
    ) -> CommandResult:
        channel = self._open_channel(deadline)
        # Nothing below has a limit for the whole: a peer that takes a byte now and then, or none
        # in the middle of a new key exchange, would be waited for.
        with ended_at(deadline, self.close, HANG_UP_SECONDS):
            try:
                channel.settimeout(max(0.1, deadline.remaining()))
                self._request(channel, argv, deadline)
                if given is not None:
                    channel.sendall(given)
                channel.shutdown_write()
                return self._collect(channel, tuple(argv), deadline)
            except (paramiko.SSHException, EOFError, OSError) as exc:
                self.close()
                deadline.check(f"waiting for {shlex.join(argv)} on {self.host.name}")
                raise self._lost(argv, exc) from exc
            finally:
                channel.close()

    def stream(self, argv: Sequence[str], deadline: Deadline) -> paramiko.Channel:
        """Start a command that goes on, and return what carries its input and output.

        :raises chaos.errors.ShellUnreachable: if no session could be opened
        :raises chaos.errors.ConnectionLost: if the host did not answer that it begins
        :raises chaos.errors.DeadlineExpired: if it did not in time
        """
        with foreign.raised_as(errors.ShellError, f"{shlex.join(argv)} on {self.host.name}"):
            channel = self._open_channel(deadline)
            try:
                self._request(channel, argv, deadline)
            except (paramiko.SSHException, EOFError, OSError) as exc:
                self.close()
                raise self._lost(argv, exc) from exc
            return channel

    def check(
        self, argv: Sequence[str], deadline: Deadline, *, input: bytes | None = None
    ) -> CommandResult:
        """Run a command that has to succeed.

        :raises chaos.errors.ShellError: if its exit status is not 0, and as :meth:`run`
        """
        done = self.run(argv, deadline, input=input)
        if done.exit_status != 0:
            said = (done.stderr.strip() or done.stdout.strip())[-500:]
            raise errors.ShellError(
                f"{shlex.join(argv)} on {self.host.name} ended with status {done.exit_status}"
                + (f" and said: {said}" if said else ""),
                expected="exit status 0",
            )
        return done

    def _request(
        self, channel: paramiko.Channel, argv: Sequence[str], deadline: Deadline
    ) -> None:
        try:
            start_command(channel, self._line(argv), deadline.within(CONNECT_SECONDS))
        except paramiko.SSHException:
            deadline.check(f"waiting for {self.host.name} to begin {shlex.join(argv)}")
            raise

    def _line(self, argv: Sequence[str]) -> bytes:
        words = [*SUDO, "--", *argv] if self.host.ssh.sudo else argv
        return shlex.join(words).encode()

    def _refuse_without_sudo(self, done: CommandResult) -> None:
        """Tell a command that sudo did not let run from one that failed."""
        if not self.host.ssh.sudo or not any(
            done.exit_status == status and words in done.stderr for status, words in _NO_SUDO
        ):
            return
        ssh = self.host.ssh
        raise errors.ShellError(
            f"the login {ssh.user} on {self.host.name} may not use sudo: "
            f"{done.stderr.strip().splitlines()[-1]}",
            expected="sudo -n that runs any command without a password",
            remedy=f"give {ssh.user} a NOPASSWD rule there, or set ssh.user to root",
        )

    def _lost(self, argv: Sequence[str], exc: BaseException) -> errors.ConnectionLost:
        return errors.ConnectionLost(
            f"the connection to {self.host.name} broke off during {shlex.join(argv)} "
            f"({type(exc).__name__})",
            expected="an exit status",
        )

    def _collect(
        self, channel: paramiko.Channel, argv: tuple[str, ...], deadline: Deadline
    ) -> CommandResult:
        out, err = bytearray(), bytearray()
        # Both streams must be drained together: a full window on one would stop the command.
        poller = select.poll()
        poller.register(channel.fileno(), select.POLLIN)
        while True:
            drained = False
            if channel.recv_ready():
                out += channel.recv(65536)
                drained = True
            if channel.recv_stderr_ready():
                err += channel.recv_stderr(65536)
                drained = True
            if drained:
                # A command that never stops talking is given up too.
                deadline.check(f"waiting for {shlex.join(argv)} on {self.host.name}")
                continue
            if channel.eof_received and channel.exit_status_ready():
                break
            if channel.closed:
                # Data may have come in between the last look and the close.
                if channel.recv_ready() or channel.recv_stderr_ready():
                    continue
                break
            deadline.check(f"waiting for {shlex.join(argv)} on {self.host.name}")
            # The end of the streams makes the channel readable for good, so the rare gap between
            # it and the exit status is slept through in small steps.
            if channel.eof_received:
                channel.status_event.wait(min(0.05, deadline.remaining()))
            else:
                poller.poll(min(1.0, deadline.remaining()) * 1000)
        # paramiko says -1 where the other side closed without a status: killed, or gone.
        status = channel.recv_exit_status() if channel.exit_status_ready() else -1
        if status == -1:
            transport = channel.get_transport()
            if transport is not None and transport.is_active():
                raise errors.ShellError(
                    f"{shlex.join(argv)} on {self.host.name} was ended by a signal",
                    expected="an exit status",
                )
            self.close()
            raise self._lost(argv, EOFError())
        return CommandResult(
            argv, status, out.decode(errors="replace"), err.decode(errors="replace")
        )

    def _open_channel(self, deadline: Deadline) -> paramiko.Channel:
        """Open a channel, over a new connection if the kept one has gone stale."""
        deadline.check(f"logging in to {self.host.name}")
        with self._lock:
            kept = self._client
        if kept is not None:
            channel = self._channel(kept, deadline.within(CONNECT_SECONDS))
            if channel is not None:
                return channel
        client = self._reconnect(kept, deadline)
        channel = self._channel(client, deadline.within(CONNECT_SECONDS))
        if channel is None:
            raise errors.ShellUnreachable(
                f"{self.host.name} took the login but opens no session",
                remedy="look at MaxSessions and the logs of its SSH server",
            )
        return channel

    def _reconnect(
        self, stale: paramiko.SSHClient | None, deadline: Deadline
    ) -> paramiko.SSHClient:
        """Return a connection other than the stale one: another thread's, or a new one."""
        # Of two threads that come at once, the second would close what the first has opened.
        with self._connecting:
            with self._lock:
                kept = self._client
            if kept is not None and kept is not stale:
                return kept
            self.close()
            client = login.connect(self.host, deadline.within(CONNECT_SECONDS))
            with self._lock:
                self._client = client
            return client

    @staticmethod
    def _channel(client: paramiko.SSHClient, deadline: Deadline) -> paramiko.Channel | None:
        transport = client.get_transport()
        if transport is None or not transport.is_active():
            return None
        try:
            return transport.open_session(timeout=max(0.1, deadline.remaining()))
        except (paramiko.SSHException, EOFError, OSError):
            return None
