"""Request bodies of resource groups."""

import re
from typing import Any

from studiolo.api.arm.bodies import ArmModel
from studiolo.domain.errors import InvalidInput

TYPE = "Microsoft.Resources/resourceGroups"

_NAME = re.compile(r"[\w().-]{0,89}[\w()-]")
"""Azure's rule: 1-90 letters, digits, '_', '-', '.', '(' and ')', not ending with a full stop."""


class GroupBody(ArmModel):
    """PUT. What only the server sets may be there and is ignored."""

    location: str
    tags: dict[str, Any] | None = None
    managed_by: None = None
    properties: dict[str, Any] | None = None
    id: Any = None
    name: Any = None
    type: Any = None
    etag: Any = None
    system_data: Any = None


class GroupPatch(ArmModel):
    """PATCH: only tags can change."""

    tags: dict[str, Any] | None = None
    properties: dict[str, Any] | None = None
    name: Any = None


def check_name(name: str) -> None:
    """Hold a new group's name against Azure's rule.

    :raises InvalidInput: it breaks it.
    """
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"The resource group name '{name[:100]}' is not valid: 1 to 90 letters, digits, '_', "
            "'-', '.', '(' and ')', not ending with '.'.",
            code="InvalidResourceGroupName",
            target="resourceGroupName",
        )


def check_properties(properties: dict[str, Any] | None) -> None:
    """A group's only property is set by the server.

    :raises InvalidInput: there is another one.
    """
    for name in (properties or {}).keys() - {"provisioningState"}:
        raise InvalidInput(
            f"'properties.{name[:80]}' is not a property of a resource group.",
            target=f"properties.{name[:80]}",
        )
