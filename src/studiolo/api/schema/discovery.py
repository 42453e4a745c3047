"""What an Azure client asks before anything else."""

from typing import Literal

from pydantic import RootModel

from studiolo.api.schema.base import Answer


class CloudAuthentication(Answer):
    """Where to sign in."""

    login_endpoint: str
    audiences: list[str]
    tenant: str
    identity_provider: Literal["AAD"]


class Cloud(Answer):
    """Where a client finds what; of Azure's services that there are not, this deployment's own
    address.
    """

    name: str
    portal: str
    resource_manager: str
    authentication: CloudAuthentication
    graph: str
    gallery: str
    batch: str
    sql_management: str
    active_directory_data_lake: str
    media_resource_id: str
    vm_image_alias_doc: str
    graph_audience: str
    microsoft_graph_resource_id: str
    ossrdbms_aad_resource_id: str
    log_analytics_resource_id: str
    app_insights_resource_id: str
    app_insights_telemetry_channel_resource_id: str
    synapse_analytics_resource_id: str
    suffixes: dict[str, str]


class Clouds(RootModel[Cloud | list[Cloud]]):
    """One cloud from api-version 2022-09-01 on, before it a list of clouds."""
