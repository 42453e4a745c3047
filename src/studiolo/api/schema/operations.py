"""Long-running operations."""

from studiolo.api.schema.base import Answer, Instant, left_out
from studiolo.domain.resources import OperationStatus


class OperationError(Answer):
    """Why an operation failed."""

    code: str
    message: str


class OperationStatusResult(Answer):
    """How an operation stands."""

    id: str
    name: str
    status: OperationStatus
    start_time: Instant
    end_time: Instant = left_out()
    resource_id: str
    error: OperationError = left_out()
