# SPDX-License-Identifier: Apache-2.0
"""Sphinx's settings for the documentation; the package itself must be installed.

Commands, options, scenarios, promises and events are not described by hand: they come from the
code of the installed package.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

extensions = ["openstackdocstheme", "oslo_config.sphinxext", "cliff.sphinxext", "suite_tables"]

project = "Migration Chaos"
copyright = "the authors of Migration Chaos"
root_doc = "index"
exclude_patterns: list[str] = []
pygments_style = "native"
highlight_language = "none"

html_theme = "openstackdocs"
openstackdocs_auto_name = False
openstackdocs_auto_version = False

autoprogram_cliff_application = "migration-chaos"
autoprogram_cliff_app_dist_name = "migration-chaos-tempest-plugin"
# What every command with a table has of cliff is said once, in words.
autoprogram_cliff_ignored = [
    "--help",
    "--format",
    "--column",
    "--quote",
    "--noindent",
    "--max-width",
    "--fit-width",
    "--print-empty",
    "--sort-column",
    "--sort-ascending",
    "--sort-descending",
]
