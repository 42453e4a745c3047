"""What the activity log answers."""

from typing import Any

from pydantic import Field

from studiolo.api.schema.arm import Paged
from studiolo.api.schema.base import Answer, Instant


class Named(Answer):
    """A word, and what people say for it."""

    value: str
    localized_value: str


class Authorization(Answer):
    """The right that was used."""

    action: str
    scope: str


class ActivityEvent(Answer):
    """One line: Azure's `EventData`. `description` tells more, where there is more to tell."""

    id: str
    event_data_id: str
    correlation_id: str
    operation_id: str
    event_timestamp: Instant
    submission_timestamp: Instant
    caller: str = Field(description="Name of who did it; empty where nobody known did.")
    claims: dict[str, str]
    authorization: Authorization
    operation_name: Named
    status: Named
    level: str
    category: Named
    channels: str
    description: str
    properties: dict[str, Any]
    resource_id: str
    resource_group_name: str
    resource_provider_name: Named
    resource_type: Named
    subscription_id: str
    tenant_id: str


class ActivityEventList(Paged):
    """A page of the activity log, newest first."""

    value: list[ActivityEvent]
