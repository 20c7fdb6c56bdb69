# SPDX-License-Identifier: Apache-2.0
"""Several BMCs, a process each, that share the memory of what all of them have loaded.

A parent loads the libraries and forks; what happens in one child is no affair of the others. One
that ends is started again. If the parent ends, they all do. Knows processes; nothing of BMCs.
"""

import gc
import logging
import os
import signal
import time
from collections.abc import Sequence

from lab.bmc import serving
from lab.bmc.config import BmcConfig

LOG = logging.getLogger(__name__)

RESTART_AFTER = 1.0

_STOP = {signal.SIGTERM, signal.SIGINT}
_AWAITED = {*_STOP, signal.SIGCHLD}


def run(configs: Sequence[BmcConfig]) -> int:
    """Serve all until SIGTERM or SIGINT.

    :return: exit status, 0.
    """
    if any(config.redfish for config in configs):
        import lab.bmc.redfish  # noqa: F401 - its memory is to be shared
    # What is there now is not looked at by any child's collector, and so stays shared.
    gc.collect()
    gc.freeze()
    signal.pthread_sigmask(signal.SIG_BLOCK, _AWAITED)
    alive, held = os.pipe()
    children = {_start(config, alive, held): config for config in configs}
    while signal.sigwait(_AWAITED) not in _STOP:
        for pid in _ended():
            config = children.pop(pid)
            LOG.error("the BMC %s ended; it is started again", config.name)
            time.sleep(RESTART_AFTER)
            children[_start(config, alive, held)] = config
    for pid in children:
        os.kill(pid, signal.SIGTERM)
    for pid in children:
        os.waitpid(pid, 0)
    return 0


def _start(config: BmcConfig, alive: int, held: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        os.close(held)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _AWAITED)
        status = serving.run(config, alive)
    except BaseException:
        LOG.exception("the BMC %s failed", config.name)
    finally:
        os._exit(status)


def _ended() -> list[int]:
    found: list[int] = []
    while True:
        try:
            pid, _status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if not pid:
            return found
        found.append(pid)
