"""Disks as XFS file systems in files of this host.

They show (`df`) and hold (ENOSPC) their size whatever pool the containers are on, and grow while
they are in use. The control plane must run as root on the host that runs the containers.
"""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from studiolo import faults
from studiolo.durable import sync_folder
from studiolo.engines.base import EngineError, Permanent, Temporary
from studiolo.engines.incus.client import Json
from studiolo.engines.incus.disks import DISKS, PATHS, no_snapshot
from studiolo.engines.incus.names import HOME, machine_name
from studiolo.engines.saying import without_paths

_OWNER = "deployment"
_LEAST_MIB = 320
"""mkfs.xfs makes nothing smaller than 300 MB."""

_OPTIONS = "loop,nosuid,nodev,nouuid"
"""Without nouuid a copy is refused while its original is mounted, for having the same id."""

_SECONDS = 60.0
_COPY_SECONDS = 3600.0

T = TypeVar("T")


class LoopDisks:
    """Files `<root>/<machine>/<disk>.xfs`, mounted at `<root>/<machine>/<disk>`.

    Implements :class:`~studiolo.engines.incus.disks.Disks`. After a reboot of the host they are
    mounted again by the next `ensure`, which comes before each start.
    """

    def __init__(self, root: Path, deployment: str) -> None:
        self._root = root
        self._deployment = deployment

    async def ensure(self, machine_id: str, disk: str, size_mib: int, member: str = "") -> Json:
        """See :meth:`Disks.ensure`."""
        folder = self._folder(machine_id)
        await _in_thread(lambda: self._ensure(folder, disk, max(size_mib, _LEAST_MIB)))
        source = str(folder / disk)
        return {"type": "disk", "source": source, "path": PATHS[disk], "shift": "true"}

    async def renew(self, machine_id: str, disk: str) -> None:
        """See :meth:`Disks.renew`."""
        folder = self._folder(machine_id)
        await _in_thread(lambda: _remove_disk(folder, disk) if self._ours(folder) else None)

    async def remove(self, machine_id: str) -> None:
        """See :meth:`Disks.remove`."""
        folder = self._folder(machine_id)
        await _in_thread(lambda: self._remove(folder))

    async def snapshot(self, machine_id: str, name: str) -> None:
        """See :meth:`Disks.snapshot`. Copied as a reflink where the file system can."""
        folder = self._folder(machine_id)
        await _in_thread(lambda: _snapshot(folder, name))

    async def remove_snapshot(self, machine_id: str, name: str) -> None:
        """See :meth:`Disks.remove_snapshot`."""
        kept = _kept(self._folder(machine_id), name)
        await _in_thread(lambda: kept.unlink(missing_ok=True))

    async def restore(self, machine_id: str, name: str) -> None:
        """See :meth:`Disks.restore`."""
        folder = self._folder(machine_id)
        await _in_thread(lambda: _restore(folder, name))

    async def copy(self, source: str, name: str, machine_id: str, member: str = "") -> None:
        """See :meth:`Disks.copy`."""
        origin, folder = self._folder(source), self._folder(machine_id)
        if not self._ours(origin):
            raise Permanent(no_snapshot(source, name))
        await _in_thread(lambda: self._copy(_kept(origin, name), folder))

    async def member(self, machine_id: str) -> str | None:
        """See :meth:`Disks.member`."""
        return None

    async def has_home(self, machine_id: str) -> bool:
        """See :meth:`Disks.has_home`."""
        folder = self._folder(machine_id)
        return await _in_thread(lambda: self._ours(folder) and _image(folder, HOME).is_file())

    async def owned(self) -> frozenset[str]:
        """See :meth:`Disks.owned`."""
        return await _in_thread(self._owned)

    def _folder(self, machine_id: str) -> Path:
        return self._root / machine_name(machine_id)

    def _owned(self) -> frozenset[str]:
        if not self._root.is_dir():
            return frozenset()
        ours = (each for each in self._root.iterdir() if self._ours(each))
        return frozenset(each.name for each in ours if _image(each, HOME).is_file())

    def _ours(self, folder: Path) -> bool:
        try:
            return (folder / _OWNER).read_text() == self._deployment
        except OSError:
            return False

    def _ensure(self, folder: Path, disk: str, size_mib: int) -> None:
        self._claim(folder)
        image = _image(folder, disk)
        if not image.exists():
            _make(image, size_mib)
            faults.point(f"incus.loop.made.{disk}")
        mounted = folder / disk
        if not mounted.is_mount():
            mounted.mkdir(exist_ok=True)
            _run("mount", "-o", _OPTIONS, str(image), str(mounted))
        if image.stat().st_size < size_mib * 1024 * 1024:
            _grow(image, mounted, size_mib)

    def _claim(self, folder: Path) -> None:
        if os.geteuid() != 0:
            raise Permanent(
                "Homes in files (homes = 'loop') need a control plane that runs as root; use "
                "volumes of a storage pool instead."
            )
        folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        if not self._ours(folder):
            if any(_image(folder, disk).exists() for disk in DISKS):
                message = "The machine's folder of disks is not this deployment's to use."
                raise Permanent(message, detail=str(folder))
            (folder / _OWNER).write_text(self._deployment)
            sync_folder(folder)

    def _copy(self, kept: Path, folder: Path) -> None:
        self._claim(folder)
        image = _image(folder, HOME)
        if not image.exists():
            _copy_file(kept, image)

    def _remove(self, folder: Path) -> None:
        if not self._ours(folder):
            return
        for disk in reversed(DISKS):
            _remove_disk(folder, disk)
        shutil.rmtree(folder)


