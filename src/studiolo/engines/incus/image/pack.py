"""Packing an image's layers as a daemon takes them: a file system and a page of metadata."""

import io
import json
import platform
import tarfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from studiolo.engines.incus.image.chamber import view
from studiolo.engines.incus.image.layers import begin, finish
from studiolo.engines.incus.image.manifest import Manifest
from studiolo.engines.incus.image.workshop import Bench

ROOTFS, METADATA, MANIFEST = "rootfs.squashfs", "metadata.tar", "manifest.json"
PROPERTY = "studiolo"

_COMPRESSION = ("-comp", "zstd", "-Xcompression-level", "1")
"""Unpacked once per host: time to pack and unpack counts, not the last tenth of size."""

_LEFT_OUT = ("root/.cache", "tmp/*", "run/*", "var/cache/ldconfig", "var/cache/debconf/*-old")


def our_properties(manifest: Manifest) -> dict[str, str]:
    """The daemon's properties of the image, which its containers inherit."""
    told = ("image", "variant", "version", "created")
    return {
        "description": f"Studiolo {manifest['image']} {manifest['variant']} {manifest['version']}",
        "os": str(manifest["base"]).split()[0],
        "release": str(manifest["base"]).split()[-1],
        **{f"{PROPERTY}.{each}": str(manifest[each]) for each in told},
    }


def pack(bench: Bench, finished: Path, manifest: Manifest) -> None:
    """Make the folder `finished` with the three files, from the layers on the bench."""
    building = bench.building
    (building / "root").mkdir()
    squash = ["mksquashfs", str(building / "root"), str(building / ROOTFS), *_COMPRESSION]
    squash += ["-noappend", "-no-progress", "-quiet", "-wildcards", "-e", *_LEFT_OUT]
    bench.outside(view(bench.lower, building / "root", squash))
    (building / "root").rmdir()
    write_metadata(building / METADATA, manifest)
    (building / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    finish(building, finished)


def read(folder: Path) -> Manifest:
    """The manifest of a packed image."""
    value: Manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return value


def start(finished: Path) -> Path:
    """The folder in which it is packed."""
    return begin(finished)


def write_metadata(
    path: Path, manifest: Manifest, properties: Mapping[str, str] | None = None
) -> None:
    """Write the archive that tells a daemon about an image.

    :param properties: in place of those that make it one of ours.
    """
    created = int(datetime.fromisoformat(str(manifest["created"])).timestamp())
    page = {
        "architecture": platform.machine(),
        "creation_date": created,
        "properties": our_properties(manifest) if properties is None else dict(properties),
        "templates": {},
    }
    # JSON is YAML.
    data = json.dumps(page, indent=1).encode()
    with tarfile.open(path, "w") as tar:
        entry = tarfile.TarInfo("metadata.yaml")
        entry.size, entry.mtime = len(data), created
        tar.addfile(entry, io.BytesIO(data))


def size(folder: Path) -> int:
    """Bytes that a daemon is sent."""
    return sum((folder / each).stat().st_size for each in (ROOTFS, METADATA))
