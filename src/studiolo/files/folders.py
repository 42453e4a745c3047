"""Open folders of a share, reached name by name.

Machines write into a share while this runs, perhaps as root, and may put a link where a folder was
at any instant. So each name is opened below the descriptor of the folder before it, no link is
followed, and whatever happens then happens below that descriptor.
"""

import contextlib
import fcntl
import hashlib
import os
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from studiolo.files.paths import SharePath
from studiolo.files.problems import not_a_file, told

FOLDER_MODE = 0o755
_PRIVATE = 0o700
_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NAME_ONLY = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_FLOCK = struct.Struct("hhqqi")
"""`struct flock` of 64-bit Linux: type, whence, start, length, pid (fcntl(2))."""

_LOCK = ".lock"
"""In the folder of all shares, which machines do not see; no share can be called so."""


@dataclass(frozen=True, slots=True)
class Folder:
    """An open folder.

    :param descriptor: open for as long as the block of :meth:`Share.folder` lasts.
    :param owner: user and group id that what is made in the share belongs to.
    """

    descriptor: int
    path: SharePath
    owner: tuple[int, int]

    def status(self, name: str) -> os.stat_result | None:
        """What is called `name` here, a link itself and not what it leads to; None if nothing."""
        try:
            return os.stat(name.encode(), dir_fd=self.descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def give(self, descriptor: int) -> None:
        """Make what is open the share's own, which only root may and needs."""
        if os.geteuid() == 0:
            os.fchown(descriptor, *self.owner)


class Share:
    """One workspace's share, which is there.

    :param root: the folder of all shares, which is ours alone.
    """

    def __init__(self, root: Path, share_id: str) -> None:
        self._root = root
        self._top = root / share_id
        digest = hashlib.sha256(share_id.encode()).digest()
        lock = (fcntl.F_WRLCK, os.SEEK_SET, int.from_bytes(digest[:7], "big"), 1, 0)
        self._lock = _FLOCK.pack(*lock)

    @contextlib.contextmanager
    def folder(self, path: SharePath) -> Iterator[Folder]:
        """The folder at `path`, open for the block.

        :raises NotFound: it, or one above it, is not there.
        :raises Conflict: it, or one above it, is no folder.
        """
        here = self._opened()
        try:
            for name in path.parts:
                here = _step(here, name)
            yield here
        finally:
            os.close(here.descriptor)

    @contextlib.contextmanager
    def made(self, path: SharePath) -> Iterator[tuple[Folder, bool]]:
        """As :meth:`folder`, but what is missing is made; and whether anything was."""
        here, anything = self._opened(), False
        try:
            for name in path.parts:
                new = _make(here, name)
                here, anything = _step(here, name), anything or new
                if new:
                    os.fchmod(here.descriptor, FOLDER_MODE)
                    here.give(here.descriptor)
            yield here, anything
        finally:
            os.close(here.descriptor)

    def _opened(self) -> Folder:
        descriptor = os.open(self._top, _OPEN_FOLDER)
        status = os.fstat(descriptor)
        return Folder(descriptor, SharePath(), (status.st_uid, status.st_gid))

    @contextlib.contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keep other writers of this API out: for looking at a name and changing it in one step.

        One file serves all shares: each locks a byte of its own (`F_OFD_SETLKW`, fcntl(2)). It is
        not inside a share, where a machine could hold the lock for ever.
        """
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self._root / _LOCK, flags, 0o600)
        try:
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLKW, self._lock)
            yield
        finally:
            os.close(descriptor)


def _step(folder: Folder, name: str) -> Folder:
    """The folder `name` in an open one, which is closed: a path of 2,000 names needs no more
    descriptors than one of two.
    """
    path = folder.path / name
    with told(path):
        descriptor = open_folder(folder.descriptor, name.encode())
    os.close(folder.descriptor)
    return Folder(descriptor, path, folder.owner)


def _make(folder: Folder, name: str) -> bool:
    with told(folder.path / name):
        try:
            os.mkdir(name.encode(), _PRIVATE, dir_fd=folder.descriptor)
        except FileExistsError:
            return False
    return True


def open_folder(descriptor: int, name: bytes) -> int:
    """A descriptor of the folder `name` in an open one. What is no folder is not opened at all.

    :raises OSError: ENOTDIR or ELOOP if it is something else.
    """
    return os.open(name, _OPEN_FOLDER, dir_fd=descriptor)


def open_file(folder: Folder, name: str) -> int:
    """A descriptor for reading the regular file `name`.

    `O_PATH` names without opening: a pipe has no reader then, and no device is touched.

    :raises Conflict: it is something else.
    :raises OSError: it is not there, or may not be read.
    """
    found = os.open(name.encode(), _NAME_ONLY, dir_fd=folder.descriptor)
    try:
        if not stat.S_ISREG(os.fstat(found).st_mode):
            raise not_a_file(folder.path / name)
        return os.open(f"/proc/self/fd/{found}", os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    finally:
        os.close(found)
