"""Named instants at which a test may kill this process.

The code names the instants where a crash would hurt (`point("create.row_stored")`). Unarmed, a
point costs one dictionary look-up. The harness arms one by the environment (see `settings.py`),
and the process then ends by SIGKILL, exactly there, as a power cut would end it.
"""

import os
import signal

_armed: dict[str, int] = {}


def arm(name: str, *, after: int = 1) -> None:
    """Die at the `after`-th passing of the point `name`."""
    _armed[name] = after


def point(name: str) -> None:
    """Mark an instant; dies here if the point is armed."""
    left = _armed.get(name)
    if left is None:
        return
    if left <= 1:
        os.kill(os.getpid(), signal.SIGKILL)
    _armed[name] = left - 1
