"""What the routes of files take and give. What they give is described in `schema/files.py`."""

from typing import Any

from pydantic import Field

from studiolo.api.arm import etag
from studiolo.api.arm.bodies import ArmModel
from studiolo.api.arm.rendering import instant
from studiolo.files.entries import Entry


class MoveBody(ArmModel):
    """Body of a move: two paths in the same share."""

    source: str = Field(alias="from")
    target: str = Field(alias="to")


def render(entry: Entry) -> dict[str, Any]:
    """An entry as a reply has it: a `FileEntry`."""
    return {
        "name": entry.name,
        "path": entry.path,
        "type": entry.kind.value,
        "sizeBytes": entry.size,
        "modifiedAt": instant(entry.modified_at),
        "etag": None if entry.etag is None else etag.quoted(entry.etag),
    }
