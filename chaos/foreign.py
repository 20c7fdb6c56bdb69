# SPDX-License-Identifier: Apache-2.0
"""Errors that nobody foresaw: of a library, of Python, of a mistake in here.

What is asked of one host must not end what is done for the others. So at the edge of every driver,
login, witness and table an error that is not of :mod:`chaos.errors` becomes one that is, and says
its type, its message and where it came from. Knows nothing of what was being done.
"""

import contextlib
import traceback
from collections.abc import Iterator

from chaos import errors

# Long enough for what libraries say, short enough for one row of a table.
MESSAGE_LENGTH = 200
REMEDY = "this was not foreseen: report it, with the traceback that --debug prints"

_OWN = "chaos."
_TESTS = "chaos.tests."

# Whoever raises these wants the process or the generator to end, whatever is being done.
_ENDS = (KeyboardInterrupt, SystemExit, GeneratorExit)


def described(exc: BaseException) -> str:
    """Say of an error its type, its message and where it was raised, in one line.

    Modules are named and not files: where they are installed is nobody's business.
    """
    message = " ".join(str(exc).split())[:MESSAGE_LENGTH]
    where = _where(exc)
    return f"unexpected {type(exc).__name__}" + (f": {message}" if message else "") + where


def _where(exc: BaseException) -> str:
    frames = [
        (str(frame.f_globals.get("__name__", "?")), line)
        for frame, line in traceback.walk_tb(exc.__traceback__)
    ]
    if not frames:
        return ""
    own = [one for one in frames if one[0].startswith(_OWN) and not one[0].startswith(_TESTS)]
    last = frames[-1]
    words = f"{last[0]} line {last[1]}"
    if own and own[-1] != last:
        words += f", from {own[-1][0]} line {own[-1][1]}"
    return f" (in {words})"


@contextlib.contextmanager
def raised_as(
    error: type[errors.ChaosError], doing: str, *, ends_too: bool = False
) -> Iterator[None]:
    """Let an error that is not of this library leave as one that is.

    Not only those of :class:`Exception`: a library written in Rust raises a panic beside it.

    :param error: what it becomes; called as :class:`chaos.errors.ChaosError` is
    :param doing: whom or what it was about, for the message
    :param ends_too: whether a request to end (``SystemExit`` and the like) is one of them: where
        no such request can come, in a thread of its own
    """
    try:
        yield
    except errors.ChaosError:
        raise
    except BaseException as exc:
        if isinstance(exc, _ENDS) and not ends_too:
            raise
        raise error(f"{doing}: {described(exc)}", remedy=REMEDY) from exc
