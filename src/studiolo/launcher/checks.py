"""What must hold before anything is started. Each refusal is a sentence that says what to do."""

import contextlib
import json
import shutil
import socket
import tempfile
from pathlib import Path

from studiolo.serving import private_folder
from studiolo.settings import Settings

NEEDED_GIB = 3
"""The prepared images and a first machine; measured, rounded up."""

_TAIL_LINES = 5


class CannotStart(Exception):
    """Something on this machine has to be changed first; `str(error)` says what."""


def check_folders(settings: Settings) -> None:
    """Make the deployment's folders, private to this user.

    :raises CannotStart: one cannot be made or written.
    """
    for folder in (settings.home, settings.run, settings.logs, settings.images):
        try:
            private_folder(folder)
            with tempfile.NamedTemporaryFile(dir=folder, prefix=".writable-"):
                pass
        except OSError as error:
            raise CannotStart(
                f"{folder} cannot be written: {error}. Choose another folder with --home."
            ) from error


def check_disk(settings: Settings) -> None:
    """Refuse to begin on a disk that cannot hold the images.

    :raises CannotStart: too little is free.
    """
    free = shutil.disk_usage(settings.home).free / 1024**3
    prepared = any(settings.images.glob("*/*"))
    needed = any(region.engine == "process" for region in settings.every_region)
    if needed and free < NEEDED_GIB and not prepared:
        raise CannotStart(
            f"{settings.home} has {free:.1f} GiB free, and preparing the images needs "
            f"{NEEDED_GIB}. Free some space, or choose another disk with --home."
        )


def free_port() -> int:
    """A port on loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def log_size(path: Path) -> int:
    """How long a log is; 0 where there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def last_words(path: Path, since: int) -> str:
    """Why a process ended, for an error message: the reason it logged, else its last lines.

    :param since: bytes of the log that were there before it was started.
    """
    try:
        with path.open("rb") as file:
            file.seek(since)
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    for line in reversed(lines):
        with contextlib.suppress(ValueError):
            record = json.loads(line)
            if isinstance(record, dict) and "reason" in record:
                return str(record["reason"])
    return "\n".join(lines[-_TAIL_LINES:])
