"""A workspace as Azure's clients read it."""

from typing import Any

from studiolo.api.arm.etag import quoted
from studiolo.api.arm.rendering import instant, system_data
from studiolo.api.services import Services
from studiolo.api.workspaces.schemas import TYPE
from studiolo.domain.resources import Workspace


def render(workspace: Workspace, services: Services) -> dict[str, Any]:
    """ARM's `Workspace`."""
    identity = workspace.identity
    if identity is not None:
        identity = dict(identity) | {"tenantId": services.deployment.tenant}
    return {
        "id": workspace.arm_id,
        "name": workspace.name,
        "type": TYPE,
        "location": workspace.location,
        "kind": workspace.kind,
        "tags": dict(workspace.tags),
        "identity": identity,
        "sku": {"name": "Basic", "tier": "Basic"},
        "etag": quoted(workspace.etag),
        "systemData": system_data(workspace.stamp),
        "properties": _properties(workspace, services),
    }


def _properties(workspace: Workspace, services: Services) -> dict[str, Any]:
    kept = {name: value for name, value in workspace.properties.items() if value}
    return {
        "friendlyName": kept.pop("friendlyName", workspace.name),
        "description": kept.pop("description", ""),
        **kept,
        "provisioningState": "Deleting" if workspace.deleting else "Succeeded",
        "workspaceId": workspace.id,
        "tenantId": services.deployment.tenant,
        "creationTime": instant(workspace.stamp.created_at),
        "publicNetworkAccess": "Enabled",
        "hbiWorkspace": False,
        "storageHnsEnabled": False,
        "v1LegacyMode": False,
        "allowPublicAccessWhenBehindVnet": False,
        "privateLinkCount": 0,
    }
