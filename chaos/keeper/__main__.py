# SPDX-License-Identifier: Apache-2.0
"""The keeper's process: ``python -m chaos.keeper JOURNAL HOSTS LEASE_SECONDS``.

Reads passwords from standard input, says ``ready``, and is silent until there is work. What it
does is in the journal, and in words in its log. It imports what it needs for the work only when
there is some: until then it is small.
"""

import fcntl
import json
import os
import signal
import sys
from pathlib import Path

from chaos.inventory import secret
from chaos.journal.registry import keeper_path, lease_path
from chaos.keeper.starting import READY
from chaos.keeper.watching import LeaseWatch


def main() -> int:
    """Watch, and if need be recover. Return 0 if nothing is left open."""
    journal, hosts = Path(sys.argv[1]), Path(sys.argv[2])
    lease_seconds = float(sys.argv[3])
    secret.hand_over(json.loads(sys.stdin.readline()))
    try:
        if not _only_one(keeper_path(journal)):
            print(READY, flush=True)  # the other one is
            return 0
    except OSError as exc:
        # Where this cannot be written, nor can the log.
        print(f"{keeper_path(journal)} cannot be written: {exc.strerror}", flush=True)
        return 1
    watch = LeaseWatch(lease_path(journal), lease_seconds)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # Whoever wants it to end gets the hosts back first.
    signal.signal(signal.SIGTERM, watch.asked_to_end)
    print(READY, flush=True)
    devnull = os.open(os.devnull, os.O_RDWR)
    os.dup2(devnull, 0)
    os.dup2(devnull, 1)
    why = watch.wait()

    from chaos.keeper.recovering import recover_all

    return recover_all(journal, hosts, why)


def _only_one(path: Path) -> bool:
    """Lock the file of this journal's keeper for good, and write down who it is.

    :raises OSError: if that cannot be written
    """
    mine = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(mine)
        return False
    os.truncate(mine, 0)
    os.write(mine, f"{os.getpid()}\n".encode())
    return True


if __name__ == "__main__":
    sys.exit(main())
