# SPDX-License-Identifier: Apache-2.0
"""Where the console command begins: an interrupt ends it without a trace from its first moment on.

Imports next to nothing by itself. May not know: anything but the application.
"""

import sys

# What a shell reports for a command that SIGINT ended.
INTERRUPTED = 130


def main() -> int:
    """Run the application; returns the exit status."""
    try:
        from migration_tests.cli import app

        return app.main()
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return INTERRUPTED
