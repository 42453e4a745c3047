"""The machine image without what people work with: a tenth to send, unpack and move.

What is left boots as the whole one does, and its agent answers.
"""

import secrets
import shutil
import subprocess
from pathlib import Path

from studiolo.engines.incus.image.pack import METADATA, ROOTFS
from tests.support.machine_image import build_image, layers

_LEFT_OUT = (
    *(f"opt/studiolo/{each}" for each in ("ml", "node", "code-server")),
    *(f"usr/lib/{each}" for each in ("R", "gcc", "podman", "git-core")),
    *("usr/include", "usr/libexec/gcc"),
    *(f"usr/share/{each}" for each in ("R", "doc", "fonts", "locale", "man", "perl")),
)


def small_image() -> Path:
    """A folder as `registry.send` takes it, kept for the next run."""
    whole = build_image("slim").folder
    folder = layers().caches / f"small-{whole.name}"
    if not folder.is_dir():
        for former in folder.parent.glob("small-*"):
            shutil.rmtree(former)
        _make(whole, folder)
    return folder


def _make(whole: Path, folder: Path) -> None:
    building = folder.with_name(f".building-{secrets.token_hex(4)}")
    building.mkdir(parents=True)
    try:
        root = building / "root"
        unpack = ["unsquashfs", "-q", "-n", "-d", str(root), "-excludes", str(whole / ROOTFS)]
        _run(*unpack, *_LEFT_OUT)
        pack = ["mksquashfs", str(root), str(building / ROOTFS), "-comp", "zstd"]
        _run(*pack, "-Xcompression-level", "1", "-noappend", "-no-progress", "-quiet")
        shutil.rmtree(root)
        shutil.copy(whole / METADATA, building / METADATA)
        building.rename(folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _run(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"
