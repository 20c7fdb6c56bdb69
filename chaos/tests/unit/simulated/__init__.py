# SPDX-License-Identifier: Apache-2.0
"""Hosts for the tests, simulated by real processes: an SSH server, and a BMC that kills it.

A host is dead when its process is gone (SIGKILL), and alive when a new process, with a new boot
ID, serves SSH again. A dead host's port is silent, not refused: see :mod:`.ipmi_bmc`.
"""

import ctypes
import signal

PR_SET_PDEATHSIG = 1


def die_with_parent():
    """Let the kernel end this process when the one that started it ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
