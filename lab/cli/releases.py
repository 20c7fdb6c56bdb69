# SPDX-License-Identifier: Apache-2.0
"""``migration-chaos lab release list``."""

import argparse

from cliff.lister import Lister

from lab.model.choices import Choices, releases


class ReleaseList(Lister):
    """Show the releases of OpenStack that a lab can have, the newest first."""

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[tuple[str, str], list[tuple[str, bool]]]:
        """Return the table."""
        usual = Choices().release
        return ("Release", "Default"), [(release, release == usual) for release in releases()]
