"""A machine's own Python environment, layered on an image in milliseconds.

It is a virtual environment of its own (interpreter link, `pyvenv.cfg`, site-packages) whose import
path goes on into the image's site-packages. pip inside it installs into the machine: what it
installs comes first on the import path and so shadows the image's; what the image holds lies
outside `sys.prefix`, and pip does not uninstall what is outside the environment it runs in.
"""

import shutil
from pathlib import Path

from studiolo.durable import replace_file
from studiolo.engines.base import Permanent

_MARKER = ".studiolo-image"
_PTH = "zz_studiolo_image.pth"
_RELOCATABLE = b"#!/bin/sh\n'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")\"/'python'"
"""How uv begins a console script of a relocatable environment: the interpreter is the one beside
the script, so that a copy of it in the machine runs the machine's."""


def layer(environment: Path, image: Path) -> None:
    """Make `environment` a layer on `image`, or finish a half-made one. Repeating costs one read.

    :raises Permanent: `image` is not a prepared image.
    :raises OSError: the disk is full, or the like.
    """
    marker = environment / _MARKER
    if layered_on(environment) == image and (environment / "bin" / "python").exists():
        return
    marker.unlink(missing_ok=True)
    site_packages = _site_packages(image)
    below = site_packages.relative_to(image)
    (environment / below).mkdir(parents=True, exist_ok=True)
    (environment / "bin").mkdir(exist_ok=True)
    _link(environment / "lib64", "lib")
    _interpreter(environment / "bin", image, below.parts[1])
    shutil.copyfile(image / "pyvenv.cfg", environment / "pyvenv.cfg")
    (environment / "pyvenv.cfg").chmod(0o600)
    line = f"import site; site.addsitedir({str(site_packages)!r})\n"
    replace_file(environment / below / _PTH, line.encode())
    _scripts(environment / "bin", image / "bin")
    replace_file(marker, str(image).encode())


def layered_on(environment: Path) -> Path | None:
    """The image that `environment` was layered on; None where it is not whole."""
    try:
        return Path((environment / _MARKER).read_text(encoding="utf-8"))
    except OSError:
        return None


def jupyter_path(environment: Path, image: Path, *below: str) -> str:
    """A search path for Jupyter's data or configuration: the machine's first, then the image's."""
    return ":".join(str(root.joinpath(*below)) for root in (environment, image))


def jupyterlab_folder(environment: Path, image: Path) -> Path:
    """JupyterLab's assets: the machine's if pip installed JupyterLab there, else the image's."""
    below = Path("share", "jupyter", "lab")
    own = environment / below
    return own if (own / "static").is_dir() else image / below


def _site_packages(image: Path) -> Path:
    found = sorted(image.glob("lib/python3.*/site-packages"))
    if not found or not (image / "pyvenv.cfg").is_file():
        raise Permanent(
            "The machine's image is damaged: it is not a prepared image. An administrator removes "
            "it, and 'studiolo up' prepares it again.",
            detail=str(image),
        )
    return found[-1]


def _interpreter(folder: Path, image: Path, versioned: str) -> None:
    """`python` leads to what the image's does; the interpreter finds `pyvenv.cfg` beside `bin`."""
    _link(folder / "python", str((image / "bin" / "python").readlink()))
    for name in ("python3", versioned):
        _link(folder / name, "python")


def _link(path: Path, target: str) -> None:
    if path.is_symlink() and str(path.readlink()) == target:
        return
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def _scripts(folder: Path, image: Path) -> None:
    """Copy the image's console scripts, but none over one that pip put into the machine."""
    for script in image.iterdir():
        if script.is_symlink() or not script.is_file():
            continue
        data = script.read_bytes()
        if not data.startswith(_RELOCATABLE):
            continue
        target = folder / script.name
        if not target.exists() or target.read_bytes().startswith(_RELOCATABLE):
            target.unlink(missing_ok=True)
            target.write_bytes(data)
            target.chmod(0o700)
