# SPDX-License-Identifier: Apache-2.0
"""An application with the commands of this library only, to run them as people do."""

import contextlib
import io
import logging
import sys

from cliff.app import App
from cliff.commandmanager import CommandManager

from chaos.cli.hosts_check import HostsCheck
from chaos.cli.inject import Inject
from chaos.cli.recover import Recover
from chaos.cli.status import Status


def main(argv, stdout, stderr):
    manager = CommandManager("chaos.tests.no.such.namespace")
    manager.add_command("hosts check", HostsCheck)
    manager.add_command("inject", Inject)
    manager.add_command("recover", Recover)
    manager.add_command("status", Status)
    return App("chaos", "0", manager, stdout=stdout, stderr=stderr).run(list(argv))


def run(folder, *argv):
    """Run a command in a folder as the console script does; status, what it printed, and said."""
    out, err = io.StringIO(), io.StringIO()
    root = logging.getLogger()
    before = list(root.handlers), root.level
    try:
        with contextlib.chdir(folder):
            status = main(argv, out, err)
    finally:
        root.handlers[:], root.level = before
    return status, out.getvalue(), err.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdout, sys.stderr))
