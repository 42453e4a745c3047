"""A line of the activity log as Azure's `EventData`, as far as it is known here."""

import uuid
from dataclasses import dataclass
from typing import Any

from studiolo.api.activity.titles import title
from studiolo.api.arm.rendering import instant
from studiolo.api.services import Deployment
from studiolo.domain.resources import ActivityEntry
from studiolo.store.activity import Place

_LEVELS = {"Failed": "Error", "Denied": "Warning"}
"""By status; all others are informational."""

_OBJECT_ID = "http://schemas.microsoft.com/identity/claims/objectidentifier"


@dataclass(frozen=True, slots=True)
class View:
    """What rendering needs to know of the deployment."""

    deployment: Deployment

    def render(self, line: tuple[Place, ActivityEntry]) -> dict[str, Any]:
        """The whole event."""
        place, entry = line
        event_id = str(uuid.uuid5(uuid.UUID(self.deployment.id), f"activity/{place.number}"))
        return {
            "id": f"{entry.scope}/events/{event_id}",
            "eventDataId": event_id,
            "correlationId": entry.correlation,
            "operationId": entry.correlation,
            "eventTimestamp": instant(entry.at),
            "submissionTimestamp": instant(entry.at),
            "caller": entry.principal_name,
            "claims": {_OBJECT_ID: entry.principal, "name": entry.principal_name}
            if entry.principal
            else {},
            "authorization": {"action": entry.operation, "scope": entry.scope},
            "operationName": {"value": entry.operation, "localizedValue": title(entry.operation)},
            "status": _named(entry.status),
            "level": _LEVELS.get(entry.status, "Informational"),
            "category": _named("Administrative"),
            "channels": "Operation",
            "description": entry.detail,
            "properties": {"eventCategory": "Administrative", "entity": entry.scope},
            "resourceId": entry.scope,
            **_about(entry.scope),
            "subscriptionId": self.deployment.subscription,
            "tenantId": self.deployment.tenant,
        }


def _named(value: str) -> dict[str, str]:
    return {"value": value, "localizedValue": value}


def _about(scope: str) -> dict[str, Any]:
    """Group, provider and type of the resource that a scope names."""
    before, _, below = scope.partition("/providers/")
    parts = before.strip("/").split("/")
    provider, *pairs = below.split("/") if below else ["Microsoft.Resources"]
    kind = "/".join([provider, *pairs[::2]]) if below else _outer_type(len(parts))
    return {
        "resourceGroupName": parts[3] if len(parts) > 3 else "",
        "resourceProviderName": _named(provider),
        "resourceType": _named(kind),
    }


def _outer_type(segments: int) -> str:
    inner = "/resourceGroups" if segments > 2 else ""
    return f"Microsoft.Resources/subscriptions{inner}"
