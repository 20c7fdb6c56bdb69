# SPDX-License-Identifier: Apache-2.0
"""The words of the project are the field's: none that it once made up for itself comes back."""

from __future__ import annotations

import re
import unittest
from pathlib import Path

TOP = Path(__file__).resolve().parents[3]
WHERE = (
    *("chaos", "lab", "migration_tests", "tools", "doc/source", "etc", "playbooks", "zuul.d"),
    *("README.rst", "CONTRIBUTING.rst", "pyproject.toml", "run", ".ci/run"),
)
SUFFIXES = {".py", ".rst", ".toml", ".yaml", ".json", ".conf", ".sample", ".sh", ""}
# Today: scenario, recovery, servers, step, failure or disturbance, keeper, finding, cause.
NOT_OURS = {
    *("story", "stories", "playbill", "actor", "actors", "cast", "casts", "casting"),
    *("heal", "heals", "healed", "healing", "nursery", "nurseries", "minded", "manners"),
    *("disaster", "disasters", "wired", "panel", "culprit", "culprits", "guilty"),
    *("settle", "settles", "settled", "settling"),
}
# What reads records and journals of before, and these themselves; and this list.
EXEMPT = {
    "chaos/journal/version_1.py",
    "chaos/tests/unit/journals",
    "migration_tests/record/earlier.py",
    "migration_tests/record/earlier_uuids.py",
    "migration_tests/tests/unit/test_earlier.py",
    "migration_tests/tests/unit/test_earlier_lines.py",
    "migration_tests/tests/unit/test_words.py",
    "migration_tests/tests/unit/recorded",
}
# Others' words: Python's, Nova's; and the key of records of before, in a line that is damaged.
ALLOWED = re.compile(r'typing\.cast\(|heal_instance_info_cache_interval|raw\.get\("story"\)')


def files():
    """Yield what is written by hand: code, documents, configuration."""
    for where in WHERE:
        start = TOP / where
        for path in [start] if start.is_file() else sorted(start.rglob("*")):
            name = path.relative_to(TOP).as_posix()
            exempt = any(name == one or name.startswith(f"{one}/") for one in EXEMPT)
            if path.suffix in SUFFIXES and path.is_file() and not exempt:
                yield name, path


def words(line):
    """Return the words of a line, those inside names included."""
    return {
        word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", ALLOWED.sub("", line))
    }


@unittest.skipUnless((TOP / "doc").is_dir(), "documents are not part of an installed package")
class Words(unittest.TestCase):
    def test_of_before_are_nowhere_but_in_what_reads_records_of_before(self):
        found, read = [], 0
        for name, path in files():
            try:
                text = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue  # an image or a binary: nobody reads it
            read += 1
            for number, line in enumerate(text.splitlines(), 1):
                found += [f"{name}:{number}: {word}" for word in words(line) & NOT_OURS]
        self.assertGreater(read, 400)
        self.assertEqual([], found)

    def test_are_found_inside_names(self):
        self.assertLessEqual({"story", "stories"}, words("class StoryPhase: test_stories = STORY"))
        self.assertEqual(set(), words("history repository History factory") & NOT_OURS)
        self.assertEqual(set(), words("typing.cast(Any, cls)") & NOT_OURS)


if __name__ == "__main__":
    unittest.main()
