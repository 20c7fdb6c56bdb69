# SPDX-License-Identifier: Apache-2.0
"""Reads the time stamps that Nova, Neutron and Cinder give. May not know: what they stamp."""

from __future__ import annotations

import datetime


def parse(text: str) -> datetime.datetime:
    """Return a cloud's time stamp as a time in UTC; Nova writes it without a zone.

    :raises ValueError: when it is no ISO 8601 time
    """
    stamp = datetime.datetime.fromisoformat(text)
    return stamp.replace(tzinfo=datetime.UTC) if stamp.tzinfo is None else stamp
