# SPDX-License-Identifier: Apache-2.0
"""Runs a command to which the kernel refuses a system call, as containers' filters do.

``python without_call.py mount CMD...``; x86_64 only.
"""

import ctypes
import os
import struct
import sys

CALLS = {"mount": 165, "unshare": 272}

_SET_NO_NEW_PRIVS = 38
_SET_SECCOMP = 22
_FILTER = 2

# linux/bpf_common.h, linux/seccomp.h: load the call's number; refuse one with EPERM; let others.
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_REFUSE, _LET = 0x00050001, 0x7FFF0000


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def refuse(number: int) -> None:
    """Refuse a system call to this process and all that come from it."""
    steps = ((_LOAD, 0, 0, 0), (_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE))
    code = b"".join(struct.pack("=HBBI", *step) for step in (*steps, (_RETURN, 0, 0, _LET)))
    libc = ctypes.CDLL(None, use_errno=True)
    program = _Program(len(code) // 8, code)
    for words in ((_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (_SET_SECCOMP, _FILTER, ctypes.byref(program))):
        if libc.prctl(*words):
            raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    refuse(CALLS[sys.argv[1]])
    os.execvp(sys.argv[2], sys.argv[2:])
