"""Becomes Caddy, after one preparation that must happen in the process itself.

Run as `python -I -S start_caddy.py <caddy> run --config -`. It lets other processes of the same
user borrow Caddy's sockets, which is how the streams of a revoked right are cut (`streams.py`).
Where the Yama security module restricts that to a process's ancestors (Ubuntu's default), this
call lifts the restriction for Caddy alone; it stays in force across exec. Elsewhere the kernel
answers that it knows no such option, and none is needed.
"""

import ctypes
import os
import sys

_PR_SET_PTRACER = 0x59616D61
_PR_SET_PTRACER_ANY = ctypes.c_ulong(-1)

if __name__ == "__main__":
    os.umask(0o077)
    ctypes.CDLL(None).prctl(_PR_SET_PTRACER, _PR_SET_PTRACER_ANY, 0, 0, 0)
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606 - no shell is wanted
