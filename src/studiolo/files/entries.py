"""What is in a folder of a share."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from studiolo.durable import is_part
from studiolo.files.paths import SharePath, shown

_EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
_LATEST = datetime(9999, 12, 31, tzinfo=UTC)


class Kind(StrEnum):
    """What an entry is: links, pipes, devices and what no path can name are `OTHER`."""

    DIRECTORY = "directory"
    FILE = "file"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in a share.

    :param path: from the share's top.
    :param size: bytes; of files only.
    :param etag: bare; of files only. Changes whenever the content does.
    """

    name: str
    path: str
    kind: Kind
    size: int | None
    modified_at: datetime
    etag: str | None


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where an entry stands in a listing: folders that can be opened come first, then all by the
    bytes of their names.
    """

    rank: int
    raw: bytes


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a folder.

    :param following: the place after which the next page begins; None at the end.
    """

    entries: tuple[Entry, ...]
    following: Place | None


def entry_of(path: SharePath, status: os.stat_result, *, nameable: bool = True) -> Entry:
    """An entry by what the file system says of it."""
    kind = kind_of(status.st_mode) if nameable else Kind.OTHER
    is_file = kind is Kind.FILE
    return Entry(
        name=path.name,
        path=str(path),
        kind=kind,
        size=status.st_size if is_file else None,
        modified_at=_instant(status.st_mtime_ns),
        etag=_etag(status) if is_file else None,
    )


def kind_of(mode: int) -> Kind:
    """The kind by the mode."""
    if stat.S_ISDIR(mode):
        return Kind.DIRECTORY
    return Kind.FILE if stat.S_ISREG(mode) else Kind.OTHER


def _etag(status: os.stat_result) -> str:
    return f"{status.st_mtime_ns:x}-{status.st_size:x}-{status.st_ino:x}"


def _instant(nanoseconds: int) -> datetime:
    """Whoever owns a file may say it is of any year; datetime knows those from 1 to 9999."""
    try:
        return datetime.fromtimestamp(nanoseconds / 1e9, UTC)
    except (OverflowError, ValueError, OSError):
        return _LATEST if nanoseconds > 0 else _EARLIEST


def listed(folder: int, path: SharePath, after: Place | None, top: int) -> Listing:
    """Up to `top` entries of an open folder.

    Only those of the page are asked for their size and age.
    """
    places = sorted(place for place in _places(folder) if after is None or place > after)
    entries = (_look(folder, path, place.raw) for place in places[:top])
    more = len(places) > top
    return Listing(tuple(filter(None, entries)), places[top - 1] if more else None)


def _places(folder: int) -> Iterator[Place]:
    with os.scandir(folder) as found:
        for each in found:
            is_folder = each.is_dir(follow_symlinks=False)
            if is_folder or not is_part(each.name):
                raw = os.fsencode(each.name)
                yield Place(0 if is_folder and shown(raw)[1] else 1, raw)


def _look(folder: int, path: SharePath, raw: bytes) -> Entry | None:
    """An entry; None if it has gone meanwhile."""
    try:
        status = os.stat(raw, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    name, nameable = shown(raw)
    return entry_of(path / name, status, nameable=nameable)
