# SPDX-License-Identifier: Apache-2.0
"""Sphinx's settings for the release notes."""

extensions = ["openstackdocstheme", "reno.sphinxext"]

project = "Migration Chaos Release Notes"
copyright = "the authors of Migration Chaos"
root_doc = "index"
exclude_patterns: list[str] = []

html_theme = "openstackdocs"
openstackdocs_auto_name = False
openstackdocs_auto_version = False
