"""Log files: one per process, of bounded size, readable from the end.

A process writes to its log directly, so that neither agent nor pipe stands between it and its
words: it goes on writing while the agent is dead. Therefore its file cannot be renamed away under
it. To bound a log, the agent copies it to `<name>.log.1` and empties the original; as the file is
opened for appending, the process goes on at its new end.
"""

import contextlib
import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

LIMIT_BYTES = 4 * 1024 * 1024
"""Size at which a log is moved aside. A log takes up to twice this on the disk."""

TAIL_BYTES = 1024 * 1024
"""Most that one reading of a log returns."""

_BLOCK = 64 * 1024
_SUFFIX = ".log"

_log = logging.getLogger(__name__)


class Logs:
    """The logs in one folder.

    :param directory: made, mode 0700, if it is not there.
    """

    def __init__(self, directory: Path, *, limit: int = LIMIT_BYTES) -> None:
        self._directory = directory
        self._limit = limit

    def open(self, name: str) -> BinaryIO:
        """Open a log for appending; `/dev/null` where that cannot be done.

        An application without a log is better than no application on a full disk.
        """
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.fdopen(os.open(self._path(name), flags, 0o600), "ab", buffering=0)
        except OSError as error:
            _log.warning("log %s cannot be written: %s", name, error)
            return Path(os.devnull).open("ab", buffering=0)

    def sizes(self) -> dict[str, int]:
        """Bytes by name; what was moved aside is not counted."""
        found: dict[str, int] = {}
        with contextlib.suppress(OSError):
            for path in sorted(self._directory.glob(f"*{_SUFFIX}")):
                with contextlib.suppress(OSError):
                    if path.is_file() and not path.is_symlink():
                        found[path.name.removesuffix(_SUFFIX)] = path.stat().st_size
        return found

    def tail(self, name: str, lines: int) -> bytes | None:
        """The last `lines` lines, :data:`TAIL_BYTES` at most; None if there is no such log."""
        if name not in self.sizes():
            return None
        newest = _tail(self._path(name), lines, TAIL_BYTES)
        missing = lines - newest.count(b"\n") - (not newest.endswith(b"\n"))
        if missing <= 0 or len(newest) >= TAIL_BYTES:
            return newest
        return _tail(self._aside(name), missing, TAIL_BYTES - len(newest)) + newest

    def last_line(self, name: str) -> str | None:
        """The last line with something on it, shortened for an error message."""
        lines = (self.tail(name, 5) or b"").decode(errors="replace").split("\n")
        return next((line.strip()[:300] for line in reversed(lines) if line.strip()), None)

    def trim(self) -> None:
        """Move aside every log that has outgrown the limit. A full disk leaves it as it is."""
        for name, size in self.sizes().items():
            if size > self._limit:
                try:
                    self._move_aside(name)
                except OSError as error:
                    _log.warning("log %s cannot be moved aside: %s", name, error)

    def _move_aside(self, name: str) -> None:
        """Copy the newest of a log to its `.1`, then empty it; whatever fails, nothing is emptied
        before it was copied.

        Most logs are copied whole; of one that grew without bound while no agent lived, the last
        `limit` bytes are. The last look at the size and the emptying are two system calls next to
        each other: a line written between them, some microseconds, is the only one that could go
        missing.

        :raises OSError: there is no room; the log stays as it is.
        """
        aside = self._aside(name)
        fresh = aside.with_name(f".{aside.name}.new")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        try:
            with (
                os.fdopen(os.open(self._path(name), os.O_RDWR | os.O_NOFOLLOW), "rb") as source,
                os.fdopen(os.open(fresh, flags, 0o600), "wb", buffering=0) as target,
            ):
                copied = source.seek(max(0, source.seek(0, os.SEEK_END) - self._limit))
                while copied < os.fstat(source.fileno()).st_size:
                    shutil.copyfileobj(source, target)
                    copied = source.tell()
                fresh.replace(aside)
                os.ftruncate(source.fileno(), 0)
        except OSError:
            with contextlib.suppress(OSError):
                fresh.unlink()
            raise

    def _path(self, name: str) -> Path:
        return self._directory / f"{name}{_SUFFIX}"

    def _aside(self, name: str) -> Path:
        return self._directory / f"{name}{_SUFFIX}.1"


def _tail(path: Path, lines: int, limit: int) -> bytes:
    """The end of a file: `lines` lines, `limit` bytes at most; empty if it cannot be read."""
    found: list[bytes] = []
    newlines = 0
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
            for block in _blocks_from_end(file, limit):
                found.append(block)
                newlines += block.count(b"\n")
                if newlines > lines:
                    break
    except OSError:
        return b""
    # Not splitlines(): a progress bar's carriage returns do not end a line.
    pieces = b"".join(reversed(found)).split(b"\n")
    return b"\n".join(pieces[-(lines + (pieces[-1] == b"")) :])


def _blocks_from_end(file: BinaryIO, limit: int) -> Iterator[bytes]:
    end = file.seek(0, os.SEEK_END)
    first = max(0, end - limit)
    while end > first:
        start = max(first, end - _BLOCK)
        file.seek(start)
        yield file.read(end - start)
        end = start
