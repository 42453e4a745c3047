"""A little room on the disk that SQLite's database lies on, for when the rest is full.

Machines, shares and the database of a small deployment share one disk, which a person's job may
fill. Without room, nothing can be stored any more: not even that an instance is to be stopped or
deleted, which is what would free space. So a file holds some, and is given up when it is needed.
"""

import contextlib
import os
import shutil
from pathlib import Path

from sqlalchemy.engine import make_url

RESERVE_BYTES = 8 * 1024 * 1024
"""Thousands of transactions: one that stops an instance takes some tens of kilobytes."""

_PLENTY = 4 * RESERVE_BYTES
"""Free bytes from which on the reserve is made again."""

_FULL = 256 * 1024
"""Free bytes below which a disk counts as full; file systems keep a few blocks back."""


class Reserve:
    """The reserve of one database file.

    :param database: the file; the reserve lies beside it.
    """

    def __init__(self, database: Path) -> None:
        self._folder = database.parent
        self._file = database.with_name(f"{database.name}.reserve")

    @classmethod
    def of(cls, url: str) -> "Reserve | None":
        """The reserve of a database; None for one that is not a file here."""
        parsed = make_url(url)
        if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
            return None
        return cls(Path(str(parsed.database)))

    def hold(self) -> None:
        """Take the reserve if it is not held and there is plenty of room."""
        try:
            if self._file.exists() or self._free() < _PLENTY:
                return
            self._file.touch(mode=0o600)
            with self._file.open("r+b") as file:
                os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)
        except OSError:
            # Somebody else was quicker: half a reserve would pass for a whole one.
            with contextlib.suppress(OSError):
                self._file.unlink(missing_ok=True)

    def release_if_full(self) -> bool:
        """Give the reserve up if the disk is full; returns whether it is."""
        try:
            full = self._free() < _FULL
            if full:
                self._file.unlink(missing_ok=True)
        except OSError:
            return False
        return full

    def _free(self) -> int:
        return shutil.disk_usage(self._folder).free
