# SPDX-License-Identifier: Apache-2.0
"""Looks up what is promised of one server in one move. May not know: which promises there are."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from migration_tests.promises.table import ANY, ROWS, Row
from migration_tests.record.events import Expectation
from migration_tests.record.microversions import version


class NoPromiseError(LookupError):
    """The table has no row for such a move: a scenario asks for what nobody promises."""


def expectation(
    move: str,
    storage: str,
    state: str,
    api: str,
    departures: Mapping[str, str] | None = None,
    *,
    decision: str = "",
    rows: Sequence[Row] = ROWS,
) -> Expectation:
    """Return what must become of a server.

    :param move: one of ``words.MOVES``
    :param api: the compute API version that is used
    :param departures: fields in which the scenario departs from the table
    :param decision: what is decided about the move once it waits for it, CONFIRM or REVERT
    :raises NoPromiseError: when no row fits, or a departure names no field of an expectation
    """
    for row in rows:
        if (
            row.move == move
            and row.storage in (storage, ANY)
            and row.state == state
            and row.decision == decision
            and version(api) >= version(row.since)
        ):
            found = Expectation(
                move=row.move,
                end=row.end,
                data=row.data,
                memory=row.memory,
                place=row.place,
                decision=row.decision,
                flavor=row.flavor,
                gap_limit=row.gap_limit,
                refused=row.refused,
            )
            try:
                return dataclasses.replace(found, **(departures or {}))
            except TypeError as error:
                raise NoPromiseError(
                    f"a scenario departs from the table in what it does not say: {error}"
                ) from error
    raise NoPromiseError(
        f"the table of promises has no row for {move}{f' and {decision}' if decision else ''} of "
        f"a server on {storage} storage that is {state}, at compute API {api}"
    )
