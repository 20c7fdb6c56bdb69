# SPDX-License-Identifier: Apache-2.0
"""An application with the commands of this library only, to run them as people do."""

import sys

from cliff.app import App
from cliff.commandmanager import CommandManager

from chaos.cli.hosts_check import HostsCheck
from chaos.cli.recover import Recover


def main():
    manager = CommandManager("chaos.tests.no.such.namespace")
    manager.add_command("hosts check", HostsCheck)
    manager.add_command("recover", Recover)
    return App("chaos", "0", manager).run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
