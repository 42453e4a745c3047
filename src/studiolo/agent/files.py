"""Small private files, replaced whole or not at all."""

import contextlib
import os
from pathlib import Path


def write_private(path: Path, content: bytes) -> None:
    """Replace `path` by `content`, mode 0600, so that a crash leaves the old or the new file.

    :raises OSError: it could not be written (a full disk, for example); the old file is untouched.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    with contextlib.suppress(FileNotFoundError):
        temporary.unlink()
    try:
        _write(temporary, content)
        temporary.replace(path)
        _sync_directory(path.parent)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _write(path: Path, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_directory(path: Path) -> None:
    """Make the rename itself durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
