"""What the activity log answers."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class _Shape(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")


class Named(_Shape):
    """A word, and what people say for it."""

    value: str
    localized_value: str


class Authorization(_Shape):
    """The right that was used."""

    action: str
    scope: str


class ActivityEvent(_Shape):
    """One line: Azure's `EventData`. `description` tells more, where there is more to tell."""

    id: str
    event_data_id: str
    correlation_id: str
    operation_id: str
    event_timestamp: str
    submission_timestamp: str
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


class ActivityEventList(_Shape):
    """A page of the activity log, newest first."""

    value: list[ActivityEvent]
    next_link: str | None = None
