"""`POST .../computes/{c}/updateIdleShutdownSetting`: how long an instance may be idle."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from studiolo.api.arm.bodies import json_body
from studiolo.api.computes.lookup import COMPUTE_PATH, WorkspaceNamed
from studiolo.api.computes.models import IdleShutdownSetting
from studiolo.api.computes.service import ComputeService
from studiolo.api.computes.wanted import idle_time
from studiolo.api.deps import Provided, authorized
from studiolo.api.schema.arm import Nothing
from studiolo.api.schema.saying import GUARDED, gives
from studiolo.domain.idle import SETTING
from studiolo.domain.resources import Compute, Principal

SET_IDLE = "Microsoft.MachineLearningServices/workspaces/computes/updateIdleShutdownSetting/action"

router = APIRouter(tags=["computes"])


@router.post(
    f"{COMPUTE_PATH}/updateIdleShutdownSetting", responses=gives(Nothing), openapi_extra=GUARDED
)
async def update_idle_shutdown_setting(
    caller: Annotated[Principal, Depends(authorized(SET_IDLE))],
    request: Request,
    services: Provided,
    named: WorkspaceNamed,
    compute: str,
    body: Annotated[IdleShutdownSetting, Depends(json_body(IdleShutdownSetting))],
) -> Mapping[str, Any]:
    """Stop a compute when it has been idle that long; null, or nothing, for never."""
    limit = idle_time(body.idle_time_before_shutdown, path="")

    def fields(found: Compute, _now: datetime) -> Mapping[str, Any]:
        return {"spec": {**found.spec, SETTING: limit}}

    service = ComputeService(services, request, caller, named, compute)
    await service.amend(SET_IDLE, fields, limit or "never")
    return {}
