"""Subscriptions, tenants, regions and provider registrations, as `az` and the SDK ask for them."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from studiolo.api.deps import Concerned, Provided, SignedIn, authorized
from studiolo.api.schema.saying import gives
from studiolo.api.schema.subscriptions import (
    LocationList,
    ProviderList,
    ProviderResource,
    SubscriptionList,
    SubscriptionResource,
    TenantList,
)
from studiolo.api.services import Services
from studiolo.api.subscriptions.scope import known_subscription, subscription_path
from studiolo.domain.errors import NotFound
from studiolo.domain.resources import Principal

router = APIRouter(tags=["subscriptions"])

Reader = Annotated[Principal, Depends(Concerned("Microsoft.Resources/subscriptions/read"))]
Caller = Annotated[Principal, Depends(SignedIn())]

RESOURCE_TYPES: dict[str, tuple[str, ...]] = {
    "Microsoft.MachineLearningServices": (
        "workspaces",
        "workspaces/computes",
        "locations",
        "locations/vmSizes",
        "locations/usages",
        "locations/quotas",
        "locations/computeOperationsStatus",
        "locations/computeOperationResults",
        "locations/workspaceOperationsStatus",
    ),
    "Microsoft.Resources": (
        "subscriptions",
        "subscriptions/resourceGroups",
        "resourceGroups",
        "deployments",
    ),
    "Microsoft.Authorization": ("roleAssignments", "roleDefinitions"),
    "Microsoft.Network": ("virtualNetworks", "virtualNetworks/subnets"),
    "Microsoft.Insights": ("eventtypes",),
}
"""What there is. Clients read api-versions and regions from here before they touch a resource."""

_VERSIONS = {
    "Microsoft.MachineLearningServices": [
        "2025-12-01",
        "2025-06-01",
        "2024-10-01",
        "2024-10-01-preview",
        "2024-04-01",
        "2023-10-01",
        "2023-08-01-preview",
        "2023-04-01",
        "2022-10-01",
        "2021-03-01",
    ],
    "Microsoft.Resources": ["2025-04-01", "2024-11-01", "2022-09-01", "2021-04-01", "2020-06-01"],
    "Microsoft.Authorization": ["2022-04-01", "2020-04-01-preview", "2018-01-01-preview"],
    "Microsoft.Network": ["2024-07-01", "2024-05-01", "2023-11-01", "2022-07-01", "2020-11-01"],
    "Microsoft.Insights": ["2015-04-01"],
}
"""Named to clients that choose one; other dates are accepted too."""


@router.get("/subscriptions", responses=gives(SubscriptionList))
async def list_subscriptions(caller: Caller, services: Provided) -> dict[str, Any]:
    """The one subscription, for whoever holds a role in it; nothing for others."""
    concerned = await services.identity.concerned(caller, subscription_path(services))
    value = [_subscription(services)] if concerned else []
    return {"value": value, "count": {"type": "Total", "value": len(value)}}


@router.get("/subscriptions/{subscription}", responses=gives(SubscriptionResource))
async def get_subscription(
    _caller: Reader, subscription: str, services: Provided
) -> dict[str, Any]:
    """The subscription."""
    known_subscription(services, subscription)
    return _subscription(services)


@router.get("/subscriptions/{subscription}/locations", responses=gives(LocationList))
async def list_locations(_caller: Reader, subscription: str, services: Provided) -> dict[str, Any]:
    """Regions: each is an engine."""
    known_subscription(services, subscription)
    path = subscription_path(services)
    return {
        "value": [
            {
                "id": f"{path}/locations/{name}",
                "name": name,
                "type": "Region",
                "displayName": name,
                "regionalDisplayName": name,
                "metadata": {"regionType": "Physical", "regionCategory": "Recommended"},
            }
            for name in sorted(services.engines)
        ]
    }


@router.get("/tenants", responses=gives(TenantList))
async def list_tenants(_caller: Caller, services: Provided) -> dict[str, Any]:
    """The deployment's one tenant."""
    tenant = services.deployment.tenant
    return {
        "value": [
            {
                "id": f"/tenants/{tenant}",
                "tenantId": tenant,
                "displayName": "Studiolo",
                "tenantCategory": "Home",
                "domains": [services.settings.domain],
                "defaultDomain": services.settings.domain,
            }
        ]
    }


@router.get("/subscriptions/{subscription}/providers", responses=gives(ProviderList))
async def list_providers(_caller: Reader, subscription: str, services: Provided) -> dict[str, Any]:
    """Resource providers, all registered."""
    known_subscription(services, subscription)
    return {"value": [_provider(services, namespace) for namespace in RESOURCE_TYPES]}


@router.get(
    "/subscriptions/{subscription}/providers/{namespace}", responses=gives(ProviderResource)
)
async def get_provider(
    _caller: Reader, subscription: str, namespace: str, services: Provided
) -> dict[str, Any]:
    """One resource provider."""
    known_subscription(services, subscription)
    return _provider(services, _known_namespace(namespace))


@router.post(
    "/subscriptions/{subscription}/providers/{namespace}/register",
    responses=gives(ProviderResource),
)
async def register_provider(
    _caller: Annotated[
        Principal,
        Depends(authorized("Microsoft.Resources/subscriptions/providers/register/action")),
    ],
    subscription: str,
    namespace: str,
    services: Provided,
) -> dict[str, Any]:
    """Registering changes nothing: every provider there is, is registered."""
    known_subscription(services, subscription)
    return _provider(services, _known_namespace(namespace))


def _subscription(services: Services) -> dict[str, Any]:
    tenant = services.deployment.tenant
    return {
        "id": subscription_path(services),
        "subscriptionId": services.deployment.subscription,
        "tenantId": tenant,
        "displayName": "Studiolo",
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "Internal_2014-09-01",
            "spendingLimit": "Off",
        },
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
    }


def _known_namespace(namespace: str) -> str:
    for known in RESOURCE_TYPES:
        if known.lower() == namespace.lower():
            return known
    raise NotFound(
        f"The resource namespace '{namespace[:80]}' is invalid. There are: "
        f"{', '.join(RESOURCE_TYPES)}.",
        code="InvalidResourceNamespace",
        target="resourceProviderNamespace",
    )


def _provider(services: Services, namespace: str) -> dict[str, Any]:
    locations = sorted(services.engines)
    return {
        "id": f"{subscription_path(services)}/providers/{namespace}",
        "namespace": namespace,
        "registrationState": "Registered",
        "registrationPolicy": "RegistrationRequired",
        "resourceTypes": [
            {
                "resourceType": name,
                "locations": locations,
                "apiVersions": _VERSIONS[namespace],
                "capabilities": "None",
            }
            for name in RESOURCE_TYPES[namespace]
        ],
    }
