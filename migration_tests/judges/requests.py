# SPDX-License-Identifier: Apache-2.0
"""What an answer to a request must look like. May not know: what was asked for."""

from __future__ import annotations

from migration_tests.record.events import MoveRequested, RequestMade


def contradiction(request: MoveRequested | RequestMade) -> str:
    """Return why an accepted request cannot have been accepted, or nothing."""
    status = request.http_status
    if status is not None and not 200 <= status < 300:
        return f"it was accepted with HTTP {status}"
    if request.error:
        return f"it was accepted, and refused in these words: {request.error}"
    return ""
