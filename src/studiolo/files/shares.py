"""A file share per workspace: a folder that all its instances see and none of them owns.

Stopping or deleting an instance never touches the share. Deleting the workspace retires it: it is
moved aside, as Azure keeps the storage account of a deleted workspace, and removed only on purpose.
"""

import asyncio
import contextlib
import errno
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import ParamSpec, TypeVar

from studiolo.domain.errors import InvalidInput, Unavailable
from studiolo.durable import replace_file

USERS = "Users"
"""People's own folders are below this one, as on Azure's share."""

_RETIRED = ".retired"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")
_LONGEST_PATH = 4096
_PRIVATE = 0o700

P = ParamSpec("P")
T = TypeVar("T")


class WorkspaceShares:
    """The shares of a deployment.

    :param root: `Settings.shares`; made with mode 0700 when first needed.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    async def exists(self, share_id: str) -> bool:
        """Whether the share has been made.

        :raises InvalidInput: `share_id` is not a plain name.
        """
        return await _in_thread(self._folder(share_id).is_dir)

    async def ensure(self, share_id: str, *, owner: int | None = None) -> Path:
        """Make the share unless it is there; returns its folder.

        :param owner: user and group id that its folders belong to, as far as root may see to it;
            None for whoever runs this.
        :raises InvalidInput: `share_id` is not a plain name.
        :raises Unavailable: the disk is full, or the like.
        """
        folder = self._folder(share_id)
        await _in_thread(_make, self._root, share_id, USERS, owner=owner)
        return folder

    async def user_folder(self, share_id: str, alias: str, *, owner: int | None = None) -> Path:
        """Make the folder of the person called `alias`; returns it. Otherwise as :meth:`ensure`."""
        own = self._folder(share_id) / USERS / _plain(alias, "alias")
        await _in_thread(_make, self._root, share_id, USERS, alias, owner=owner)
        return own

    async def write(self, share_id: str, path: str, data: bytes) -> Path:
        """Put `data` at `path` (relative, with `/`), whole or not at all; makes its folders.

        :raises InvalidInput: `path` leads outside the share, by `..` or by a link.
        :raises Unavailable: the disk is full, or the like; what was there before is still there.
        """
        if not self._folder(share_id).is_dir():
            await self.ensure(share_id)
        return await _in_thread(self._write, share_id, path, data)

    async def retire(self, share_id: str) -> Path | None:
        """Move the share of a deleted workspace aside; returns where it is kept.

        None if there is none. Repeating it is fine.
        """
        return await _in_thread(self._retire, share_id)

    async def remove(self, share_id: str) -> None:
        """Delete the share and everything in it, retired or not. Absent is fine."""
        await _in_thread(self._remove, share_id)

    def _folder(self, share_id: str) -> Path:
        return self._root / _plain(share_id, "share")

    def _write(self, share_id: str, path: str, data: bytes) -> Path:
        folder = self._folder(share_id)
        owner = folder.stat().st_uid
        *above, name = inside(folder, path).relative_to(folder.resolve()).parts
        with _opened(self._root, share_id, *above, owner=owner) as descriptor:
            # By way of /proc the path begins at the very folder that is open.
            target = folder.joinpath(*above, name)
            try:
                replace_file(Path(f"/proc/self/fd/{descriptor}") / name, data, owner=owner)
            except OSError as error:
                raise OSError(error.errno, error.strerror, str(target)) from error
        return target

    def _retire(self, share_id: str) -> Path | None:
        folder, kept = self._folder(share_id), self._root / _RETIRED / share_id
        if folder.is_dir():
            _make(self._root, _RETIRED)
            _put_away(folder, kept)
        return kept if kept.is_dir() else None

    def _remove(self, share_id: str) -> None:
        # Moved aside first: a share is there whole or not at all, even if this is interrupted.
        kept = self._retire(share_id)
        if kept is not None:
            shutil.rmtree(kept)


def _put_away(folder: Path, kept: Path) -> None:
    """Move a share to `kept`. Where it is kept already, `folder` is what a late request made: it
    goes if there is nothing in it, and else is kept with the rest.
    """
    if not kept.is_dir():
        folder.rename(kept)
        return
    with contextlib.suppress(OSError):
        (folder / USERS).rmdir()
        folder.rmdir()
        return
    folder.rename(kept / f"late-{secrets.token_hex(8)}")


def inside(folder: Path, path: str) -> Path:
    """`path` below `folder`, links followed.

    :raises InvalidInput: it is not a relative path of a file inside.
    """
    parts = PurePosixPath(path).parts
    if not parts or "\0" in path or len(path) > _LONGEST_PATH or ".." in parts or path[0] == "/":
        raise InvalidInput(f"{path[:100]!r} is not a path inside the share.", target="path")
    real, top = folder.joinpath(*parts).resolve(), folder.resolve()
    if top not in real.parents or real.is_dir():
        raise InvalidInput(f"{path[:100]!r} does not name a file inside the share.", target="path")
    return real


def _plain(value: str, what: str) -> str:
    if not _NAME.fullmatch(value):
        raise InvalidInput(f"{value[:100]!r} is not a plain name.", target=what)
    return value


def _make(root: Path, *names: str, owner: int | None = None) -> None:
    """Make the folders `names`, each below the one before, or leave them."""
    with _opened(root, *names, owner=owner):
        pass


@contextlib.contextmanager
def _opened(root: Path, *names: str, owner: int | None) -> Iterator[int]:
    """A descriptor of the folder `names` below `root`; what is missing is made with mode 0700.

    Machines write into shares while this runs, perhaps as root, so no link is followed and no path
    is walked twice: nobody may lead it elsewhere.

    :raises InvalidInput: something that is no folder is in the way.
    """
    root.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for depth, name in enumerate(names, start=1):
            below = _open_below(descriptor, name, root.joinpath(*names[:depth]))
            os.close(descriptor)
            descriptor = below
            _give(descriptor, owner)
        yield descriptor
    finally:
        os.close(descriptor)


def _open_below(descriptor: int, name: str, called: Path) -> int:
    with contextlib.suppress(FileExistsError):
        os.mkdir(name, mode=_PRIVATE, dir_fd=descriptor)
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
    try:
        return os.open(name, flags, dir_fd=descriptor)
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.ENOTDIR):
            raise
        raise InvalidInput(
            f"{called} is a link or a file where a folder is needed; remove it."
        ) from error


def _give(descriptor: int, owner: int | None) -> None:
    """Make it `owner`'s, which only root may."""
    if owner is not None and os.geteuid() == 0 and os.fstat(descriptor).st_uid != owner:
        os.fchown(descriptor, owner, owner)


async def _in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run blocking file work beside the event loop; a failing disk becomes a sentence."""
    try:
        return await asyncio.to_thread(work, *args, **kwargs)
    except OSError as error:
        said = error.strerror or type(error).__name__
        raise Unavailable(
            f"The disk refused to serve the file share ({said}). Free some space or check the disk."
        ) from error
