"""Writing a file so that whoever reads it sees all of the old one or all of the new one."""

import os
import re
import secrets
from pathlib import Path

_PART = re.compile(r"\.[0-9a-f]{16}\.part")


def part_name() -> str:
    """A new name for a file that is being written and not yet whole; hidden, and never given out
    twice.
    """
    return f".{secrets.token_hex(8)}.part"


def is_part(name: str) -> bool:
    """Whether a file of that name is not whole: being written, or left by a writer that was
    killed.
    """
    return _PART.fullmatch(name) is not None


def replace_file(path: Path, data: bytes, *, mode: int = 0o600, owner: int | None = None) -> None:
    """Replace `path` by `data`, through a hidden file beside it that is flushed and renamed.

    Killed at any instant, `path` is whole; at worst the hidden file stays.

    :param owner: user and group id that it belongs to, where root runs this.
    :raises OSError: with `path` as it was.
    """
    beside = path.with_name(part_name())
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(beside, flags, mode), "wb") as file:
            if owner is not None and os.geteuid() == 0:
                os.fchown(file.fileno(), owner, owner)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
