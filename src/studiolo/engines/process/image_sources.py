"""Where the descriptions of images are, and what names a prepared one.

A description is a folder with `pyproject.toml` and `uv.lock`. In a checkout they are in `images/`
at its root; in an installed wheel they travel as `studiolo/_images`.
"""

import hashlib
import platform
import sys
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from studiolo.engines.base import Permanent

AGENT = "agent"
"""The image of the agent's own environment, into which its source is copied."""

AGENT_SOURCE = ("__init__.py", "clock.py", "faults.py", "domain", "agent")
"""What the agent may import of `studiolo`, relative to the package."""

_VERSION_DIGITS = 12


def package_folder() -> Path:
    """The folder of the `studiolo` package."""
    return Path(str(resources.files("studiolo")))


def sources_folder() -> Path:
    """The folder that holds one description per image.

    :raises Permanent: the installation is incomplete.
    """
    package = package_folder()
    for candidate in (package / "_images", package.parents[1] / "images"):
        if candidate.is_dir():
            return candidate
    raise Permanent("The image descriptions are missing: install Studiolo again.")


def base_python() -> Path:
    """The interpreter that virtual environments are made from: never one of a virtual environment,
    which may be removed while machines live.
    """
    return Path(getattr(sys, "_base_executable", sys.executable) or sys.executable).resolve()


def agent_files() -> Iterator[tuple[Path, Path]]:
    """(file, path below `studiolo/`) of every source file that the agent's image carries."""
    package = package_folder()
    for name in AGENT_SOURCE:
        top = package / name
        found = sorted(top.rglob("*.py")) if top.is_dir() else [top]
        for file in found:
            yield file, file.relative_to(package)


def digest(name: str, description: Path) -> str:
    """Names what the prepared image `name` would hold: its lock, its interpreter and, for the
    agent, its source. 16 hexadecimal digits.
    """
    taken = hashlib.sha256()
    for part in (sys.implementation.cache_tag or "", platform.machine(), str(base_python())):
        taken.update(part.encode() + b"\0")
    for file in ("pyproject.toml", "uv.lock"):
        taken.update((description / file).read_bytes() + b"\0")
    if name == AGENT:
        for path, below in agent_files():
            taken.update(str(below).encode() + b"\0" + path.read_bytes() + b"\0")
    return taken.hexdigest()[:16]


def version(image: Path) -> str:
    """The version of a prepared image, which a person compares by eye: 12 digits of its digest."""
    return image.name[:_VERSION_DIGITS]


def locked_packages(description: Path) -> int:
    """How many packages the lock names, those of other platforms and the project included: the
    total that a progress bar counts up to.
    """
    lock = (description / "uv.lock").read_text(encoding="utf-8")
    return lock.count("\n[[package]]")
