"""Files that are either as they were or as they should be, and locks that a crash lets go.

A reader never sees half a file: everything is written beside its place, flushed and renamed.
Locks belong to open files, so the kernel releases them however their holder ends.
"""

import errno
import fcntl
import hashlib
import json
import os
import shutil
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from studiolo.durable import replace_file
from studiolo.engines.base import EngineError, Permanent, Temporary

_FLOCK = struct.Struct("hhqqi")
"""`struct flock` of 64-bit Linux: type, whence, start, length, pid (fcntl(2))."""

_LOCK_POLL_SECONDS = 0.02


def write_json(path: Path, value: Any) -> None:
    """Replace `path` by a JSON value, readable by its owner only.

    :raises OSError: with nothing changed.
    """
    replace_file(path, json.dumps(value, indent=1).encode() + b"\n")


def read_json(path: Path) -> dict[str, Any] | None:
    """The JSON object in `path`; None if there is none or it does not parse."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def private_folder(folder: Path) -> Path:
    """Make `folder` (and missing parents) with mode 0700, or check the one that is there.

    :raises Permanent: it is a link, or somebody else's: sockets and secrets must not go there.
    """
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    for parent in reversed(missing):
        parent.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or not folder.is_dir() or folder.is_symlink():
        raise Permanent(
            "A folder of this region's machines is a link, or is not owned by the user who runs "
            "Studiolo: an administrator must remove it.",
            detail=str(folder),
        )
    if found.st_mode & 0o077:
        folder.chmod(0o700)
    return folder


def remove_tree(folder: Path) -> None:
    """Remove `folder` and all below it, read-only folders included. Absent is fine.

    :raises OSError: something could not be removed.
    """

    def unlock(_function: Callable[..., Any], path: str, error: Any) -> None:
        reason = error[1] if isinstance(error, tuple) else error
        if isinstance(reason, FileNotFoundError):
            return
        if not isinstance(reason, PermissionError):
            raise reason
        entry = Path(path)
        for locked in (entry.parent, entry):
            if locked.is_dir() and not locked.is_symlink():
                locked.chmod(0o700)
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink(missing_ok=True)

    if folder.is_symlink():
        folder.unlink()
        return
    shutil.rmtree(folder, onerror=unlock)


@contextmanager
def machine_lock(
    machines: Path, machine_id: str, *, seconds: float, poll: float = _LOCK_POLL_SECONDS
) -> Iterator[int]:
    """Hold the machine against every other verb, in this process and others; yields the file.

    One file serves all machines: each locks a byte of its own (`F_OFD_SETLK`, fcntl(2)), so that
    deleting a machine leaves no lock file behind. The lock lasts until the last copy of the open
    file is closed; a child that inherits it extends it.

    :raises Temporary: another verb held the machine for all of `seconds`.
    """
    digest = hashlib.sha256(machine_id.encode()).digest()
    offset = int.from_bytes(digest[:7], "big")
    descriptor = os.open(machines / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take(descriptor, offset, machine_id, time.monotonic() + seconds, poll)
        yield descriptor
    finally:
        os.close(descriptor)


def _take(descriptor: int, offset: int, machine_id: str, deadline: float, poll: float) -> None:
    wanted = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, offset, 1, 0)
    while True:
        try:
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, wanted)
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                raise
        else:
            return
        if time.monotonic() >= deadline:
            raise Temporary(f"Machine {machine_id} is busy with another request; it goes on soon.")
        time.sleep(poll)


_THINGS = {"machines": "the region's machines", "shares": "the file shares", "images": "the images"}
"""What is in the folders of a deployment's home."""

_PARTS = ("home", "env", "tmp", "state", "logs")


def _thing(path: Path, machines: Path) -> str:
    """What `path` is part of, for people, who need not know where anything is on this host."""
    home = machines.parent
    names = path.relative_to(home).parts if path.is_relative_to(home) else ()
    if len(names) > 2 and names[0] == machines.name:
        return f"the machine's {names[2]}" if names[2] in _PARTS else "the machine's folder"
    return _THINGS.get(names[0], "the region's data") if names else "the region's data"


def disk_error(error: OSError, machines: Path) -> EngineError:
    """`error` as a sentence that says what to do about it.

    :param machines: the folder of all machines, which is meant where the error names none.
    """
    where = _thing(Path(os.fsdecode(error.filename or machines)), machines)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Temporary(
            f"The disk that holds {where} is full (ENOSPC): free some space on it, then it goes on"
            " by itself.",
            delay=5.0,
            detail=str(error),
        )
    said = error.strerror or type(error).__name__
    return Temporary(
        f"The disk refused to serve {where} ({said}): an administrator finds more in Studiolo's "
        "log.",
        delay=5.0,
        detail=str(error),
    )
