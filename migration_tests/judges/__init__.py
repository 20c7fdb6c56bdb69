# SPDX-License-Identifier: Apache-2.0
"""The judges: each asks one question of the record. Pure functions, no client, no clock.

To add one, write it in the file of its subject: it registers itself with what it applies to. All
modules of this package are imported here, so that no list names them. May not know: the cloud,
Tempest, the way the record was made.
"""

from __future__ import annotations

import importlib
import pkgutil

from migration_tests.judges.engine import judge
from migration_tests.judges.registry import applying, by_group, named, registered

__all__ = ["applying", "by_group", "judge", "named", "registered"]

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
