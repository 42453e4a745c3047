"""`GET /metadata/endpoints`: where a client finds what, as Azure's own clouds answer it.

The SDK asks six to nine times per client and `az cloud register` once, so the two documents are
made once per origin. They are public: they hold addresses only.
"""

import json
from functools import lru_cache
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request, Response

from studiolo.api.arm.origin import api_origin
from studiolo.api.arm.versions import require_version
from studiolo.api.deps import Provided
from studiolo.api.discovery import description
from studiolo.api.schema.discovery import Clouds
from studiolo.api.schema.saying import gives

router = APIRouter(tags=["discovery"])
router.include_router(description.router)

CLOUD_NAME = "Studiolo"

_SINGLE_SINCE = "2022-09-01"
"""From this api-version on the reply is one cloud, before it a list of clouds."""

_SERVICES = (
    "graph",
    "gallery",
    "batch",
    "sqlManagement",
    "activeDirectoryDataLake",
    "mediaResourceId",
    "vmImageAliasDoc",
    "graphAudience",
    "microsoftGraphResourceId",
    "ossrdbmsAadResourceId",
    "logAnalyticsResourceId",
    "appInsightsResourceId",
    "appInsightsTelemetryChannelResourceId",
    "synapseAnalyticsResourceId",
)
"""Services of Azure that clients expect to see named. Studiolo has none of them; its own address
stands there so that nothing is ever sent to a stranger's."""

_SUFFIXES = {
    "storage": "core",
    "keyVaultDns": "vault",
    "sqlServerHostname": "sql",
    "acrLoginServer": "azurecr",
}
_NO_SUFFIXES = (
    "azureDataLakeStoreFileSystem",
    "azureDataLakeAnalyticsCatalogAndJob",
    "mysqlServerEndpoint",
    "postgresqlServerEndpoint",
    "mariadbServerEndpoint",
    "synapseAnalytics",
    "mhsmDns",
)


@router.get("/metadata/endpoints", responses=gives(Clouds))
async def metadata(
    request: Request, version: Annotated[str, Depends(require_version)], services: Provided
) -> Response:
    """The cloud's document; clients over plain http are sent to https, where tokens may travel."""
    origin = api_origin(request, services.settings)
    if not origin.startswith("https://"):
        origin = services.settings.https_origin
    one, many = _documents(origin, services.deployment.tenant)
    body = one if version[: len(_SINGLE_SINCE)] >= _SINGLE_SINCE else many
    return Response(body, media_type="application/json")


@lru_cache(maxsize=16)
def _documents(origin: str, tenant: str) -> tuple[bytes, bytes]:
    document = cloud(origin, tenant)
    return json.dumps(document).encode(), json.dumps([document]).encode()


def cloud(origin: str, tenant: str) -> dict[str, Any]:
    """The document for a deployment that is reached at `origin`."""
    host = urlsplit(origin).netloc
    return {
        "name": CLOUD_NAME,
        "portal": origin,
        "resourceManager": origin,
        "authentication": {
            "loginEndpoint": origin,
            "audiences": [origin],
            "tenant": tenant,
            "identityProvider": "AAD",
        },
        **dict.fromkeys(_SERVICES, origin),
        "suffixes": {name: f"{prefix}.{host}" for name, prefix in _SUFFIXES.items()}
        | dict.fromkeys(_NO_SUFFIXES, ""),
    }
