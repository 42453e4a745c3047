"""Deleting folders, while machines may change them.

`shutil.rmtree` holds a descriptor and a stack frame for each level, and a machine can nest folders
deeper than there are of either. This holds two descriptors however deep it is. On the way up it
opens `..` and looks whether that is the folder it came from.
"""

import contextlib
import errno
import os
from dataclasses import dataclass

from studiolo.durable import is_part
from studiolo.files.folders import open_folder


@dataclass(slots=True)
class _Level:
    """A folder on the way down from the top.

    :param inode: device and inode.
    :param folders: names of what is still to be emptied and removed in it.
    """

    name: bytes
    inode: tuple[int, int]
    folders: list[bytes]


def remove_tree(parent: int, name: bytes) -> None:
    """Remove the folder `name` in an open one, and everything in it.

    No link is followed. Cut short, part of it is left; repeating it goes on.

    :raises OSError: ENOTEMPTY or ESTALE where others were writing into it or moving it.
    """
    top = open_folder(parent, name)
    try:
        _empty(top)
    finally:
        os.close(top)
    os.rmdir(name, dir_fd=parent)


def remove_empty(parent: int, name: bytes) -> None:
    """Remove the folder `name` in an open one if a person sees nothing in it.

    What an upload left there, which nobody can see, does not keep it.

    :raises OSError: ENOTEMPTY.
    """
    folder = open_folder(parent, name)
    try:
        with os.scandir(folder) as found:
            names = [each.name for each in found]
        if all(map(is_part, names)):
            for each in names:
                with contextlib.suppress(OSError):
                    os.unlink(each, dir_fd=folder)
    finally:
        os.close(folder)
    os.rmdir(name, dir_fd=parent)


def _empty(top: int) -> None:
    here = os.dup(top)
    levels = [_entered(here, b"")]
    try:
        while True:
            level = levels[-1]
            if level.folders:
                name = level.folders.pop()
                below = open_folder(here, name)
                os.close(here)
                here = below
                levels.append(_entered(here, name))
            elif len(levels) == 1:
                return
            else:
                levels.pop()
                above = _above(here, levels[-1])
                os.close(here)
                here = above
                _remove_folder(level.name, here)
    finally:
        os.close(here)


def _entered(folder: int, name: bytes) -> _Level:
    """The open folder as a level, after all but folders was removed from it."""
    with os.scandir(folder) as found:
        entries = [(os.fsencode(each.name), each.is_dir(follow_symlinks=False)) for each in found]
    for each, is_folder in entries:
        if not is_folder:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(each, dir_fd=folder)
    return _Level(name, _inode(folder), [each for each, is_folder in entries if is_folder])


def _above(here: int, level: _Level) -> int:
    """A descriptor of the folder that `here` was reached from.

    :raises OSError: ESTALE if somebody has moved `here` elsewhere.
    """
    above = open_folder(here, b"..")
    if _inode(above) != level.inode:
        os.close(above)
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
    return above


def _inode(folder: int) -> tuple[int, int]:
    status = os.fstat(folder)
    return status.st_dev, status.st_ino


def _remove_folder(name: bytes, folder: int) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.rmdir(name, dir_fd=folder)
