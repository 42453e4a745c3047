"""Sizes, usage and quota of a region.

What azure-ai-ml reads by snake_case names stands there in both spellings.
"""

from typing import Any, Literal

from pydantic import Field

from studiolo.api.schema.base import Answer


class SizePrices(Answer):
    """There are none."""

    billing_currency: Literal["USD"]
    unit_of_measure: Literal["OneHour"]
    values: list[Any] = Field(max_length=0)


class ComputeSize(Answer):
    """A size of machines. `memoryGB` is in GiB, `maxResourceVolumeMB` in MiB."""

    name: str
    family: str
    gpus: int
    gpu_type: str | None
    vcpus: int = Field(alias="vCPUs")
    vcpus_again: int = Field(alias="v_cp_us")
    memory: float = Field(alias="memoryGB")
    memory_again: float = Field(alias="memory_gb")
    os_disk: int = Field(alias="osVhdSizeMB")
    os_disk_again: int = Field(alias="os_vhd_size_mb")
    temporary_disk: int = Field(alias="maxResourceVolumeMB")
    temporary_disk_again: int = Field(alias="max_resource_volume_mb")
    low_priority: Literal[False] = Field(alias="lowPriorityCapable")
    low_priority_again: Literal[False] = Field(alias="low_priority_capable")
    premium_io: bool = Field(alias="premiumIO")
    premium_io_again: bool = Field(alias="premium_io")
    prices: SizePrices = Field(alias="estimatedVMPrices")
    prices_again: SizePrices = Field(alias="estimated_vm_prices")
    compute_types: list[Literal["ComputeInstance"]] = Field(alias="supportedComputeTypes")
    compute_types_again: list[Literal["ComputeInstance"]] = Field(alias="supported_compute_types")


class ComputeSizeList(Answer):
    """The sizes of a region."""

    value: list[ComputeSize]


class UsageName(Answer):
    """A family's name, and what people say for it."""

    value: str
    localized_value: str
    localized_again: str = Field(alias="localized_value")


class Usage(Answer):
    """How many vCPUs of a family, or of the region, are in use."""

    id: str
    type: str
    unit: Literal["Count"]
    current: int = Field(alias="currentValue")
    current_again: int = Field(alias="current_value")
    limit: int
    name: UsageName


class UsageList(Answer):
    """The total first, then every family."""

    value: list[Usage]


class QuotaName(Answer):
    """A family's name, and what people say for it."""

    value: str
    localized_value: str


class Quota(Answer):
    """How many vCPUs of a family, or of the region, there may be."""

    id: str
    type: str
    limit: int
    unit: Literal["Count"]
    name: QuotaName


class QuotaList(Answer):
    """The total first, then every family."""

    value: list[Quota]


class UpdatedQuota(Quota):
    """A limit that was set."""

    status: Literal["Success"]


class UpdatedQuotaList(Answer):
    """The limits that were set."""

    value: list[UpdatedQuota]


class MemberRoom(Answer):
    """What a member's host has, and what its instances may use of it, running or not.

    `total` and `free` are null where the host does not say. More may be in use than there is.
    """

    total: int | None
    used: int
    free: int | None


class MemberProperties(Answer):
    """How a member stands.

    `status` is Evacuated as soon as it was asked to be; `provisioningState` tells whether instances
    are still to leave it, or it is being restored.
    """

    provisioning_state: Literal["Succeeded", "Evacuating", "Restoring"]
    status: Literal["Online", "Offline", "Evacuated"]
    instances: int
    vcpus: MemberRoom = Field(alias="vCPUs")
    memory: MemberRoom = Field(alias="memoryMiB")


class Member(Answer):
    """One host of a region that is a cluster."""

    id: str
    name: str
    type: Literal["Microsoft.MachineLearningServices/locations/members"]
    properties: MemberProperties


class MemberList(Answer):
    """The members by name; none where a region is a single host."""

    value: list[Member]
