"""The built-in role definitions, with Azure's ids, names and permissions.

Source: Azure's `Microsoft.Authorization/roleDefinitions`, as documented under "Azure built-in
roles" (categories Privileged, General, AI + machine learning) in February 2026. Entries about
services that Studiolo does not have are kept, so that a definition reads the same in both places.
"""

from collections.abc import Mapping
from types import MappingProxyType

from studiolo.domain.access import Permission, RoleDefinition

_ML = "Microsoft.MachineLearningServices/workspaces"

OWNER = RoleDefinition(
    id="8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    name="Owner",
    description=(
        "Grants full access to manage all resources, including the ability to assign roles in "
        "Azure RBAC."
    ),
    permissions=(Permission(actions=("*",)),),
)

CONTRIBUTOR = RoleDefinition(
    id="b24988ac-6180-42a0-ab88-20f7382dd24c",
    name="Contributor",
    description=(
        "Grants full access to manage all resources, but does not allow you to assign roles in "
        "Azure RBAC, manage assignments in Azure Blueprints, or share image galleries."
    ),
    permissions=(
        Permission(
            actions=("*",),
            not_actions=(
                "Microsoft.Authorization/*/Delete",
                "Microsoft.Authorization/*/Write",
                "Microsoft.Authorization/elevateAccess/Action",
                "Microsoft.Blueprint/blueprintAssignments/write",
                "Microsoft.Blueprint/blueprintAssignments/delete",
                "Microsoft.Compute/galleries/share/action",
                "Microsoft.Purview/consents/write",
                "Microsoft.Purview/consents/delete",
                "Microsoft.Resources/deploymentStacks/manageDenySetting/action",
                "Microsoft.Subscription/cancel/action",
                "Microsoft.Subscription/enable/action",
            ),
        ),
    ),
)

READER = RoleDefinition(
    id="acdd72a7-3385-48ef-bd42-f606fba81ae7",
    name="Reader",
    description="View all resources, but does not allow you to make any changes.",
    permissions=(Permission(actions=("*/read",)),),
)

DATA_SCIENTIST = RoleDefinition(
    id="f6c7c914-8db3-469d-8ca1-694a8f32e121",
    name="AzureML Data Scientist",
    description=(
        "Can perform all actions within an Azure Machine Learning workspace, except for creating "
        "or deleting compute resources and modifying the workspace itself."
    ),
    permissions=(
        Permission(
            actions=(f"{_ML}/*/read", f"{_ML}/*/action", f"{_ML}/*/delete", f"{_ML}/*/write"),
            not_actions=(
                f"{_ML}/delete",
                f"{_ML}/write",
                f"{_ML}/computes/*/write",
                f"{_ML}/computes/*/delete",
                f"{_ML}/computes/listKeys/action",
                f"{_ML}/listKeys/action",
                f"{_ML}/hubs/write",
                f"{_ML}/hubs/delete",
                f"{_ML}/featurestores/write",
                f"{_ML}/featurestores/delete",
            ),
        ),
    ),
)

COMPUTE_OPERATOR = RoleDefinition(
    id="e503ece1-11d0-4e8e-8e2c-7a6c3bf38815",
    name="AzureML Compute Operator",
    description=(
        "Can access and perform CRUD operations on Machine Learning Services managed compute "
        "resources (including Notebook VMs)."
    ),
    permissions=(Permission(actions=(f"{_ML}/computes/*", f"{_ML}/notebooks/vm/*")),),
)

BUILT_IN: Mapping[str, RoleDefinition] = MappingProxyType(
    {role.id: role for role in (OWNER, CONTRIBUTOR, READER, DATA_SCIENTIST, COMPUTE_OPERATOR)}
)
"""By id (a lower-case UUID)."""
