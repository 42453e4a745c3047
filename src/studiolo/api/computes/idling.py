"""`POST .../computes/{c}/updateIdleShutdownSetting`: how long an instance may be idle."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from studiolo.api.arm import etag
from studiolo.api.arm.bodies import json_body
from studiolo.api.computes.change import refuse_deleting, touched
from studiolo.api.computes.lookup import COMPUTE_PATH, WorkspaceNamed, compute_of
from studiolo.api.computes.models import IdleShutdownSetting
from studiolo.api.computes.service import ComputeService, fresh_etag
from studiolo.api.computes.wanted import idle_time
from studiolo.api.deps import Provided, authorized
from studiolo.api.schema.arm import Nothing
from studiolo.api.schema.saying import GUARDED, gives
from studiolo.domain.idle import SETTING
from studiolo.domain.resources import Principal
from studiolo.store.transaction import Transaction

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
    await Setting(ComputeService(services, request, caller, named, compute), limit).store()
    return {}


@dataclass(frozen=True, slots=True)
class Setting:
    """One request for another idle time.

    :param limit: the stored spelling; None for as long as it likes.
    """

    service: ComputeService
    limit: str | None

    async def store(self) -> None:
        """Store it; what is so already is not stored again.

        :raises StudioloError: there is no such instance, or it is being deleted.
        """
        await self.service.repeat(self._attempt)

    async def _attempt(self, tx: Transaction) -> None:
        found = await compute_of(tx, self.service.named, self.service.name)
        etag.check(self.service.request, found.etag)
        refuse_deleting(found)
        if found.spec.get(SETTING) == self.limit:
            return
        call = self.service.call(SET_IDLE)
        after = replace(
            found,
            spec={**found.spec, SETTING: self.limit},
            etag=fresh_etag(),
            stamp=touched(found, call.caller, call.now),
        )
        await self.service.save(tx, found, after, call)
        await call.note(tx, found.arm_id, detail=self.limit or "never")
