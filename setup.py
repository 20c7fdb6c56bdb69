# SPDX-License-Identifier: Apache-2.0
"""Hands the build to pbr, which takes the version from git, from PBR_VERSION or from an sdist.

All else stands in pyproject.toml and setup.cfg.
"""

import configparser
import os
import subprocess

import setuptools


def git(*words: str) -> str:
    """Return what git says, or nothing: there may be no git, or no repository."""
    try:
        done = subprocess.run(["git", *words], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return "" if done.returncode else done.stdout.strip()


def shallow() -> bool:
    """Tell whether this is a clone without its history, and without a tag in what it has."""
    if not os.path.exists(".git") or git("rev-parse", "--is-shallow-repository") != "true":
        return False
    return not git("describe", "--tags")


# pbr counts the commits since the last tag; where they are not to be counted it would say 0.0.0.
if shallow():
    parser = configparser.ConfigParser()
    parser.read("setup.cfg")
    commit = git("rev-parse", "--short", "HEAD")
    os.environ.setdefault("PBR_VERSION", f"{parser['metadata']['version']}.dev0+g{commit}")

setuptools.setup(pbr=True)
