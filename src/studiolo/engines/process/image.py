"""Images: locked Python environments, prepared once and then never changed.

An image is a virtual environment below `<images>/<name>/<digest>/`, made by `uv sync --locked` in
a sibling folder and renamed into place, so that it is there whole or not at all. It is made
read-only; machines add to it by layering (`layer.py`), never by writing into it.
"""

import compileall
import fcntl
import os
import shutil
import stat
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import uv

from studiolo.durable import sync_folder
from studiolo.engines.base import Permanent, Temporary
from studiolo.engines.process import image_sources as sources
from studiolo.engines.process.disk import remove_tree

Progress = Callable[[str, int, int], None]
"""Called with (phase, done, total); phases are `waiting`, `installing`, `sealing`."""

_BUILDING = ".building-"
_POLL_SECONDS = 0.2
_NOT_FOR_UV = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "UV_PYTHON", "UV_PROJECT", "UV_LINK_MODE")


def _silent(phase: str, done: int, total: int) -> None:
    """No progress wanted."""


class ImageStore:
    """Prepared images below one folder; several processes may share it.

    :param root: `Settings.images`.
    :param inherited: the environment uv runs in: proxies, certificates, indexes, its cache.
    :param descriptions: folder with one description per image; the installation's own by default.
    """

    def __init__(
        self, root: Path, inherited: Mapping[str, str], *, descriptions: Path | None = None
    ) -> None:
        self._root = root
        self._inherited = dict(inherited)
        self._descriptions = descriptions
        self._paths: dict[str, Path] = {}

    def path(self, name: str) -> Path:
        """Where image `name` is once it is prepared.

        Worked out once: a checkout that is edited while it serves goes on with what it began with.

        :raises Permanent: there is no such image.
        """
        if name not in self._paths:
            digest = sources.digest(name, self._description(name))
            self._paths[name] = self._root / name / digest
        return self._paths[name]

    def ready(self, name: str) -> bool:
        """Whether image `name` is prepared."""
        return self.path(name).is_dir()

    def prepared(self, name: str) -> Path:
        """The prepared image, for a machine.

        :raises Temporary: it is not prepared yet; `studiolo up` does that.
        """
        path = self.path(name)
        if not path.is_dir():
            raise Temporary(f"The image {name!r} is not prepared yet: `studiolo up` prepares it.")
        return path

    def prepare(self, name: str, progress: Progress = _silent) -> Path:
        """Make the image unless it is there, and return its folder. Blocks: seconds to minutes.

        Safe to call from several processes and to kill: one builds while the others wait, and what
        a killed builder left is cleared away by the next.

        :raises Temporary: packages could not be fetched; the message is uv's own.
        """
        path = self.path(name)
        if path.is_dir():
            return path
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _builder_lock(path.parent, progress) as lock:
            for leftover in path.parent.glob(f"{_BUILDING}*"):
                remove_tree(leftover)
            if not path.is_dir():
                self._build(name, path, progress, lock)
        return path

    def _build(self, name: str, path: Path, progress: Progress, lock: int) -> None:
        building = path.with_name(f"{_BUILDING}{path.name}")
        description = self._description(name)
        self._uv(["venv", "--relocatable", "--no-project", str(building)], building, name, lock)
        with _counting(building, sources.locked_packages(description), progress):
            # A copy of the lock: uv must not write beside a description that may be read-only.
            project = building / ".project"
            project.mkdir()
            for file in ("pyproject.toml", "uv.lock"):
                shutil.copyfile(description / file, project / file)
            sync = ["sync", "--locked", "--no-dev", "--compile-bytecode", "--project", str(project)]
            self._uv(sync, building, name, lock)
        if name == sources.AGENT:
            _copy_agent(building)
        progress("sealing", 0, 1)
        _seal(building)
        building.rename(path)
        sync_folder(path.parent)
        progress("sealing", 1, 1)

    def _uv(self, arguments: list[str], environment: Path, name: str, lock: int) -> None:
        """Run uv, which holds the lock as well: if we are killed, nobody builds until it is done.

        :raises Temporary: it failed.
        """
        command = [uv.find_uv_bin(), *arguments, "--no-progress"]
        command += ["--python", str(sources.base_python())]
        done = subprocess.run(  # noqa: S603 - uv from our own dependency, arguments are ours
            command,
            env=self._uv_environment(environment),
            stdin=subprocess.DEVNULL,
            pass_fds=(lock,),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = " ".join(done.stderr.split())[-600:]
            raise Temporary(f"Preparing the image {name!r} failed: {said}", delay=30.0)

    def _uv_environment(self, environment: Path) -> dict[str, str]:
        chosen = {k: v for k, v in self._inherited.items() if k not in _NOT_FOR_UV}
        if "HOME" not in chosen:
            chosen.setdefault("UV_CACHE_DIR", str(self._root / ".uv-cache"))
        # Copies, not hard links: sealing would make uv's cache, and every environment that shares
        # its files, read-only as well.
        return chosen | {
            "UV_PYTHON_PREFERENCE": "only-system",
            "UV_PROJECT_ENVIRONMENT": str(environment),
            "UV_LINK_MODE": "copy",
        }

    def _description(self, name: str) -> Path:
        folder = (self._descriptions or sources.sources_folder()) / name
        if "/" in name or name.startswith(".") or not (folder / "uv.lock").is_file():
            raise Permanent(f"There is no image called {name!r}.")
        return folder


@contextmanager
def _builder_lock(folder: Path, progress: Progress) -> Iterator[int]:
    descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting", 0, 1)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _counting(environment: Path, total: int, progress: Progress) -> Iterator[None]:
    """Report how many packages are installed while the body runs."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(_POLL_SECONDS):
            done = len(list(environment.glob("lib/python*/site-packages/*.dist-info")))
            progress("installing", min(done, total), total)

    progress("installing", 0, total)
    watcher = threading.Thread(target=watch, name="image-progress", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
    progress("installing", total, total)


def _copy_agent(environment: Path) -> None:
    """Give the agent its own copy of its source, so that an upgrade of Studiolo never changes the
    code below a running agent.
    """
    site_packages = next(environment.glob("lib/python*/site-packages"))
    for file, below in sources.agent_files():
        target = site_packages / "studiolo" / below
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    compileall.compile_dir(str(site_packages / "studiolo"), quiet=2)


def _seal(environment: Path) -> None:
    """Take every write permission away. Root is not bound by them; pip inside a machine does not
    write outside its own environment whoever runs it.
    """
    for folder, _, files in os.walk(environment, topdown=False):
        for entry in [*(Path(folder, name) for name in files), Path(folder)]:
            mode = entry.lstat().st_mode
            if not stat.S_ISLNK(mode):
                entry.chmod(stat.S_IMODE(mode) & ~0o222)
