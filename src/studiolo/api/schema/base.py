"""What all models of answers share."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel

Instant = Annotated[
    str,
    Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A moment: ISO 8601 in UTC, with a Z."""

Tags = dict[str, str]


class Answer(BaseModel):
    """An object in an answer: camelCase on the wire, no field more and none less."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        frozen=True,
        strict=True,
        validate_by_name=True,
        serialize_by_alias=True,
    )


def left_out(**about: Any) -> Any:
    """A field that is not there where it has nothing to say; it is never null.

    :param about: as of pydantic's `Field`.
    """
    return Field(default=None, json_schema_extra=_without_default, **about)


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)
