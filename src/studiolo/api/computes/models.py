"""What a client may write of a compute instance, by Azure's names and types.

Fields that Azure marks read-only (`state`, `applications`, `provisioningState` ...) are accepted
and left out, so that what was read can be sent back. Fields that Studiolo does not act on yet are
known here, and refused by name in `unsupported`; anything else is an unknown field.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, field_validator, model_validator

from studiolo.api.arm.bodies import ArmModel
from studiolo.api.computes.schedules import SchedulesBody
from studiolo.domain.disks import HOME_DISK, LEAST_GIB, MOST_GIB, ROOT_DISK

_DESCRIPTION_MAX = 4096
_TAGS_MAX = 50
_TAG_NAME_MAX = 512
_TAG_VALUE_MAX = 256
_TAG_NAME_FORBIDDEN = frozenset('<>%&\\?/"')

READ_ONLY_RESOURCE = frozenset({"id", "type", "systemData", "etag"})
READ_ONLY_COMPUTE = frozenset(
    {"provisioningState", "createdOn", "modifiedOn", "provisioningErrors", "isAttachedCompute"}
)
READ_ONLY_INSTANCE = frozenset(
    {
        "state",
        "applications",
        "createdBy",
        "errors",
        "lastOperation",
        "connectivityEndpoints",
        "osImageMetadata",
        "versions",
        "containers",
    }
)


def _without(value: Any, names: frozenset[str]) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {key: each for key, each in value.items() if key not in names}


class AssignedUser(ArmModel):
    """Whom an instance is made for."""

    object_id: str
    tenant_id: str | None = None


class PersonalSettings(ArmModel):
    """Azure's `personalComputeInstanceSettings`."""

    assigned_user: AssignedUser | None = None


def DiskSize(name: str) -> Any:  # noqa: N802 - a field, as pydantic's own
    """A field for the size of a disk in GiB, which Azure's models do not have."""
    return Field(default=None, alias=name, ge=LEAST_GIB, le=MOST_GIB)


class SubnetReference(ArmModel):
    """The subnet an instance is in, by its ARM id; `{}` says nothing, as null does."""

    id: str | None = None


class SshSettings(ArmModel):
    """Azure's `sshSettings`; the port and the user's name are read-only."""

    ssh_public_access: str | None = None
    admin_public_key: str | None = None
    admin_user_name: str | None = None
    ssh_port: int | None = None


class InstanceProperties(ArmModel):
    """`properties.properties` of a ComputeInstance."""

    vm_size: str | None = None
    application_sharing_policy: str | None = None
    compute_instance_authorization_type: str | None = None
    personal_compute_instance_settings: PersonalSettings | None = None
    ssh_settings: SshSettings | None = None
    enable_node_public_ip: bool | None = None
    enable_sso: bool | None = Field(default=None, alias="enableSSO")
    enable_root_access: bool | None = None
    enable_os_patching: bool | None = Field(default=None, alias="enableOSPatching")
    release_quota_on_stop: bool | None = None
    home_disk_size_gib: int | None = DiskSize(HOME_DISK)
    root_disk_size_gib: int | None = DiskSize(ROOT_DISK)
    idle_time_before_shutdown: str | None = None
    subnet: SubnetReference | None = None
    schedules: SchedulesBody | None = None
    setup_scripts: Any = None
    custom_services: Any = None
    data_mounts: Any = None
    data_disks: Any = None
    autologger_settings: Any = None

    @model_validator(mode="before")
    @classmethod
    def _drop_read_only(cls, value: Any) -> Any:
        return _without(value, READ_ONLY_INSTANCE)


class ComputeProperties(ArmModel):
    """`properties` of a compute resource."""

    compute_type: str | None = None
    compute_location: str | None = None
    description: str | None = Field(default=None, max_length=_DESCRIPTION_MAX)
    resource_id: str | None = None
    disable_local_auth: bool | None = None
    properties: InstanceProperties | None = None

    @model_validator(mode="before")
    @classmethod
    def _drop_read_only(cls, value: Any) -> Any:
        return _without(value, READ_ONLY_COMPUTE)


class ComputeBody(ArmModel):
    """Body of a PUT or PATCH. A PATCH says only what changes. `name` must be the path's."""

    name: str | None = None
    location: str | None = None
    tags: dict[str, str] | None = None
    identity: Any = None
    sku: Any = None
    properties: ComputeProperties | None = None

    @model_validator(mode="before")
    @classmethod
    def _drop_read_only(cls, value: Any) -> Any:
        return _without(value, READ_ONLY_RESOURCE)

    @field_validator("tags")
    @classmethod
    def _azure_limits(cls, tags: dict[str, str] | None) -> dict[str, str] | None:
        """Azure's limits: 50 tags, names of 512 characters, values of 256."""
        for name, value in (tags or {}).items():
            if not name or len(name) > _TAG_NAME_MAX or len(value) > _TAG_VALUE_MAX:
                raise ValueError("a tag's name has 1 to 512 characters, its value 256 at most")
            if _TAG_NAME_FORBIDDEN & set(name):
                raise ValueError("a tag's name must not hold any of < > % & \\ ? / or a quote")
        if len(tags or {}) > _TAGS_MAX:
            raise ValueError("a resource has 50 tags at most")
        return tags


class NameCheck(ArmModel):
    """Body of `checkComputeNameAvailability`."""

    name: str
    type: str | None = None


class IdleShutdownSetting(ArmModel):
    """Body of `updateIdleShutdownSetting`; nothing said switches it off."""

    idle_time_before_shutdown: str | None = None


class SsoSettings(ArmModel):
    """Body of `enableSso`."""

    enable_sso: bool = Field(alias="enableSSO")
