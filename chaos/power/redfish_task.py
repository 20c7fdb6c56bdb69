# SPDX-License-Identifier: Apache-2.0
"""The task that a Redfish service makes of an action: where it is, and how it ended.

A service may answer "accepted" and carry an action out later, or fail to. Where the task is stands
in the body of the answer, or in its header Location (DSP0266, "Asynchronous operations"). Pure
functions of what was answered.
"""

import json
from collections.abc import Mapping
from typing import Any

from chaos.power.redfish_messages import said

# How a task ends that has not done it; Killed is what older firmware says for Cancelled.
_GO_ON = frozenset({"New", "Starting", "Running", "Pending", "Stopping", "Service"})
_FAILED = frozenset({"Exception", "Killed", "Cancelled"})


def task_of(location: str | None, content: bytes) -> str:
    """Return where the task of an action is to be asked for; "" if there is none.

    :param location: the header of that name in the answer to the action
    """
    body = _body(content)
    if "TaskState" in body and isinstance(body.get("@odata.id"), str):
        return str(body["@odata.id"])
    return location or ""


def why_failed(status: int, content: bytes) -> str:
    """Return how a task ended that did not do it; "" if it did, or goes on.

    :param status: of the answer to the question for it, or to the action itself
    """
    body = _body(content)
    state = str(body.get("TaskState", ""))
    health = str(body.get("TaskStatus", ""))
    if state in _FAILED or (state == "Completed" and health == "Critical"):
        words = said(content)
        about = f"{state}, {health}" if health else state
        return f"it ended in {about}" + (f": {words}" if words else "")
    # What is asked for may be the task's monitor: it answers as the action itself would have.
    if status >= 400 and status != 404:
        return f"it ended in HTTP {status}: {said(content) or 'no reason is given'}"
    return ""


def goes_on(status: int, content: bytes) -> bool:
    """Tell whether a task is not over yet.

    :param status: of the answer to the question for it
    """
    state = _body(content).get("TaskState")
    return status == 202 or state in _GO_ON


def _body(content: bytes) -> Mapping[str, Any]:
    try:
        body = json.loads(content)
    except ValueError:
        return {}
    return body if isinstance(body, Mapping) else {}
