"""Shapes that all of Azure Resource Manager's resources share."""

from typing import Any, Literal

from studiolo.api.schema.base import Answer, Instant, left_out


class ErrorDetail(Answer):
    """What is wrong: a code for programs, a sentence for people, the field that it is about."""

    code: str
    message: str
    target: str = left_out()
    details: list["ErrorDetail"] = left_out()


class ErrorResponse(Answer):
    """Every failure."""

    error: ErrorDetail


class SystemData(Answer):
    """Who made a resource and who changed it last."""

    created_at: Instant
    created_by: str
    created_by_type: Literal["User", "Application"]
    last_modified_at: Instant
    last_modified_by: str
    last_modified_by_type: Literal["User", "Application"]


class Resource(Answer):
    """What every resource has."""

    id: str
    name: str
    type: str


class Paged(Answer):
    """A page of a list; `nextLink` is where it goes on, and is not there on the last one."""

    next_link: str = left_out()


class Nothing(Answer):
    """An object with nothing in it."""


AnyObject = dict[str, Any]
"""An object that is kept as somebody gave it."""
