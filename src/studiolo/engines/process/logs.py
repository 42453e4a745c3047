"""Logs of a machine, read from its disk, so that they can be read when nothing of it runs."""

import os
import re
from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}")
_BLOCK_BYTES = 64 * 1024
_MOST_BYTES = 4 * 1024 * 1024
"""More than this is never read from one log, however long its lines are."""


def tail_of(path: Path, lines: int) -> str | None:
    """The last `lines` lines of `path`, without reading the rest; None if it is no plain file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        if not path.is_file():
            return None
        position = file.seek(0, os.SEEK_END)
        data = b""
        while position and data.count(b"\n") <= lines and len(data) < _MOST_BYTES:
            size = min(_BLOCK_BYTES, position)
            position = file.seek(position - size)
            data = file.read(size) + data
    kept = data.decode(errors="replace").splitlines()[-lines:] if lines > 0 else []
    return "".join(f"{line}\n" for line in kept)


def log_path(folder: Path, name: str) -> Path | None:
    """Where the log `name` would be; None for a name that is not one."""
    return folder / f"{name}.log" if _NAME.fullmatch(name) else None


def names(folder: Path) -> tuple[str, ...]:
    """Logs there are in `folder`, sorted."""
    try:
        found = [entry.stem for entry in folder.glob("*.log") if entry.is_file()]
    except OSError:
        return ()
    return tuple(sorted(name for name in found if _NAME.fullmatch(name)))
