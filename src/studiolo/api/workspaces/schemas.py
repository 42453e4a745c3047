"""Request bodies of workspaces, and the draft they come to."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studiolo.api.arm.bodies import ArmModel
from studiolo.api.services import Services
from studiolo.api.subscriptions.scope import known_location
from studiolo.api.subscriptions.tags import checked_tags
from studiolo.api.workspaces.properties import kept_properties
from studiolo.domain.errors import InvalidInput

TYPE = "Microsoft.MachineLearningServices/workspaces"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,32}", re.ASCII)
"""Azure's rule: 3-33 characters, letters, digits, '-' and '_', starting with a letter or digit."""


class WorkspaceBody(ArmModel):
    """PUT. What only the server sets (id, etag ...) may be there and is ignored."""

    location: str
    tags: dict[str, Any] | None = None
    kind: str | None = None
    identity: dict[str, Any] | None = None
    sku: dict[str, Any] | None = None
    properties: dict[str, Any] | None = None
    id: Any = None
    name: Any = None
    type: Any = None
    etag: Any = None
    system_data: Any = None


class WorkspacePatch(ArmModel):
    """PATCH. A field that is left out stays as it is; `tags` replaces all tags, as in Azure."""

    tags: dict[str, Any] | None = None
    identity: dict[str, Any] | None = None
    sku: dict[str, Any] | None = None
    properties: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class WorkspaceDraft:
    """A checked body."""

    location: str
    kind: str
    tags: Mapping[str, str]
    identity: Mapping[str, Any] | None
    properties: Mapping[str, Any]


def draft_of(body: WorkspaceBody, services: Services) -> WorkspaceDraft:
    """Check a PUT's body.

    :raises InvalidInput: a value is not acceptable; the target names it.
    """
    _check_sku(body.sku)
    if (body.kind or "default").lower() != "default":
        raise InvalidInput(
            f"The kind '{str(body.kind)[:80]}' is not supported: workspaces are of kind 'Default'.",
            target="kind",
        )
    return WorkspaceDraft(
        location=known_location(services, body.location, TYPE),
        kind="Default",
        tags=checked_tags(body.tags),
        identity=checked_identity(body.identity),
        properties=kept_properties(body.properties or {}),
    )


def check_name(name: str) -> None:
    """Hold a new workspace's name against Azure's rule.

    :raises InvalidInput: it breaks it.
    """
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"The workspace name '{name[:80]}' is not valid: 3 to 33 letters, digits, '-' and '_', "
            "starting with a letter or digit.",
            target="workspaceName",
        )


def checked_patch(
    body: WorkspacePatch,
) -> tuple[dict[str, str] | None, Mapping[str, Any] | None, dict[str, Any]]:
    """New tags, new identity, changed properties; None where nothing changes.

    :raises InvalidInput: a value is not acceptable.
    """
    _check_sku(body.sku)
    tags = None if body.tags is None else checked_tags(body.tags)
    identity = None if body.identity is None else checked_identity(body.identity)
    return tags, identity, kept_properties(body.properties or {})


def checked_identity(identity: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The identity to store: SystemAssigned or none.

    :raises InvalidInput: it asks for user-assigned identities.
    """
    if identity is None:
        return None
    kind = str(identity.get("type", "")).lower()
    others = identity.get("userAssignedIdentities")
    unknown = identity.keys() - {"type", "userAssignedIdentities", "principalId", "tenantId"}
    if kind in {"systemassigned", "none"} and not others and not unknown:
        return {"type": "SystemAssigned"} if kind == "systemassigned" else None
    raise InvalidInput(
        "'identity.type' must be 'SystemAssigned' or 'None': user-assigned identities are not "
        "supported.",
        target="identity.type",
    )


def _check_sku(sku: Mapping[str, Any] | None) -> None:
    if sku and not all(
        key in {"name", "tier"} and str(value).lower() in {"basic", "none"}
        for key, value in sku.items()
    ):
        raise InvalidInput("'sku' must be {'name': 'Basic', 'tier': 'Basic'}.", target="sku")
