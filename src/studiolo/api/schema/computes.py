"""Compute instances, as Azure's clients read them."""

from typing import Any, Literal

from pydantic import Field

from studiolo.api.schema.arm import ErrorResponse, Paged, Resource, SystemData
from studiolo.api.schema.base import Answer, Instant, Tags, left_out
from studiolo.api.schema.schedules import ComputeSchedules
from studiolo.domain.disks import HOME_DISK, ROOT_DISK
from studiolo.domain.resources import Trigger
from studiolo.domain.states import State


class ComputeApplication(Answer):
    """An application of an instance, and where it opens."""

    display_name: str
    endpoint_uri: str


class ComputeCreator(Answer):
    """Who made an instance."""

    user_id: str
    user_org_id: str
    user_name: str


class ComputeAssignedUser(Answer):
    """Whom an instance was made for."""

    object_id: str
    tenant_id: str


class ComputePersonalSettings(Answer):
    """Whom an instance was made for, where that is somebody else than its creator."""

    assigned_user: ComputeAssignedUser


class ComputeLastOperation(Answer):
    """What was asked of an instance last, and how that ended. `Restore` is not one of Azure's."""

    operation_name: Literal[
        "Create", "Start", "Stop", "Restart", "Resize", "Restore", "Reimage", "Delete"
    ]
    operation_time: Instant
    operation_status: Literal[
        "InProgress",
        "Succeeded",
        "CreateFailed",
        "StartFailed",
        "StopFailed",
        "RestartFailed",
        "ReimageFailed",
        "DeleteFailed",
    ]
    operation_trigger: Trigger


class ComputeSsh(Answer):
    """There is no SSH: always `Disabled`."""

    ssh_public_access: Literal["Disabled"]
    admin_user_name: str
    ssh_port: None
    admin_public_key: None


class ComputeAddresses(Answer):
    """Where an instance's machine was seen last, if machines have addresses of their own."""

    public_ip_address: None
    private_ip_address: str | None


class ComputeImage(Answer):
    """The image that an instance is on, and the newest one of its region, if that is known."""

    current_image_version: str
    latest_image_version: str | None
    is_latest_os_image_version: bool | None


class ComputeVersions(Answer):
    """What the instance's agent is of."""

    runtime: str


class ComputeSubnet(Answer):
    """The subnet that an instance is in, by its ARM id."""

    id: str


class ComputeInstance(Answer):
    """`properties.properties`: what is an instance's own."""

    vm_size: str
    state: State
    application_sharing_policy: Literal["Personal", "Shared"]
    compute_instance_authorization_type: Literal["personal"]
    enable_node_public_ip: bool
    enable_sso: bool = Field(alias="enableSSO")
    enable_root_access: bool
    enable_os_patching: bool = Field(alias="enableOSPatching")
    release_quota_on_stop: bool
    home_disk_size_gib: int = left_out(alias=HOME_DISK)
    root_disk_size_gib: int = left_out(alias=ROOT_DISK)
    subnet: ComputeSubnet | None
    applications: list[ComputeApplication]
    created_by: ComputeCreator
    personal_compute_instance_settings: ComputePersonalSettings | None
    errors: list[ErrorResponse]
    last_operation: ComputeLastOperation
    ssh_settings: ComputeSsh
    connectivity_endpoints: ComputeAddresses
    os_image_metadata: ComputeImage | None
    versions: ComputeVersions
    schedules: ComputeSchedules | None
    setup_scripts: None
    idle_time_before_shutdown: str | None
    custom_services: None
    containers: list[Any] = Field(max_length=0)
    data_disks: list[Any] = Field(max_length=0)
    data_mounts: list[Any] = Field(max_length=0)


class Compute(Answer):
    """`properties`: what all of Azure's computes have."""

    compute_type: Literal["ComputeInstance"]
    compute_location: str
    description: str | None
    disable_local_auth: bool | None
    provisioning_state: Literal["Creating", "Succeeded", "Updating", "Deleting", "Failed"]
    provisioning_errors: list[ErrorResponse] | None
    created_on: Instant | None
    modified_on: Instant | None
    is_attached_compute: Literal[False]
    resource_id: None
    properties: ComputeInstance


class ComputeResource(Resource):
    """A compute instance."""

    location: str
    tags: Tags
    identity: None
    sku: None
    etag: str
    system_data: SystemData = left_out()
    properties: Compute


class ComputeList(Paged):
    """A page of a workspace's computes, by name."""

    value: list[ComputeResource]


class ComputeNode(Answer):
    """The machine of an instance, in the words that Azure has for clusters."""

    node_id: str
    node_state: Literal["preparing", "running", "leaving", "unusable"]
    private_ip_address: None
    public_ip_address: None
    port: None
    run_id: None


class ComputeNodes(Answer):
    """The one node of an instance; none where it has no machine."""

    nodes: list[ComputeNode] = Field(max_length=1)


class NameAvailability(Answer):
    """Whether a name is free; if not, why."""

    name_available: bool
    reason: Literal["Invalid", "AlreadyExists"] | None
    message: str | None
