# SPDX-License-Identifier: Apache-2.0
"""A password as the place where it can be read, never as text that lies about.

The text exists only between :meth:`Secret.reveal` and its use. There is no attribute to log, no
``repr`` to leak, nothing to pickle. May not know what the password is for.
"""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chaos import errors

# What a parent process read from variables of its environment and handed over, by variable.
_handed_over: dict[str, str] = {}

# Variables that hold passwords, of all secrets there have been in this process.
_variables: set[str] = set()

# A helper that asks somebody for a password would hang a run for ever.
COMMAND_SECONDS = 30.0


@dataclass(frozen=True)
class Secret:
    """Where a password comes from: exactly one of a file, a variable or a command.

    :ivar file: a file whose first line is the password
    :ivar env: the name of an environment variable
    :ivar command: an argument list that prints it, run without a shell
    """

    file: Path | None = None
    env: str | None = None
    command: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Note the variable, to keep it from children."""
        if self.env:
            _variables.add(self.env)

    def reveal(self, seconds: float = COMMAND_SECONDS) -> str:
        """Read the password now.

        :param seconds: how long a command may take that prints it
        :raises chaos.errors.SecretError: if it cannot be read or is empty
        """
        if self.file is not None:
            text = self._from_file(self.file)
        elif self.env is not None:
            text = variable(self.env)
        else:
            text = self._from_command(self.command or (), min(seconds, COMMAND_SECONDS))
        lines = text.splitlines()
        if not lines or not lines[0]:
            raise errors.SecretError(
                f"{self.where} holds no password", expected="one line with the password"
            )
        return lines[0]

    @property
    def where(self) -> str:
        """The source in words, fit for messages."""
        if self.file is not None:
            return f"file {self.file}"
        if self.env is not None:
            return f"environment variable {self.env}"
        return f"command {(self.command or ('(none)',))[0]}"

    def __repr__(self) -> str:
        return f"<Secret from {self.where}>"

    def __reduce__(self) -> str:
        raise TypeError("a secret is not to be pickled")

    @staticmethod
    def _from_file(path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as exc:
            raise errors.SecretError(
                f"cannot read the password from file {path}: {type(exc).__name__}",
                remedy="name an existing text file that only its owner can read",
            ) from exc

    def _from_command(self, argv: tuple[str, ...], seconds: float) -> str:
        try:
            done = subprocess.run(
                argv,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment(),
                timeout=max(0.1, seconds),
            )
            if done.returncode == 0:
                return done.stdout.decode("utf-8")
            reason = f"ended with status {done.returncode}"
        except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError) as exc:
            reason = f"gave no password: {type(exc).__name__}"
        # Raised out here, so that no exception in the chain carries what the command printed.
        raise errors.SecretError(
            f"{self.where} {reason}",
            remedy="run it by hand; it must print the password without asking",
        )


def variable(name: str) -> str:
    """Return the value of an environment variable, or what was handed over for it, or nothing."""
    return _handed_over.get(name) or os.environ.get(name, "")


def environment() -> dict[str, str]:
    """Return the environment for processes that are started: without passwords of any host."""
    return {name: value for name, value in os.environ.items() if name not in _variables}


def hand_over(passwords: Mapping[str, str]) -> None:
    """Let secrets of variables be read from `passwords` in this process.

    For a process that outlives its parent and must not have passwords in its environment.

    :param passwords: name of a variable to its value
    """
    _handed_over.update(passwords)
