# SPDX-License-Identifier: Apache-2.0
"""What the cloud promises of a moved server: one readable table, and how it is looked up.

May not know: scenarios, steps, judges.
"""

from migration_tests.promises.lookup import NoPromiseError, expectation
from migration_tests.promises.table import ROWS, Row

__all__ = ["ROWS", "NoPromiseError", "Row", "expectation"]
