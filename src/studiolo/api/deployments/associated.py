"""The Azure SDK's template for a workspace, and the resources around it that are not made here.

`MLClient.workspaces.begin_create` and `az ml workspace create` deploy one fixed template. It
creates a storage account, a key vault, a log workspace and an application-insights component beside
the workspace, and hands their ids to it. Studiolo's workspaces need none of them, so for this one
template (recognised by its shape) they are left out and the workspace is made without those ids;
`docs/azure-sdk.md` says so. In any other template such a resource is refused by name.
"""

from collections.abc import Mapping
from typing import Any

from studiolo.api.workspaces.properties import REFERENCES
from studiolo.domain.template_resources import WORKSPACE, Expansion, TemplateResource

ASSOCIATED = frozenset(
    {
        "microsoft.containerregistry/registries",
        "microsoft.insights/components",
        "microsoft.keyvault/vaults",
        "microsoft.operationalinsights/workspaces",
        "microsoft.storage/storageaccounts",
    }
)
"""Types left out of the SDK's template, in lower case."""

_MARKS = frozenset(
    {
        "workspaceName",
        "friendlyName",
        "tagValues",
        "storageAccountOption",
        "keyVaultOption",
        "applicationInsightsOption",
        "containerRegistryOption",
    }
)
"""Parameters that every release of the SDK's template since 2023 declares."""


def left_out_types(template: Mapping[str, Any]) -> frozenset[str]:
    """Types to leave out of `template`: the associated ones if it is the SDK's, else none."""
    return ASSOCIATED if is_sdk_template(template) else frozenset()


def is_sdk_template(template: Mapping[str, Any]) -> bool:
    """Whether this is the SDK's template for a workspace, by its parameters and its workspace."""
    parameters, resources = template.get("parameters"), template.get("resources")
    if not isinstance(parameters, dict) or not isinstance(resources, list):
        return False
    return parameters.keys() >= _MARKS and any(
        isinstance(resource, dict)
        and resource.get("type") == WORKSPACE
        and resource.get("name") == "[parameters('workspaceName')]"
        for resource in resources
    )


def without_left_out(resource: TemplateResource, expansion: Expansion) -> dict[str, Any]:
    """The resource's body without references to what was left out: those things do not exist."""
    body = dict(resource.body)
    properties = body.get("properties")
    if isinstance(properties, dict) and expansion.left_out:
        body["properties"] = {
            name: value
            for name, value in properties.items()
            if not (name in REFERENCES and _ends_with_any(value, expansion.left_out))
        }
    return body


def _ends_with_any(value: Any, paths: frozenset[str]) -> bool:
    return isinstance(value, str) and any(value.lower().endswith(path) for path in paths)
