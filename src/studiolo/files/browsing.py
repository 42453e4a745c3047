"""A workspace's file share as its people see it: folders, files, and what can be done to them."""

import contextlib
import errno
import os
import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from io import FileIO
from pathlib import Path

from studiolo.domain.errors import Conflict, InvalidInput, NotFound
from studiolo.files.entries import Entry, Listing, Place, entry_of, listed
from studiolo.files.folders import Folder, Share, open_file
from studiolo.files.paths import SharePath
from studiolo.files.problems import exists, not_a_file, told
from studiolo.files.renaming import rename_new
from studiolo.files.shares import USERS
from studiolo.files.threads import in_thread
from studiolo.files.trees import remove_empty, remove_tree
from studiolo.files.uploads import Check, Upload, remove_leftovers

_FIXED = (SharePath(), SharePath((USERS,)))
"""What is neither moved nor deleted: instances count on it."""

_CHANGED = {errno.ENOTEMPTY, errno.ESTALE, errno.ENOTDIR, errno.ELOOP, errno.ENOENT}
"""What a tree says that others change while it is deleted."""


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file that is open for reading.

    :param entry: as it was when it was opened; it may grow or shrink meanwhile.
    """

    file: FileIO
    entry: Entry

    async def read(self, position: int, size: int) -> bytes:
        """Up to `size` bytes; none at the end.

        :raises Unavailable: the disk does not answer as it should.
        """
        with told(SharePath(tuple(self.entry.path.split("/")))):
            return await in_thread(os.pread, self.file.fileno(), size, position)

    def close(self) -> None:
        """Let go of it."""
        self.file.close()


class ShareFiles:
    """What people do in one share. Every method takes a checked path.

    All of them raise the same: NotFound, where something on the way is not there; Conflict, where a
    link, a file or a folder is in the way; OutOfSpace; Unavailable, where the disk fails.

    :param root: the folder of all shares, `Settings.shares`; the share itself is there.
    """

    def __init__(self, root: Path, share_id: str) -> None:
        self._share = Share(root, share_id)

    async def list(
        self, path: SharePath, *, after: Place | None = None, top: int, now: datetime
    ) -> Listing:
        """A page of a folder: folders first, then by name. Leftovers in it are cleared away."""
        return await in_thread(self._list, path, after, top, now)

    def _list(self, path: SharePath, after: Place | None, top: int, now: datetime) -> Listing:
        with told(path), self._share.folder(path) as folder:
            remove_leftovers(folder, now)
            return listed(folder.descriptor, path, after, top)

    async def open(self, path: SharePath) -> OpenFile:
        """A file for reading; close it."""
        return await in_thread(self._open, path)

    def _open(self, path: SharePath) -> OpenFile:
        if not path.parts:
            raise not_a_file(path)
        with told(path), self._share.folder(path.parent) as folder:
            file = FileIO(open_file(folder, path.name))
        return OpenFile(file, entry_of(path, os.fstat(file.fileno())))

    @contextlib.asynccontextmanager
    async def upload(
        self, path: SharePath, check: Check, *, size: int | None, now: datetime
    ) -> AsyncIterator[Upload]:
        """A file on its way to `path`, for the block; without a commit nothing has happened.

        :param check: asked before and as the place is changed.
        :param size: bytes that will come, where known.
        :raises InvalidInput: `path` is the share itself.
        """
        if not path.parts:
            raise InvalidInput(
                "The path of a file is needed, as in 'Users/ann/a.py'.", target="path"
            )
        upload = Upload(self._share, path)
        try:
            await in_thread(upload.begin, check, size, now)
            yield upload
        finally:
            await in_thread(upload.close)

    async def make_folder(self, path: SharePath) -> tuple[Entry, bool]:
        """Make a folder, and those above it; the entry, and whether any was made."""
        return await in_thread(self._make_folder, path)

    def _make_folder(self, path: SharePath) -> tuple[Entry, bool]:
        with told(path), self._share.made(path) as (folder, anything):
            return entry_of(path, os.fstat(folder.descriptor)), anything

    async def move(self, source: SharePath, target: SharePath) -> Entry:
        """Give a file or folder another name or place; nothing is ever replaced.

        :raises InvalidInput: `source` is the share or `Users`.
        """
        return await in_thread(self._move, source, target)

    def _move(self, source: SharePath, target: SharePath) -> Entry:
        _refuse_fixed(source, "moved")
        if not target.parts or target == source:
            raise exists(target)
        if source.holds(target):
            raise _into_itself(source)
        with (
            told(source),
            self._share.folder(source.parent) as old,
            self._share.folder(target.parent) as new,
        ):
            with self._share.exclusive():
                entry = _renamed(old, source, new, target)
            os.fsync(new.descriptor)
            os.fsync(old.descriptor)
            return entry

    async def is_removable_folder(self, path: SharePath) -> bool:
        """Whether :meth:`remove` would find a folder; False where there is nothing.

        :raises InvalidInput: as there.
        """
        _refuse_fixed(path, "deleted")
        return await in_thread(self._is_folder, path)

    def _is_folder(self, path: SharePath) -> bool:
        with contextlib.suppress(NotFound), told(path), self._share.folder(path.parent) as folder:
            found = folder.status(path.name)
            return found is not None and stat.S_ISDIR(found.st_mode)
        return False

    async def remove(self, path: SharePath, check: Check, *, recursive: bool) -> bool:
        """Delete a file, a link itself, or a folder; False where there was nothing.

        :param recursive: a folder with everything in it. Killed meanwhile, part of it is left.
        :raises Conflict: a folder is not empty, and `recursive` is not said.
        :raises InvalidInput: `path` is the share or `Users`.
        """
        _refuse_fixed(path, "deleted")
        try:
            return await in_thread(self._remove, path, check, recursive=recursive)
        except NotFound:
            return False

    def _remove(self, path: SharePath, check: Check, *, recursive: bool) -> bool:
        with told(path), self._share.folder(path.parent) as folder:
            with self._share.exclusive():
                found = folder.status(path.name)
                check(None if found is None else entry_of(path, found).etag)
                if found is not None and not stat.S_ISDIR(found.st_mode):
                    os.unlink(path.name.encode(), dir_fd=folder.descriptor)
            if found is not None and stat.S_ISDIR(found.st_mode):
                _remove_folder(folder, path, recursive=recursive)
            os.fsync(folder.descriptor)
        return found is not None


def _renamed(old: Folder, source: SharePath, new: Folder, target: SharePath) -> Entry:
    try:
        rename_new(old.descriptor, source.name, new.descriptor, target.name)
    except OSError as error:
        raise _move_problem(error, source, target) from error
    status = os.stat(target.name.encode(), dir_fd=new.descriptor, follow_symlinks=False)
    return entry_of(target, status)


def _move_problem(error: OSError, source: SharePath, target: SharePath) -> Exception:
    match error.errno:
        case errno.EEXIST:
            return exists(target)
        case errno.EINVAL:
            return _into_itself(source)
        case errno.EXDEV:
            return Conflict(
                f"{source.called} and {target.called} are on different disks. Copy it instead.",
                target="to",
            )
    return error


def _into_itself(source: SharePath) -> Conflict:
    return Conflict(
        f"{source.called} cannot be moved into itself. Choose another folder.", target="to"
    )


def _refuse_fixed(path: SharePath, what: str) -> None:
    if path in _FIXED:
        raise InvalidInput(
            f"{path.called} cannot be {what}: instances count on it. What is in it can be.",
            target="path",
        )


def _remove_folder(folder: Folder, path: SharePath, *, recursive: bool) -> None:
    name = path.name.encode()
    if not recursive:
        remove_empty(folder.descriptor, name)
        return
    try:
        remove_tree(folder.descriptor, name)
    except OSError as error:
        if error.errno not in _CHANGED:
            raise
        raise Conflict(
            f"{path.called} was changed by others while it was being deleted; part of it is left. "
            "Delete it again.",
            target="path",
        ) from error
