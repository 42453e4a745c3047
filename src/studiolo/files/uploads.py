"""Putting a file into a share, whole or not at all.

Its bytes go into a hidden file beside the place it is to have, which is flushed and renamed.
Whoever reads the place sees all of the old file or all of the new one. A writer that is killed
leaves the hidden file, which no listing shows and which is removed after a day.
"""

import contextlib
import os
import stat
from collections.abc import Callable
from datetime import datetime, timedelta

from studiolo.domain.errors import Conflict
from studiolo.durable import is_part, part_name
from studiolo.faults import point
from studiolo.files.entries import Entry, Kind, entry_of, kind_of
from studiolo.files.folders import Folder, Share
from studiolo.files.paths import SharePath
from studiolo.files.problems import not_a_file, out_of_space, told
from studiolo.files.renaming import rename_new
from studiolo.files.threads import in_thread

NEW_FILE_MODE = 0o644
LEFT_OVER_AFTER = timedelta(days=1)
"""Without a byte written for so long, a file that is not whole belongs to nobody any more."""

_PERMISSIONS = 0o777
_BUFFER = 1024 * 1024
"""Bytes kept until a thread writes them: handing each small piece to one would cost more."""

Check = Callable[[str | None], None]
"""Refuses a change by the present ETag, bare; None where there is nothing."""


class Upload:
    """A file on its way. Close it in the end; what was not committed is then gone."""

    def __init__(self, share: Share, path: SharePath) -> None:
        self._share, self._path = share, path
        self._open = contextlib.ExitStack()
        self._buffer = bytearray()
        self._part = part_name()

    def begin(self, check: Check, size: int | None, now: datetime) -> None:
        """Look whether it can be, and make the hidden file.

        :param size: bytes that will come, where known.
        :raises StudioloError: what `check` says, the place is not for a file, the disk is full.
        """
        with told(self._path):
            self._folder = self._open.enter_context(self._share.folder(self._path.parent))
            _checked(self._folder, self._path, check)
            remove_leftovers(self._folder, now)
            if size is not None and size > _free(self._folder):
                raise out_of_space(self._path)
            self._file = self._new_file()

    def _new_file(self) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self._part, flags, 0o600, dir_fd=self._folder.descriptor)
        self._open.callback(os.close, descriptor)
        self._open.callback(self._remove_part)
        self._folder.give(descriptor)
        return descriptor

    def _remove_part(self) -> None:
        # What cannot be removed now is one of the leftovers.
        with contextlib.suppress(OSError):
            os.unlink(self._part, dir_fd=self._folder.descriptor)

    async def write(self, data: bytes) -> None:
        """Append bytes.

        :raises OutOfSpace: the disk is full.
        """
        self._buffer += data
        if len(self._buffer) >= _BUFFER:
            await self._flush()

    async def _flush(self) -> None:
        data, self._buffer = self._buffer, bytearray()
        await in_thread(self._write, data)

    def _write(self, data: bytearray) -> None:
        left = memoryview(data)
        with told(self._path):
            while left:
                left = left[os.write(self._file, left) :]

    async def commit(self, check: Check) -> tuple[Entry, bool]:
        """Put the file in its place; the entry, and whether it is new there.

        A file that is replaced keeps its permissions, so that a script can still be run.

        :raises StudioloError: as :meth:`begin`; `check` is asked again, as the place is changed.
        """
        await self._flush()
        return await in_thread(self._commit, check)

    def _commit(self, check: Check) -> tuple[Entry, bool]:
        with told(self._path):
            os.fsync(self._file)
            with self._share.exclusive():
                found = _checked(self._folder, self._path, check)
                mode = NEW_FILE_MODE if found is None else found.st_mode & _PERMISSIONS
                os.fchmod(self._file, mode)
                point("files.upload.written")
                self._rename(new=found is None)
                placed = self._placed()
            point("files.upload.renamed")
            os.fsync(self._folder.descriptor)
            return entry_of(self._path, placed), found is None

    def _rename(self, *, new: bool) -> None:
        here, name = self._folder.descriptor, self._path.name
        if new:
            rename_new(here, self._part, here, name)
        else:
            os.rename(self._part, name.encode(), src_dir_fd=here, dst_dir_fd=here)

    def _placed(self) -> os.stat_result:
        """What is in the place, which is this file unless a machine had its hands in it.

        :raises Conflict: it is another.
        """
        placed, ours = self._folder.status(self._path.name), os.fstat(self._file)
        if placed is None or not os.path.samestat(placed, ours):
            raise Conflict(
                f"{self._path.called} was changed by others as it was written. Look at what is "
                "there now, and send it again.",
                target="path",
            )
        return ours

    def close(self) -> None:
        """Let go of everything; repeating it is fine."""
        self._open.close()


def _checked(folder: Folder, path: SharePath, check: Check) -> os.stat_result | None:
    """What is at the place of a file: a file that `check` allows to replace, or nothing."""
    found = folder.status(path.name)
    if found is not None and kind_of(found.st_mode) is not Kind.FILE:
        raise not_a_file(path)
    check(None if found is None else entry_of(path, found).etag)
    return found


def _free(folder: Folder) -> int:
    disk = os.fstatvfs(folder.descriptor)
    return (disk.f_bfree if os.geteuid() == 0 else disk.f_bavail) * disk.f_frsize


def remove_leftovers(folder: Folder, now: datetime) -> None:
    """Remove the hidden files of writers that are long gone."""
    oldest = (now - LEFT_OVER_AFTER).timestamp()
    with os.scandir(folder.descriptor) as found:
        parts = [each.name for each in found if is_part(each.name)]
    for name in parts:
        with contextlib.suppress(OSError):
            status = os.stat(name, dir_fd=folder.descriptor, follow_symlinks=False)
            if stat.S_ISREG(status.st_mode) and status.st_mtime < oldest:
                os.unlink(name, dir_fd=folder.descriptor)
