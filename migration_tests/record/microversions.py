# SPDX-License-Identifier: Apache-2.0
"""Compares the versions of an API. May not know: which API."""

from __future__ import annotations


def version(text: str) -> tuple[int, int]:
    """Return a microversion as numbers: 2.100 is newer than 2.95.

    :raises ValueError: when the text is no microversion
    """
    major, _, minor = text.partition(".")
    return int(major), int(minor)
