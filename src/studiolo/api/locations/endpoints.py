"""`locations/{l}/vmSizes`, `/usages`, `/quotas`, `/updateQuotas`; and all other routes of regions.

azure-ai-ml 1.35 reads the rows of the first two by snake_case names from the raw JSON, so each row
carries both spellings.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from studiolo.api.arm.bodies import ArmModel, json_body
from studiolo.api.arm.context import correlation_id
from studiolo.api.computes.recording import Call
from studiolo.api.computes.wanted import COMPUTE_TYPE
from studiolo.api.deps import Provided, SignedIn, authorized
from studiolo.api.locations import capabilities, members, quotas
from studiolo.api.locations.readers import RegionReader
from studiolo.api.schema.locations import ComputeSizeList, QuotaList, UpdatedQuotaList, UsageList
from studiolo.api.schema.saying import gives
from studiolo.api.services import Services
from studiolo.api.subscriptions.scope import known_location, known_subscription, subscription_path
from studiolo.domain.resources import Principal
from studiolo.domain.sizes import Size

router = APIRouter(tags=["locations"])
router.include_router(capabilities.router)
router.include_router(members.router)

_PROVIDER = "Microsoft.MachineLearningServices"
_LOCATION = f"/subscriptions/{{subscription}}/providers/{_PROVIDER}/locations/{{location}}"
_UPDATE_QUOTAS = f"{_PROVIDER}/locations/updateQuotas/action"

_OS_DISK_MB = 1_047_552
"""Azure's largest OS disk, the same for every size."""


class QuotaUpdate(ArmModel):
    """One row of `updateQuotas`."""

    id: str
    limit: int
    type: str | None = None
    unit: str | None = None


class QuotaUpdates(ArmModel):
    """Body of `updateQuotas`."""

    value: list[QuotaUpdate]
    location: str | None = None


@router.get(f"{_LOCATION}/vmSizes", responses=gives(ComputeSizeList))
async def list_sizes(
    _caller: Annotated[Principal, Depends(SignedIn())],
    services: Provided,
    subscription: str,
    location: str,
    compute_type: Annotated[str | None, Query(alias="computeType", max_length=64)] = None,
) -> dict[str, Any]:
    """Sizes of a region. They are public figures: whoever is signed in may read them."""
    region = services.regions[_region(services, subscription, location)]
    if compute_type is not None and compute_type.lower() != COMPUTE_TYPE.lower():
        return {"value": []}
    return {"value": [_size(size) for size in region.catalogue.sizes]}


@router.get(f"{_LOCATION}/usages", responses=gives(UsageList))
async def list_usages(
    _caller: Annotated[Principal, Depends(RegionReader(f"{_PROVIDER}/locations/usages/read"))],
    services: Provided,
    subscription: str,
    location: str,
) -> dict[str, Any]:
    """VCPUs in use, per family and in total, with their limits; for who works in the region."""
    region = _region(services, subscription, location)
    counters = await quotas.counters(services, region)
    base = f"{subscription_path(services)}/providers/{_PROVIDER}/locations/{region}/usages"
    return {"value": [quotas.usage_row(base, each) for each in counters]}


@router.get(f"{_LOCATION}/quotas", responses=gives(QuotaList))
async def list_quotas(
    _caller: Annotated[Principal, Depends(authorized(f"{_PROVIDER}/locations/quotas/read"))],
    services: Provided,
    subscription: str,
    location: str,
) -> dict[str, Any]:
    """Limits, per family and in total."""
    region = _region(services, subscription, location)
    counters = await quotas.counters(services, region)
    base = _quota_base(services, region)
    return {"value": [quotas.quota_row(base, each) for each in counters]}


@router.post(f"{_LOCATION}/updateQuotas", responses=gives(UpdatedQuotaList))
async def update_quotas(
    caller: Annotated[Principal, Depends(authorized(_UPDATE_QUOTAS))],
    request: Request,
    services: Provided,
    subscription: str,
    location: str,
    body: Annotated[QuotaUpdates, Depends(json_body(QuotaUpdates))],
) -> dict[str, Any]:
    """Set limits, all or none. What is granted already stays granted."""
    region = _region(services, subscription, location)
    catalogue = services.regions[region].catalogue
    limits = quotas.checked_limits(catalogue, [(each.id, each.limit) for each in body.value])
    call = Call(caller, _UPDATE_QUOTAS, correlation_id(request.scope), services.clock())
    after = await quotas.set_limits(services, region, limits, call)
    base = _quota_base(services, region)
    return {"value": [{**quotas.quota_row(base, each), "status": "Success"} for each in after]}


def _region(services: Services, subscription: str, location: str) -> str:
    known_subscription(services, subscription)
    return known_location(services, location, f"{_PROVIDER}/locations")


def _quota_base(services: Services, region: str) -> str:
    return f"{subscription_path(services)}/providers/{_PROVIDER}/locations/{region}/quotas"


def _size(size: Size) -> dict[str, Any]:
    prices = {"billingCurrency": "USD", "unitOfMeasure": "OneHour", "values": []}
    return {
        "name": size.name,
        "family": size.family,
        "gpus": size.gpus,
        "gpuType": size.gpu or None,
        "vCPUs": size.vcpus,
        "v_cp_us": size.vcpus,
        "memoryGB": size.memory_gib,
        "memory_gb": size.memory_gib,
        "osVhdSizeMB": _OS_DISK_MB,
        "os_vhd_size_mb": _OS_DISK_MB,
        "maxResourceVolumeMB": size.temp_disk_mib,
        "max_resource_volume_mb": size.temp_disk_mib,
        "lowPriorityCapable": False,
        "low_priority_capable": False,
        "premiumIO": size.premium_io,
        "premium_io": size.premium_io,
        "estimatedVMPrices": prices,
        "estimated_vm_prices": prices,
        "supportedComputeTypes": [COMPUTE_TYPE],
        "supported_compute_types": [COMPUTE_TYPE],
    }
