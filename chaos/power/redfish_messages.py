# SPDX-License-Identifier: Apache-2.0
"""What a Redfish service says when it does not do as asked: not now, and when; or not, and why.

Pure functions of what was answered; no connection, no system. A BMC may put anything anywhere, so
nothing here relies on a type.
"""

import email.utils
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

# Of a BMC that is busy and does not say for how long (OpenBMC: xcat2/xcat-core#4264).
PACE_SECONDS = 1.0
# It is asked again no sooner, whatever it says.
LEAST_SECONDS = 0.2

_BUSY = frozenset({429, 503})
# The message that says for how many seconds; an iDRAC sends it without the header
# (ironcore-dev/metal-operator#170).
_UNAVAILABLE = "ServiceTemporarilyUnavailable"


def asked_to_wait(status: int, retry_after: str | None, content: bytes) -> float | None:
    """Return the seconds after which a service wants to be asked again, or None if it does not.

    :param retry_after: the header of that name: seconds, or a date
    """
    if status not in _BUSY:
        return None
    seconds = _seconds(retry_after or "")
    for one in messages(content):
        if seconds is None and str(one.get("MessageId", "")).endswith(f".{_UNAVAILABLE}"):
            arguments = one.get("MessageArgs")
            if isinstance(arguments, list) and arguments:
                seconds = _seconds(str(arguments[0]))
    return max(LEAST_SECONDS, PACE_SECONDS if seconds is None else seconds)


def _seconds(text: str) -> float | None:
    if text.isascii() and text.strip().isdigit():
        return float(text)
    try:
        due = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    if due.tzinfo is None:
        due = due.replace(tzinfo=UTC)
    return (due - datetime.now(UTC)).total_seconds()


def messages(content: bytes) -> Iterator[Mapping[str, Any]]:
    """Yield the messages of an answer's body: an error's, a task's, or remarks on a success."""
    try:
        body = json.loads(content)
    except ValueError:
        return
    yield from _messages(body)


def _messages(body: Any) -> Iterator[Mapping[str, Any]]:
    if not isinstance(body, Mapping):
        return
    for key in ("@Message.ExtendedInfo", "Messages"):
        listed = body.get(key)
        # Older firmware has one where a list belongs.
        for one in listed if isinstance(listed, list) else [listed]:
            if isinstance(one, Mapping):
                yield one
    yield from _messages(body.get("error"))


def said(content: bytes) -> str:
    """Return the service's own words, each message with its code; "" if it has none."""
    found: list[str] = []
    for one in messages(content):
        # An iLO 4 writes it with a big D, and may leave it at the arguments.
        code = str(one.get("MessageId") or one.get("MessageID") or "")
        text = str(one.get("Message") or _arguments(one))
        words = f"{text} ({code})" if text and code else text or code
        if words and words not in found:
            found.append(words)
    return " ".join(" ".join(found or _of_the_error(content)).split())


def _arguments(one: Mapping[str, Any]) -> str:
    listed = one.get("MessageArgs")
    return ", ".join(map(str, listed)) if isinstance(listed, list) else ""


def resolution(content: bytes) -> str:
    """Return what the service itself says is to be done; "" if it says nothing of use."""
    for one in messages(content):
        text = " ".join(str(one.get("Resolution") or "").split())
        if text and text.lower().rstrip(".") != "none":
            return text
    return ""


def _of_the_error(content: bytes) -> list[str]:
    """Return what the error itself says: of use where it has no messages below it."""
    try:
        body = json.loads(content)
    except ValueError:
        return []
    error = body.get("error") if isinstance(body, Mapping) else None
    if not isinstance(error, Mapping):
        return []
    return [f"{error.get('message') or ''} ({error.get('code') or 'no code'})".strip()]
