"""Renaming without ever replacing anything.

`rename(2)` replaces silently what a machine put at the new name a moment before; `renameat2(2)`
with RENAME_NOREPLACE does not.
"""

import ctypes
import errno
import os

_NO_REPLACE = 1
_renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
_NOT_THERE = {errno.EINVAL, errno.ENOSYS}
"""What file systems (NFS) and kernels answer that cannot do it."""


def rename_new(source: int, name: str, target: int, new_name: str) -> None:
    """Rename `name` in the open folder `source` to `new_name` in the open folder `target`.

    Where the file system cannot do it in one step, the new name is looked at just before.

    :raises FileExistsError: there is something of the new name.
    :raises OSError: anything else.
    """
    old, new = name.encode(), new_name.encode()
    if _renameat2 is not None:
        if _renameat2(source, old, target, new, _NO_REPLACE) == 0:
            return
        number = ctypes.get_errno()
        if number not in _NOT_THERE:
            raise OSError(number, os.strerror(number))
    try:
        os.stat(new, dir_fd=target, follow_symlinks=False)
    except FileNotFoundError:
        os.rename(old, new, src_dir_fd=source, dst_dir_fd=target)
    else:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
