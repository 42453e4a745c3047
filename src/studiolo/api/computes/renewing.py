"""Beside Azure's words: a machine on the newest image, and a copy of a whole instance."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from studiolo.api.arm.bodies import ArmModel, json_body
from studiolo.api.computes.abilities import require_step, with_disks
from studiolo.api.computes.endpoints import accepted, put_reply
from studiolo.api.computes.keeping import Keeper
from studiolo.api.computes.lookup import COMPUTE_PATH, WorkspaceNamed
from studiolo.api.computes.names import require_valid
from studiolo.api.computes.rights import require_copy, require_theirs
from studiolo.api.computes.service import READ, ComputeService
from studiolo.api.computes.wanted import Wanted
from studiolo.api.deps import Provided, authorized
from studiolo.api.schema.computes import ComputeResource
from studiolo.api.schema.saying import begins
from studiolo.api.services import Services
from studiolo.domain.errors import Conflict
from studiolo.domain.machine import Recipe, Step
from studiolo.domain.resources import Compute, Principal
from studiolo.domain.states import Event, State
from studiolo.engines.base import Snapshots

REIMAGE = "Microsoft.MachineLearningServices/workspaces/computes/reimage/action"

_SIZE = "targetVMSize"

_COPIED = frozenset({State.RUNNING, State.STOPPED})

router = APIRouter(tags=["computes"])


@router.post(f"{COMPUTE_PATH}/reimage", responses=begins(202))
async def reimage_compute(
    caller: Annotated[Principal, Depends(authorized(REIMAGE))],
    request: Request,
    services: Provided,
    named: WorkspaceNamed,
    compute: str,
) -> Response:
    """Start a compute anew on the newest image: its home stays, what was installed does not."""
    asked = ComputeService(services, request, caller, named, compute)
    found = await asked.get()
    await require_theirs(services, caller, found)
    require_step(services, found.location, Step.REIMAGE)
    await _refuse_snapshots(services, asked, found)
    operation = await asked.ask(Event.REIMAGE, REIMAGE, Recipe(Step.REIMAGE))
    return accepted(request, services, operation)


async def _refuse_snapshots(services: Services, asked: ComputeService, found: Compute) -> None:
    """They are of the machine that goes.

    :raises Conflict: naming them.
    """
    if not isinstance(services.engines.get(found.location), Snapshots):
        return
    names = [each.name for each in await (await Keeper.of(asked)).all()]
    if names:
        raise Conflict(
            f"The snapshots of compute '{found.name}' would go with its present system: "
            f"{', '.join(names)}. Delete them first.",
            target=found.name,
        )


class CloneBody(ArmModel):
    """Body of a clone."""

    name: str
    target_vm_size: str | None = Field(default=None, alias=_SIZE)


@router.post(f"{COMPUTE_PATH}/clone", responses=begins(201, ComputeResource))
async def clone_compute(
    caller: Annotated[Principal, Depends(authorized(READ))],
    request: Request,
    services: Provided,
    named: WorkspaceNamed,
    compute: str,
    body: Annotated[CloneBody, Depends(json_body(CloneBody))],
) -> Response:
    """Create a compute of the caller's own that begins as a copy of another one, home and all."""
    require_valid(body.name)
    source = await ComputeService(services, request, caller, named, compute).get()
    copy = f"{source.arm_id.rpartition('/')[0]}/{body.name}"
    await require_copy(services, caller, source, copy)
    require_step(services, source.location, Step.CLONE)
    made = ComputeService(services, request, caller, named, body.name)
    outcome = await made.copy(compute, _Copying(services, body).wanted)
    return await put_reply(request, services, outcome)


@dataclass(frozen=True, slots=True)
class _Copying:
    """What a copy is to be."""

    services: Services
    body: CloneBody

    def wanted(self, source: Compute) -> Wanted:
        """As its source in all but name and owner, and the size where another is asked for.

        :raises Conflict: the source is on its way to another state, or has no machine to copy.
        :raises InvalidInput: there is no such size.
        """
        if source.state not in _COPIED:
            raise Conflict(
                f"Compute '{source.name}' is {source.state}: it is copied while it is Running or "
                "Stopped.",
                target=source.name,
            )
        catalogue = self.services.regions[source.location].catalogue
        size = catalogue.require(self.body.target_vm_size or source.size, target=_SIZE)
        spec: Mapping[str, Any] = with_disks(self.services, source.location, source.spec)
        return Wanted(
            size=size,
            said={**spec, "vmSize": size.name},
            assigned=None,
            location=None,
            tags=source.tags,
            description=source.envelope.get("description"),
            disable_local_auth=source.envelope.get("disableLocalAuth"),
        )
