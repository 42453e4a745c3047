"""Virtual networks and their subnets."""

from typing import Any, Literal

from pydantic import Field

from studiolo.api.schema.arm import Paged, Resource
from studiolo.api.schema.base import Answer, Tags


class SubnetProperties(Answer):
    """The addresses of a subnet. What else there is, is what Azure's clients expect to read."""

    provisioning_state: Literal["Succeeded"]
    address_prefix: str
    delegations: list[Any] = Field(max_length=0)
    private_endpoint_network_policies: Literal["Disabled"]
    private_link_service_network_policies: Literal["Enabled"]


class SubnetResource(Resource):
    """A subnet."""

    etag: str
    properties: SubnetProperties


class SubnetList(Paged):
    """A page of a virtual network's subnets, by name."""

    value: list[SubnetResource]


class AddressSpace(Answer):
    """The addresses of a virtual network."""

    address_prefixes: list[str]


class VirtualNetworkProperties(Answer):
    """The addresses and subnets of a virtual network."""

    provisioning_state: Literal["Succeeded"]
    resource_guid: str
    address_space: AddressSpace
    subnets: list[SubnetResource]
    virtual_network_peerings: list[Any] = Field(max_length=0)
    enable_ddos_protection: Literal[False]


class VirtualNetworkResource(Resource):
    """A virtual network."""

    location: str
    tags: Tags
    etag: str
    properties: VirtualNetworkProperties


class VirtualNetworkList(Paged):
    """A page of the virtual networks that the caller may read."""

    value: list[VirtualNetworkResource]
