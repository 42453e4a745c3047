"""Resource groups, and lists of all resources."""

from typing import Literal

from studiolo.api.schema.arm import Paged, Resource
from studiolo.api.schema.base import Answer, Instant, Tags


class GroupProperties(Answer):
    """Whether it is on its way out."""

    provisioning_state: Literal["Succeeded", "Deleting"]


class GroupResource(Resource):
    """A resource group."""

    location: str
    tags: Tags
    properties: GroupProperties


class GroupList(Paged):
    """A page of the resource groups that the caller may read."""

    value: list[GroupResource]


class GenericResource(Resource):
    """Any resource, in few words."""

    location: str
    kind: str
    tags: Tags
    created_time: Instant
    changed_time: Instant
    provisioning_state: Literal["Succeeded", "Deleting"]


class GenericResourceList(Paged):
    """A page of the resources that the caller may read."""

    value: list[GenericResource]
