# SPDX-License-Identifier: Apache-2.0
"""What the guest image is named after, and that its scripts are sound shell. Nothing boots."""

import subprocess
import tempfile
import unittest
from pathlib import Path

from lab import guest


class Name(unittest.TestCase):
    def test_follows_the_root_file_system_it_is_built_in(self) -> None:
        self.assertEqual(guest.key("one"), guest.key("one"))
        self.assertNotEqual(guest.key("one"), guest.key("two"))

    def test_depends_on_every_file_of_the_guest(self) -> None:
        names = {path.name for path in guest.sources()}
        self.assertLessEqual({"make-image", "initramfs-init", "boot", "metadata"}, names)


class Scripts(unittest.TestCase):
    def test_are_shell_that_parses(self) -> None:
        for path in guest.sources():
            if path.read_bytes().startswith(b"#!/bin/sh"):
                done = subprocess.run(["sh", "-n", path], capture_output=True, check=False)
                self.assertEqual(0, done.returncode, f"{path}: {done.stderr!r}")


class Build(unittest.TestCase):
    def test_leaves_an_image_alone_that_is_there(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            image = Path(folder) / guest.IMAGE
            image.write_bytes(b"built before")
            self.assertEqual(image, guest.build(Path("/nowhere"), Path(folder)))
            self.assertEqual(b"built before", image.read_bytes())


if __name__ == "__main__":
    unittest.main()
