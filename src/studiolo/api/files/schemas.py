"""What the routes of files take and give, for checking and for OpenAPI."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from studiolo.api.arm import etag
from studiolo.api.arm.bodies import ArmModel
from studiolo.api.arm.rendering import instant
from studiolo.files.entries import Entry


class _Reply(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, frozen=True, populate_by_name=True)


class FileEntry(_Reply):
    """One thing in a share.

    :param path: from the share's top, with `/`.
    :param type: `other` is a link, a pipe, or something that no path can name.
    :param size_bytes: of files only.
    :param etag: quoted; of files only.
    """

    name: str
    path: str
    type: Literal["directory", "file", "other"]
    size_bytes: int | None
    modified_at: str
    etag: str | None


class FileList(_Reply):
    """A page of a folder."""

    value: list[FileEntry]
    next_link: str | None = None


class MoveBody(ArmModel):
    """Body of a move: two paths in the same share."""

    source: str = Field(alias="from")
    target: str = Field(alias="to")


def render(entry: Entry) -> dict[str, Any]:
    """An entry as a reply has it: a :class:`FileEntry`."""
    return {
        "name": entry.name,
        "path": entry.path,
        "type": entry.kind.value,
        "sizeBytes": entry.size,
        "modifiedAt": instant(entry.modified_at),
        "etag": None if entry.etag is None else etag.quoted(entry.etag),
    }
