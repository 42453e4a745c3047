"""A file share per workspace: a folder that all its instances see and none of them owns.

Stopping or deleting an instance never touches the share. Deleting the workspace retires it: it is
moved aside, as Azure keeps the storage account of a deleted workspace, and removed only on purpose.
"""

import asyncio
import re
import shutil
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import ParamSpec, TypeVar

from studiolo.domain.errors import InvalidInput, Unavailable
from studiolo.durable import replace_file

USERS = "Users"
"""People's own folders are below this one, as on Azure's share."""

_RETIRED = ".retired"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")
_LONGEST_PATH = 4096

P = ParamSpec("P")
T = TypeVar("T")


class WorkspaceShares:
    """The shares of a deployment.

    :param root: `Settings.shares`; made with mode 0700 when first needed.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    async def ensure(self, share_id: str) -> Path:
        """Make the share unless it is there; returns its folder.

        :raises InvalidInput: `share_id` is not a plain name.
        :raises Unavailable: the disk is full, or the like.
        """
        folder = self._folder(share_id)
        await _in_thread(_make, self._root, folder, folder / USERS)
        return folder

    async def user_folder(self, share_id: str, alias: str) -> Path:
        """Make the folder of the person called `alias`; returns it. Errors as :meth:`ensure`."""
        folder = self._folder(share_id)
        own = folder / USERS / _plain(alias, "alias")
        await _in_thread(_make, self._root, folder, folder / USERS, own)
        return own

    async def write(self, share_id: str, path: str, data: bytes) -> Path:
        """Put `data` at `path` (relative, with `/`), whole or not at all; makes its folders.

        :raises InvalidInput: `path` leads outside the share, by `..` or by a link.
        :raises Unavailable: the disk is full, or the like; what was there before is still there.
        """
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
        target = inside(self._folder(share_id), path)
        target.parent.mkdir(parents=True, exist_ok=True)
        replace_file(target, data)
        return target

    def _retire(self, share_id: str) -> Path | None:
        folder, kept = self._folder(share_id), self._root / _RETIRED / share_id
        if folder.is_dir():
            _make(self._root, kept.parent)
            folder.rename(kept)
        return kept if kept.is_dir() else None

    def _remove(self, share_id: str) -> None:
        # Moved aside first: a share is there whole or not at all, even if this is interrupted.
        kept = self._retire(share_id)
        if kept is not None:
            shutil.rmtree(kept)


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


def _make(*folders: Path) -> None:
    """Make each with mode 0700, or leave it; a link in place of one is refused."""
    for folder in folders:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.is_symlink():
            raise InvalidInput(f"{folder} is a link where a folder is needed; remove it.")


async def _in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run blocking file work beside the event loop; a failing disk becomes a sentence."""
    try:
        return await asyncio.to_thread(work, *args, **kwargs)
    except OSError as error:
        where = error.filename or "the share"
        raise Unavailable(
            f"{where}: {error.strerror}. Free some space or check the disk."
        ) from error
