"""The studio's built files, as they are served: in memory, compressed once.

The whole is a few megabytes; each file's name carries a digest of its content, so a browser keeps
it for good.
"""

import gzip
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DIST = Path(__file__).parent / "dist"
_INDEX = "index.html"
_COMPRESSED = ("text/", "application/json", "image/svg")
_LEVEL = 7


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its bytes, the same gzipped where that is worth it, and its media type."""

    plain: bytes
    gzipped: bytes | None
    media_type: str


@cache
def asset(name: str, folder: Path = DIST) -> Asset | None:
    """The file of that name in the build's assets/; None if there is none.

    Only names that are there when first asked for are looked up, so a name is never a path.
    """
    file = _files(folder).get(name)
    return _load(file) if file else None


@cache
def index(folder: Path = DIST) -> bytes | None:
    """The page that loads the studio; None where it was not built."""
    try:
        return (folder / _INDEX).read_bytes()
    except FileNotFoundError:
        return None


@cache
def _files(folder: Path) -> dict[str, Path]:
    return {file.name: file for file in (folder / "assets").glob("*") if file.is_file()}


def _load(file: Path) -> Asset:
    plain = file.read_bytes()
    media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    worth_it = media_type.startswith(_COMPRESSED) or media_type.endswith("javascript")
    return Asset(plain, gzip.compress(plain, _LEVEL, mtime=0) if worth_it else None, media_type)
