"""What people call the operations of the activity log."""

from collections.abc import Mapping

_ML = "Microsoft.MachineLearningServices"
_COMPUTES = f"{_ML}/workspaces/computes"
_STORAGE = f"{_ML}/workspaces/notebooks/storage"
_RESOURCES = "Microsoft.Resources"
_NETWORKS = "Microsoft.Network/virtualNetworks"
_IDENTITY = "Studiolo.Identity"

TITLES: Mapping[str, str] = {
    f"{_COMPUTES}/write": "Create or update compute",
    f"{_COMPUTES}/delete": "Delete compute",
    f"{_COMPUTES}/start/action": "Start compute",
    f"{_COMPUTES}/stop/action": "Stop compute",
    f"{_COMPUTES}/restart/action": "Restart compute",
    f"{_COMPUTES}/updateIdleShutdownSetting/action": "Change idle shutdown of compute",
    f"{_COMPUTES}/resize/action": "Resize compute",
    f"{_COMPUTES}/updateSchedules/action": "Update schedules of compute",
    f"{_COMPUTES}/reimage/action": "Reimage compute",
    f"{_COMPUTES}/clone/action": "Clone compute",
    f"{_COMPUTES}/snapshots/write": "Create snapshot of compute",
    f"{_COMPUTES}/snapshots/delete": "Delete snapshot of compute",
    f"{_COMPUTES}/snapshots/restore/action": "Restore compute from snapshot",
    f"{_STORAGE}/write": "Write file of workspace",
    f"{_STORAGE}/delete": "Delete file of workspace",
    f"{_ML}/workspaces/write": "Create or update workspace",
    f"{_ML}/workspaces/delete": "Delete workspace",
    f"{_ML}/locations/updateQuotas/action": "Update quota",
    f"{_ML}/locations/members/evacuate/action": "Evacuate member of region",
    f"{_ML}/locations/members/restore/action": "Restore member of region",
    f"{_RESOURCES}/subscriptions/resourceGroups/write": "Create or update resource group",
    f"{_RESOURCES}/subscriptions/resourceGroups/delete": "Delete resource group",
    f"{_RESOURCES}/deployments/write": "Create deployment",
    f"{_RESOURCES}/deployments/delete": "Delete deployment",
    f"{_NETWORKS}/write": "Create or update virtual network",
    f"{_NETWORKS}/delete": "Delete virtual network",
    f"{_NETWORKS}/subnets/write": "Create or update subnet",
    f"{_NETWORKS}/subnets/delete": "Delete subnet",
    "Microsoft.Authorization/roleAssignments/write": "Create role assignment",
    "Microsoft.Authorization/roleAssignments/delete": "Delete role assignment",
    f"{_IDENTITY}/signIn/action": "Sign in",
    f"{_IDENTITY}/signIn/link/action": "Sign in by link",
    f"{_IDENTITY}/signOut/action": "Sign out",
    f"{_IDENTITY}/servicePrincipals/signIn/action": "Sign in of service principal",
    f"{_IDENTITY}/servicePrincipals/write": "Create service principal",
    f"{_IDENTITY}/users/write": "Create or update user",
    f"{_IDENTITY}/users/link/action": "Create sign-in link",
    f"{_IDENTITY}/tokens/write": "Create access token",
    f"{_IDENTITY}/tokens/delete": "Revoke access token",
}
"""By operation, as it is recorded."""


def title(operation: str) -> str:
    """What people call it; an operation that has no other name is called by its own."""
    return TITLES.get(operation, operation)
