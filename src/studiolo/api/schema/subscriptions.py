"""The subscription, its tenant, its regions and its resource providers."""

from typing import Any, Literal

from pydantic import Field

from studiolo.api.schema.base import Answer


class SubscriptionPolicies(Answer):
    """What Azure's clients expect to read."""

    location_placement_id: str
    quota_id: str
    spending_limit: Literal["Off"]


class SubscriptionResource(Answer):
    """The deployment's one subscription."""

    id: str
    subscription_id: str
    tenant_id: str
    display_name: str
    state: Literal["Enabled"]
    subscription_policies: SubscriptionPolicies
    authorization_source: Literal["RoleBased"]
    managed_by_tenants: list[Any] = Field(max_length=0)


class SubscriptionCount(Answer):
    """How many there are."""

    type: Literal["Total"]
    value: int


class SubscriptionList(Answer):
    """The subscription, for whoever has a role in it."""

    value: list[SubscriptionResource]
    count: SubscriptionCount


class LocationMetadata(Answer):
    """What Azure's clients expect to read."""

    region_type: Literal["Physical"]
    region_category: Literal["Recommended"]


class LocationResource(Answer):
    """A region."""

    id: str
    name: str
    type: Literal["Region"]
    display_name: str
    regional_display_name: str
    metadata: LocationMetadata


class LocationList(Answer):
    """The regions."""

    value: list[LocationResource]


class TenantResource(Answer):
    """The deployment's one tenant."""

    id: str
    tenant_id: str
    display_name: str
    tenant_category: Literal["Home"]
    domains: list[str]
    default_domain: str


class TenantList(Answer):
    """The tenant."""

    value: list[TenantResource]


class ProviderResourceType(Answer):
    """A type of resources, where there are such, and the versions to ask for them with."""

    resource_type: str
    locations: list[str]
    api_versions: list[str]
    capabilities: Literal["None"]


class ProviderResource(Answer):
    """A resource provider; each is registered."""

    id: str
    namespace: str
    registration_state: Literal["Registered"]
    registration_policy: Literal["RegistrationRequired"]
    resource_types: list[ProviderResourceType]


class ProviderList(Answer):
    """The resource providers."""

    value: list[ProviderResource]
