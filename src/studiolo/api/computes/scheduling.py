"""`POST .../computes/{c}/updateSchedules`: an instance's schedules by themselves.

Azure's own action (it is among the permissions of its resource provider), for those who may operate
an instance and not write it. The body is `ComputeSchedules`, whole.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from studiolo.api.arm.bodies import ArmModel, json_body
from studiolo.api.computes.endpoints import resource
from studiolo.api.computes.lookup import COMPUTE_PATH, WorkspaceNamed
from studiolo.api.computes.schedules import ScheduleBody, read, settle
from studiolo.api.computes.service import ComputeService
from studiolo.api.deps import Provided, authorized
from studiolo.api.schema.computes import ComputeResource
from studiolo.api.schema.saying import GUARDED, gives
from studiolo.domain.resources import Compute, Principal

UPDATE = "Microsoft.MachineLearningServices/workspaces/computes/updateSchedules/action"

router = APIRouter(tags=["computes"])


class UpdateBody(ArmModel):
    """All schedules that the instance is to have."""

    compute_start_stop: list[ScheduleBody]


@router.post(
    f"{COMPUTE_PATH}/updateSchedules", responses=gives(ComputeResource), openapi_extra=GUARDED
)
async def update_schedules(
    caller: Annotated[Principal, Depends(authorized(UPDATE))],
    request: Request,
    services: Provided,
    named: WorkspaceNamed,
    compute: str,
    body: Annotated[UpdateBody, Depends(json_body(UpdateBody))],
) -> Response:
    """Replace the schedules of a compute."""
    service = ComputeService(services, request, caller, named, compute)
    wanted = read(body.compute_start_stop, path="")

    def fields(found: Compute, now: datetime) -> Mapping[str, Any]:
        return {"schedules": settle(found.schedules, wanted, now, path="")}

    after = await service.amend(UPDATE, fields, f"{len(wanted)} schedules")
    return await resource(request, services, after)