def _image(folder: Path, disk: str) -> Path:
    return folder / f"{disk}.xfs"


def _make(image: Path, size_mib: int) -> None:
    """Under another name until it is whole: half a file system is never taken for one."""
    new = image.with_name(f".{image.name}.new")
    with new.open("wb") as file:
        file.truncate(size_mib * 1024 * 1024)
    new.chmod(0o600)
    _run("mkfs.xfs", "-q", "-f", "-K", str(new))
    new.replace(image)
    sync_folder(image.parent)


def _grow(image: Path, mounted: Path, size_mib: int) -> None:
    with image.open("r+b") as file:
        file.truncate(size_mib * 1024 * 1024)
    device = _run("findmnt", "-n", "-o", "SOURCE", "--mountpoint", str(mounted)).strip()
    _run("losetup", "--set-capacity", device)
    _run("xfs_growfs", str(mounted))


def _remove_disk(folder: Path, disk: str) -> None:
    mounted = folder / disk
    if mounted.is_mount():
        _run("umount", str(mounted))
    _image(folder, disk).unlink(missing_ok=True)


def _kept(folder: Path, name: str) -> Path:
    return folder / f"{HOME}.{machine_name(name)}.snapshot"


def _snapshot(folder: Path, name: str) -> None:
    kept = _kept(folder, name)
    if kept.exists():
        return
    mounted = folder / HOME
    if mounted.is_mount():
        # Nothing writes to it now; what is left in memory goes to the file first.
        _run("sync", "--file-system", str(mounted))
    _copy_file(_image(folder, HOME), kept)


def _restore(folder: Path, name: str) -> None:
    kept = _kept(folder, name)
    if not kept.exists():
        raise Permanent(no_snapshot(folder.name, name))
    mounted = folder / HOME
    if mounted.is_mount():
        _run("umount", str(mounted))
    _copy_file(kept, _image(folder, HOME))


def _copy_file(source: Path, target: Path) -> None:
    """Whole or not at all; blocks are shared where the file system can, and holes stay holes."""
    new = target.with_name(f".{target.name}.new")
    how = ("--reflink=auto", "--sparse=always", "--preserve=mode")
    _run("cp", *how, str(source), str(new), seconds=_COPY_SECONDS)
    new.replace(target)
    sync_folder(target.parent)


def _run(*command: str, seconds: float = _SECONDS) -> str:
    """Run a program of the host's.

    :raises Permanent: it is not installed.
    :raises Temporary: it failed, in its own words.
    """
    try:
        done = subprocess.run(  # noqa: S603 - our own words and paths, no shell
            command, capture_output=True, text=True, check=False, timeout=seconds
        )
    except FileNotFoundError as error:
        message = f"{command[0]} is not installed on this host: install xfsprogs and util-linux."
        raise Permanent(message) from error
    except subprocess.TimeoutExpired as error:
        raise Temporary(f"{command[0]} took more than {seconds:.0f} seconds.") from error
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())[-300:]
        where = Path(command[-1]).name
        raise Temporary(
            f"{command[0]} failed for the machine's '{where}': {without_paths(said)}",
            delay=2.0,
            detail=f"{' '.join(command)}: {said}",
        )
    return done.stdout


async def _in_thread(work: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(work)
    except OSError as error:
        said = error.strerror or type(error).__name__
        message = f"The disk of homes: {said}. Free some space or check the disk."
        raise Temporary(message, detail=str(error)) from error
    except EngineError:
        raise
