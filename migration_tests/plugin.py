# SPDX-License-Identifier: Apache-2.0
"""What Tempest loads: where the tests are and which options they have.

May not know: what the tests do.
"""

from __future__ import annotations

import os
from typing import Any

from oslo_config import cfg
from tempest.test_discover import plugins

from migration_tests import config


class MigrationChaosPlugin(plugins.TempestPlugin):
    """Tempest's entry into this package."""

    def load_tests(self) -> tuple[str, str]:
        """Return the folder with the tests and the folder their package stands in."""
        package = os.path.dirname(os.path.abspath(__file__))
        # Not the whole of tests/: the unit tests beside the scenarios need no cloud.
        return os.path.join(package, "tests", "scenario"), os.path.dirname(package)

    def register_opts(self, conf: cfg.ConfigOpts) -> None:
        """Add the group [migration_chaos] to Tempest's configuration."""
        conf.register_group(config.group)
        conf.register_opts(config.OPTIONS, config.group)

    def get_opt_lists(self) -> list[tuple[Any, list[cfg.Opt]]]:
        """Return the options for Tempest's sample configuration."""
        return [(config.group.name, config.OPTIONS)]
