"""Errors that reach a person, each with Azure's code and the HTTP status it travels under.

    StudioloError
    ├── InvalidInput            400  (target names the field)
    ├── Unauthenticated         401
    ├── Forbidden               403
    ├── NotFound                404
    ├── Conflict                409
    │   └── QuotaExceeded       409
    ├── PreconditionFailed      412
    ├── TooManyRequests         429
    ├── Unavailable             503
    └── OutOfSpace              507

The API renders every one of them with a single handler as `{"error": {code, message, target,
details}}`. A message is a sentence: what happened, to what, and what to do.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Detail:
    """One entry of the ARM error's `details` list."""

    code: str
    message: str
    target: str | None = None


class StudioloError(Exception):
    """Base of every error a person may see.

    :param message: a sentence for a person.
    :param code: Azure's error code; the class's own where not given.
    :param target: the field, parameter or resource at fault.
    :param details: further errors, for example one per field.
    """

    status = 500
    default_code = "InternalServerError"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        target: str | None = None,
        details: Sequence[Detail] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.target = target
        self.details = tuple(details)


class InvalidInput(StudioloError):
    """The request is not acceptable as it is; nothing was changed."""

    status = 400
    default_code = "InvalidParameter"


class Unauthenticated(StudioloError):
    """Nobody, or nobody we know, is calling."""

    status = 401
    default_code = "AuthenticationFailed"


class Forbidden(StudioloError):
    """The caller is known and may not do this."""

    status = 403
    default_code = "AuthorizationFailed"


class NotFound(StudioloError):
    """No such resource, or none the caller may know of."""

    status = 404
    default_code = "ResourceNotFound"


class Conflict(StudioloError):
    """The resource's present state does not allow it."""

    status = 409
    default_code = "Conflict"


class QuotaExceeded(Conflict):
    """The region or family has no room left for the request."""

    default_code = "QuotaExceeded"


class PreconditionFailed(StudioloError):
    """If-Match or If-None-Match did not hold."""

    status = 412
    default_code = "PreconditionFailed"


class TooManyRequests(StudioloError):
    """Slow down; `retry_after` is in seconds."""

    status = 429
    default_code = "TooManyRequests"

    def __init__(self, message: str, *, retry_after: int, target: str | None = None) -> None:
        super().__init__(message, target=target)
        self.retry_after = retry_after


class Unavailable(StudioloError):
    """Something Studiolo depends on does not answer; trying again may help."""

    status = 503
    default_code = "ServiceUnavailable"


class OutOfSpace(StudioloError):
    """A disk is full; trying again helps only once somebody has made room."""

    status = 507
    default_code = "InsufficientStorage"
