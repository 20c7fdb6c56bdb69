# SPDX-License-Identifier: Apache-2.0
"""Logging in to a host over SSH: by a key or the SSH agent, to a host whose key is known.

Every way in which that fails is one sentence with what to do. Knows nothing of commands.
"""

import socket
from pathlib import Path

import paramiko
from paramiko.pkey import UnknownKeyType

from chaos import errors, foreign
from chaos.deadline import Deadline
from chaos.inventory import Host
from chaos.transport import connecting
from chaos.transport.connecting import ended_at

# A login is kept for minutes without a command; a firewall forgets silent connections sooner, and
# who asks next has to learn at once that the host is gone.
KEEPALIVE_SECONDS = 5
SILENCE_SECONDS = 20
# So much later than the whole login a single step of it is given up.
STEP_LATER_SECONDS = 5.0


def connect(host: Host, deadline: Deadline) -> paramiko.SSHClient:
    """Log in to a host.

    :raises chaos.errors.HostKeyRefused: if its key is not the known one
    :raises chaos.errors.ShellUnreachable: if nobody answers, or the login is refused
    """
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    try:
        with foreign.raised_as(errors.ShellUnreachable, f"logging in to {host.name}"):
            _connect(client, host, deadline)
            _keep_alive(client)
    except BaseException:
        client.close()
        raise
    return client


def _keep_alive(client: paramiko.SSHClient) -> None:
    """Let the kernel end the connection once nothing of it has been acknowledged for a while."""
    transport = client.get_transport()
    if transport is None:
        return
    transport.set_keepalive(KEEPALIVE_SECONDS)
    if isinstance(transport.sock, socket.socket):
        option = socket.TCP_USER_TIMEOUT
        transport.sock.setsockopt(socket.IPPROTO_TCP, option, SILENCE_SECONDS * 1000)


def _connect(client: paramiko.SSHClient, host: Host, deadline: Deadline) -> None:
    ssh = host.ssh
    address = f"[{ssh.address}]" if ":" in ssh.address else ssh.address
    place = f"{host.name} ({ssh.user}@{address}:{ssh.port})"
    # One limit for all of it: each of these would be one for its own step, for each key anew.
    seconds = deadline.remaining() + STEP_LATER_SECONDS
    with foreign.raised_as(errors.ShellUnreachable, str(ssh.known_hosts_file)):
        try:
            client.load_system_host_keys(str(ssh.known_hosts_file))
        except OSError as exc:
            raise errors.ShellUnreachable(
                f"{ssh.known_hosts_file} cannot be read: {exc.strerror}"
            ) from exc
    key = _key(ssh.key_file) if ssh.key_file else None
    try:
        with ended_at(deadline, lambda: _hang_up(client)):
            client.connect(
                ssh.address,
                sock=connecting.connect(ssh.address, ssh.port, deadline),
                port=ssh.port,
                username=ssh.user,
                pkey=key,
                allow_agent=ssh.key_file is None,
                look_for_keys=False,
                timeout=seconds,
                banner_timeout=seconds,
                auth_timeout=seconds,
            )
    except paramiko.BadHostKeyException as exc:
        raise errors.HostKeyRefused(
            f"{place} shows another host key than {ssh.known_hosts_file} lists",
            remedy="find out why it changed before you replace the line",
        ) from exc
    except paramiko.AuthenticationException as exc:
        if deadline.expired:
            raise _stalled(place, client) from exc
        raise errors.ShellUnreachable(
            f"{place} refuses the login",
            remedy="check user and key_file, or what the SSH agent holds (ssh-add -l)",
        ) from exc
    except (OSError, paramiko.SSHException, EOFError) as exc:
        if deadline.expired:
            raise _stalled(place, client) from exc
        said = str(exc)
        if "not found in known_hosts" in said:
            raise errors.HostKeyRefused(
                f"{place} has no key in {ssh.known_hosts_file}",
                remedy="add its key after checking it (ssh-keyscan prints one)",
            ) from exc
        if "No authentication methods" in said:
            raise errors.ShellUnreachable(
                f"{place} cannot be logged in to: no SSH agent answers, or it holds no key",
                remedy="set key_file, or let SSH_AUTH_SOCK name an agent that holds a key",
            ) from exc
        raise errors.ShellUnreachable(
            f"{place} cannot be logged in to: {said or type(exc).__name__}",
            remedy="check address and port, and that the host is up",
        ) from exc


def _hang_up(client: paramiko.SSHClient) -> None:
    """End the connection under a login that takes too long; its step then fails."""
    transport = client.get_transport()
    if transport is not None:
        transport.close()


def _stalled(place: str, client: paramiko.SSHClient) -> errors.ShellUnreachable:
    """Return the error of a login that took too long, with the step that it came to."""
    transport = client.get_transport()
    if transport is None:
        said, remedy = "nobody answers", "check address and port, and that the host is up"
    else:
        if not transport.remote_version:
            step = "its greeting"
        elif not transport.initial_kex_done:
            step = "the key exchange"
        else:
            step = "the authentication"
        said = f"its SSH server did not come to the end of {step} in time"
        remedy = "look at the load and the logs of the host, and for a firewall that drops packets"
    return errors.ShellUnreachable(f"{place} cannot be logged in to: {said}", remedy=remedy)


def _key(path: Path) -> paramiko.PKey:
    """Load a private key of whatever type.

    :raises chaos.errors.ShellUnreachable: if it is none, or is locked by a passphrase
    """
    try:
        return paramiko.PKey.from_path(path)
    except OSError as exc:
        raise errors.ShellUnreachable(f"key file {path}: {exc.strerror}") from exc
    except (paramiko.SSHException, UnknownKeyType, TypeError, ValueError) as exc:
        raise errors.ShellUnreachable(
            f"key file {path} cannot be used ({type(exc).__name__})",
            expected="a private key without a passphrase",
            remedy="load a key with a passphrase into the SSH agent and leave out key_file",
        ) from exc
