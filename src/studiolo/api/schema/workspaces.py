"""Workspaces."""

from typing import Literal

from studiolo.api.schema.arm import Paged, Resource, SystemData
from studiolo.api.schema.base import Answer, Instant, Tags, left_out


class WorkspaceIdentity(Answer):
    """An identity that a workspace was asked to have; nothing uses it."""

    type: Literal["SystemAssigned"]
    tenant_id: str


class WorkspaceSku(Answer):
    """There is one."""

    name: Literal["Basic"]
    tier: Literal["Basic"]


class WorkspaceProperties(Answer):
    """What a workspace is. The ids of other resources are kept as they were given."""

    friendly_name: str
    description: str
    storage_account: str = left_out()
    key_vault: str = left_out()
    application_insights: str = left_out()
    container_registry: str = left_out()
    provisioning_state: Literal["Succeeded", "Deleting"]
    workspace_id: str
    tenant_id: str
    creation_time: Instant
    public_network_access: Literal["Enabled"]
    hbi_workspace: Literal[False]
    storage_hns_enabled: Literal[False]
    v1_legacy_mode: Literal[False]
    allow_public_access_when_behind_vnet: Literal[False]
    private_link_count: Literal[0]


class WorkspaceResource(Resource):
    """A workspace."""

    location: str
    kind: Literal["Default"]
    tags: Tags
    identity: WorkspaceIdentity | None
    sku: WorkspaceSku
    etag: str
    system_data: SystemData
    properties: WorkspaceProperties


class WorkspaceList(Paged):
    """A page of the workspaces that the caller may read."""

    value: list[WorkspaceResource]


class WorkspaceKeys(Answer):
    """Keys of associated resources: there are none."""

    user_storage_key: None
    user_storage_resource_id: None
    app_insights_instrumentation_key: None
    container_registry_credentials: None
    notebook_access_keys: None
