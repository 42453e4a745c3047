"""Which properties of a workspace mean something here, and what is refused.

A workspace of Azure has many properties for things Studiolo does not do yet: customer-managed keys,
managed networks, hubs, feature stores. Clients send most of them with values that ask for nothing
("Disabled", "", false); those are accepted and dropped. A value that asks for something is refused
by name, so that nobody believes in a protection that is not there.

Property names follow Azure's REST reference for workspaces up to api-version 2025-12-01.
"""

from collections.abc import Mapping
from typing import Any

from studiolo.domain.errors import Detail, InvalidInput

TEXTS = {"friendlyName": 256, "description": 4096}
"""Kept as given; longest length in characters."""

REFERENCES = ("storageAccount", "keyVault", "applicationInsights", "containerRegistry")
"""ARM ids of associated resources. Kept and shown as given, used for nothing: files live on the
workspace's own share."""

_LONGEST_ID = 2048

READ_ONLY = frozenset(
    {
        "agentsEndpointUri",
        "creationTime",
        "discoveryUrl",
        "mlFlowTrackingUri",
        "notebookInfo",
        "privateEndpointConnections",
        "privateLinkCount",
        "provisioningState",
        "serviceProvisionedResourceGroup",
        "storageHnsEnabled",
        "tenantId",
        "workspaceId",
    }
)
"""Set by the server; ignored in a request, so that what was read can be put back."""

_NOTHING = frozenset({"", "none", "disabled", "false", "null"})
"""Texts that ask for nothing."""

NEUTRAL: Mapping[str, frozenset[str]] = {
    "allowPublicAccessWhenBehindVnet": frozenset(),
    "allowRecoverSoftDeletedWorkspace": frozenset(),
    "allowRoleAssignmentOnRG": frozenset({"true"}),
    "associatedWorkspaces": frozenset(),
    "containerRegistries": frozenset(),
    "enableDataIsolation": frozenset(),
    "enableServiceSideCMKEncryption": frozenset(),
    "enableSimplifiedCmk": frozenset(),
    "enableSoftwareBillOfMaterials": frozenset(),
    "encryption": frozenset(),
    "existingWorkspaces": frozenset(),
    "featureStoreSettings": frozenset(),
    "hbiWorkspace": frozenset(),
    "hubResourceId": frozenset(),
    "imageBuildCompute": frozenset(),
    "ipAllowlist": frozenset(),
    "keyVaults": frozenset(),
    "managedNetwork": frozenset(),
    "networkAcls": frozenset({"allow"}),
    "primaryUserAssignedIdentity": frozenset(),
    "provisionNetworkNow": frozenset(),
    "publicNetworkAccess": frozenset({"enabled"}),
    "serverlessComputeSettings": frozenset(),
    "serviceManagedResourcesSettings": frozenset(),
    "sharedPrivateLinkResources": frozenset(),
    "softDeleteEnabled": frozenset(),
    "softDeleteRetentionInDays": frozenset(),
    "storageAccounts": frozenset(),
    "systemDatastoresAuthMode": frozenset({"accesskey"}),
    "v1LegacyMode": frozenset(),
    "workspaceHubConfig": frozenset(),
}
"""Properties for what is not done here, with the texts that ask for nothing beside the usual."""

_EXCEPTIONS = {"publicNetworkAccess": ("disabled",), "allowRoleAssignmentOnRG": ()}
"""Usual words that do ask for something there."""

_DEEPEST = 16


def kept_properties(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Properties to store, of those a client sent.

    :raises InvalidInput: `InvalidParameter`, naming every property that cannot be honoured.
    """
    problems: list[Detail] = []
    kept: dict[str, Any] = {}
    for name, value in properties.items():
        message = _problem(name, value)
        if message is not None:
            target = f"properties.{name[:120]}"
            problems.append(Detail("InvalidParameter", message, target))
        elif (name in TEXTS or name in REFERENCES) and value is not None:
            kept[name] = value
    if problems:
        first = problems[0]
        raise InvalidInput(first.message, target=first.target, details=problems[:20])
    return kept


def _problem(name: str, value: Any) -> str | None:
    if name in TEXTS:
        return _text_problem(name, value, TEXTS[name])
    if name in REFERENCES:
        return _reference_problem(name, value)
    if name in READ_ONLY:
        return None
    if name not in NEUTRAL:
        return f"'properties.{name[:120]}' is not a property of a workspace."
    words = (_NOTHING | NEUTRAL[name]) - set(_EXCEPTIONS.get(name, ()))
    if _asks_for_nothing(value, words, 0):
        return None
    return (
        f"'properties.{name}' asks for something Studiolo does not do yet. Leave it out, or give "
        "it the value that turns it off."
    )


def _text_problem(name: str, value: Any, longest: int) -> str | None:
    if value is None or (isinstance(value, str) and len(value) <= longest):
        return None
    return f"'properties.{name}' must be a text of at most {longest} characters."


def _reference_problem(name: str, value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, str) and value.startswith("/") and len(value) <= _LONGEST_ID:
        return None
    return f"'properties.{name}' must be an ARM resource id, which begins with '/subscriptions/'."


def _asks_for_nothing(value: Any, words: frozenset[str], depth: int) -> bool:
    if value is None or depth > _DEEPEST:
        return value is None
    if isinstance(value, bool):
        return str(value).lower() in words
    if isinstance(value, str):
        return value.lower() in words
    if isinstance(value, dict):
        return all(_asks_for_nothing(each, words, depth + 1) for each in value.values())
    if isinstance(value, list):
        return all(_asks_for_nothing(each, words, depth + 1) for each in value)
    return bool(value == 0)
