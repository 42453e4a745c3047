"""Results of steps on disk: one folder each, whole or not there.

```
<root>/.lock
<root>/layers/<step>-<digest>/fs     what the step added or changed, an overlay's upper folder
<root>/layers/.building-<step>-...   being made; cleared away by the next build
<root>/built/<variant>-<version>/    rootfs.squashfs  metadata.tar  manifest.json
<root>/cache/                        downloads
<root>/logs/<step>.log               what its programs said, last time
```
"""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from studiolo.durable import sync_folder

_BUILDING = ".building-"


class Layers:
    """The folder of a builder; one build works in it at a time.

    :param root: made if it is missing, for nobody else to look into.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._layers = root / "layers"
        self._built = root / "built"

    @contextmanager
    def held(self, on_wait: Callable[[], None]) -> Iterator[int]:
        """Keep other builds out, and clear away what a killed one left.

        Gives the lock's descriptor: programs that inherit it keep others out for as long as they
        live, even when the builder does not.

        :param on_wait: called if another build is at work, before it is waited for.
        """
        for folder in (self.root, self._layers, self._built, self.root / "logs"):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self.root / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _take(descriptor, on_wait)
            for place in (self._layers, self._built):
                for leftover in place.glob(f"{_BUILDING}*"):
                    shutil.rmtree(leftover)
            yield descriptor
        finally:
            os.close(descriptor)

    def layer(self, step: str, digest: str) -> Path:
        """Where the finished step is, once it is."""
        return self._layers / f"{step}-{digest}"

    def built(self, variant: str, version: str) -> Path:
        """Where the packed image is, once it is."""
        return self._built / f"{variant}-{version}"

    @property
    def caches(self) -> Path:
        """Downloads, for the next build."""
        return self.root / "cache"

    def log(self, step: str) -> Path:
        """What the step's programs said."""
        return self.root / "logs" / f"{step}.log"

    def all(self) -> set[Path]:
        """Every finished step and packed image."""
        places = (self._layers, self._built)
        found = (each for place in places if place.is_dir() for each in place.iterdir())
        return {each for each in found if not each.name.startswith(_BUILDING)}

    def packed(self, variant: str) -> list[Path]:
        """The packed images of a variant, the one made last first."""
        found = [each for each in self.all() if each.parent == self._built]
        ours = [each for each in found if each.name.rpartition("-")[0] == variant]
        return sorted(ours, key=lambda each: each.stat().st_mtime, reverse=True)

    def remove(self, folders: set[Path]) -> list[Path]:
        """Remove those of `folders` that are there; the caller holds the lock."""
        there = sorted(self.all() & folders)
        for each in there:
            # Renamed first, so that one that is half removed is never taken for whole.
            doomed = each.with_name(f"{_BUILDING}{each.name}")
            each.rename(doomed)
            shutil.rmtree(doomed)
        return there


def _take(descriptor: int, on_wait: Callable[[], None]) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        on_wait()
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def begin(finished: Path) -> Path:
    """The empty folder in which what will be `finished` is made."""
    building = finished.with_name(f"{_BUILDING}{finished.name}")
    if building.exists():
        shutil.rmtree(building)
    building.mkdir(mode=0o755)
    return building


def finish(building: Path, finished: Path) -> None:
    """Give it its name, after all of it has reached the disk."""
    _flush(building)
    building.rename(finished)
    sync_folder(finished.parent)


def _flush(folder: Path) -> None:
    """Write out what the folder's file system holds back: a rename must not overtake the files."""
    command = ["sync", "--file-system", str(folder)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)  # noqa: S603 - ours
