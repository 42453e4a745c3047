"""What the operating system refuses, as sentences."""

import contextlib
import errno
import os
from collections.abc import Iterator

from studiolo.domain.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    OutOfSpace,
    StudioloError,
    Unavailable,
)
from studiolo.files.paths import SharePath

TYPE_MISMATCH = "ResourceTypeMismatch"
EXISTS = "ResourceAlreadyExists"
NOT_EMPTY = "DirectoryNotEmpty"
"""Codes of Azure Files."""


def problem(error: OSError, path: SharePath) -> StudioloError:
    """The error that a person sees when the file system refuses something at `path`."""
    match error.errno:
        case errno.ENOENT:
            return NotFound(f"{path.called} is not there.", target="path")
        case errno.ENOTDIR | errno.ELOOP:
            return not_a_folder(path)
        case errno.EEXIST:
            return exists(path)
        case errno.ENOTEMPTY:
            return Conflict(
                f"{path.called} is a folder that is not empty. Add recursive=true to delete it "
                "with everything in it.",
                code=NOT_EMPTY,
                target="path",
            )
        case errno.ENOSPC | errno.EDQUOT:
            return out_of_space(path)
        case errno.EACCES | errno.EPERM:
            return Conflict(
                f"{path.called} may not be touched: its permissions, or those of its folder, "
                "forbid it. Change them in a terminal of an instance.",
                target="path",
            )
        case errno.ENAMETOOLONG:
            return InvalidInput(f"{path.called} is too long a name here.", target="path")
        case number:
            said = os.strerror(number) if number else "unknown"
            return Unavailable(f"{path.called}: the disk said '{said}'. Try again.", target="path")


@contextlib.contextmanager
def told(path: SharePath) -> Iterator[None]:
    """Whatever the file system refuses in the block is told of `path`."""
    try:
        yield
    except OSError as error:
        raise problem(error, path) from error


def not_a_folder(path: SharePath) -> Conflict:
    """Something that is no folder is where one is needed."""
    return Conflict(
        f"{path.called} is a link or a file where a folder is needed. Links are not followed here.",
        code=TYPE_MISMATCH,
        target="path",
    )


def not_a_file(path: SharePath) -> Conflict:
    """Something that is no regular file is where one is needed."""
    return Conflict(
        f"{path.called} is not a file: it is a folder, a link or a device. Links are not followed "
        "here.",
        code=TYPE_MISMATCH,
        target="path",
    )


def exists(path: SharePath) -> Conflict:
    """A name is taken."""
    return Conflict(
        f"{path.called} exists already. Choose another name.", code=EXISTS, target="path"
    )


def out_of_space(path: SharePath) -> OutOfSpace:
    """The disk of the share is full."""
    return OutOfSpace(
        f"{path.called} was not written: the disk of the file share is full. Delete something, or "
        "ask an administrator for room; nothing was changed.",
        target="path",
    )
