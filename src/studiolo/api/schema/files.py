"""Files of a workspace's share."""

from typing import Literal

from studiolo.api.schema.arm import Paged
from studiolo.api.schema.base import Answer, Instant


class FileEntry(Answer):
    """One thing in a share. `path` is from the share's top, with `/`; `other` is a link, a pipe, or
    something that no path can name. `sizeBytes` and `etag` are of files only.
    """

    name: str
    path: str
    type: Literal["directory", "file", "other"]
    size_bytes: int | None
    modified_at: Instant
    etag: str | None


class FileList(Paged):
    """A page of a folder: folders first, then by name."""

    value: list[FileEntry]
