# SPDX-License-Identifier: Apache-2.0
"""Real peers for the tests: a machine that is a process, its SSH server, its BMC over UDP.

A machine is dead when its process is gone (SIGKILL), and alive when a new process, with a new boot
ID, serves SSH again. A dead machine's port is silent, not refused: see :mod:`.bmc`.
"""

import ctypes
import signal

PR_SET_PDEATHSIG = 1


def die_with_parent():
    """Let the kernel end this process when the one that started it ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
