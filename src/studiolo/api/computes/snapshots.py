"""Beside Azure's words: `.../computes/{c}/snapshots`, and going back to one."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import model_validator

from studiolo.api.arm.bodies import ArmModel, BodyReader, parse, read_json
from studiolo.api.arm.rendering import instant
from studiolo.api.computes.abilities import require_step
from studiolo.api.computes.endpoints import accepted
from studiolo.api.computes.keeping import Keeper
from studiolo.api.computes.lookup import COMPUTE_PATH, WorkspaceNamed
from studiolo.api.computes.models import READ_ONLY_RESOURCE
from studiolo.api.computes.rendering import TYPE as COMPUTE_TYPE
from studiolo.api.computes.rights import require_theirs
from studiolo.api.computes.service import ComputeService
from studiolo.api.deps import Provided, authorized
from studiolo.api.schema.saying import begins, empty, gives
from studiolo.api.schema.snapshots import SnapshotList, SnapshotResource
from studiolo.domain.errors import InvalidInput
from studiolo.domain.machine import Recipe, Step
from studiolo.domain.resources import Compute, Principal
from studiolo.domain.states import Event
from studiolo.engines.base import Snapshot

SNAPSHOTS_PATH = f"{COMPUTE_PATH}/snapshots"
SNAPSHOT_PATH = f"{SNAPSHOTS_PATH}/{{snapshot}}"

TYPE = f"{COMPUTE_TYPE}/snapshots"
READ, WRITE, DELETE = f"{TYPE}/read", f"{TYPE}/write", f"{TYPE}/delete"
RESTORE = f"{TYPE}/restore/action"

router = APIRouter(tags=["computes"])

Reader = Annotated[Principal, Depends(authorized(READ))]


class SnapshotBody(ArmModel):
    """Body of a PUT, which has nothing to say: what was read can be sent back."""

    name: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _drop_read_only(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return {k: v for k, v in value.items() if k not in READ_ONLY_RESOURCE | {"properties"}}


class NameSaid(BodyReader):
    """FastAPI dependency: the name in the body, if there is a body and it has one."""

    def __init__(self) -> None:
        super().__init__(SnapshotBody, required=False)

    async def __call__(self, request: Request) -> str | None:
        """The name."""
        if not (await request.body()).strip():
            return None
        return parse(SnapshotBody, await read_json(request)).name


@router.get(SNAPSHOTS_PATH, responses=gives(SnapshotList))
async def list_snapshots(
    caller: Reader, request: Request, services: Provided, named: WorkspaceNamed, compute: str
) -> dict[str, Any]:
    """All snapshots of a compute, oldest first; there are never so many that a page is needed."""
    keeper = await Keeper.of(ComputeService(services, request, caller, named, compute))
    return {"value": [_body(keeper.compute, each) for each in await keeper.all()]}


@router.get(SNAPSHOT_PATH, responses=gives(SnapshotResource))
async def get_snapshot(
    caller: Reader,
    request: Request,
    services: Provided,
    named: WorkspaceNamed,
    compute: str,
    snapshot: str,
) -> dict[str, Any]:
    """One snapshot."""
    keeper = await Keeper.of(ComputeService(services, request, caller, named, compute))
    return _body(keeper.compute, await keeper.require(snapshot))


@router.put(SNAPSHOT_PATH, responses=gives(SnapshotResource, 200, 201))
async def put_snapshot(
    caller: Annotated[Principal, Depends(authorized(WRITE))],
    request: Request,
    services: Provided,
    named: WorkspaceNamed,
    compute: str,
    snapshot: str,
    said: Annotated[str | None, Depends(NameSaid())],
) -> Response:
    """Keep what a compute is at this moment: its root and its home, not the file share."""
    if said is not None and said != snapshot:
        raise InvalidInput(
            f"The body names '{said[:80]}', the path '{snapshot[:80]}'. Leave the name out.",
            target="name",
        )
    keeper = await Keeper.of(ComputeService(services, request, caller, named, compute))
    made, new = await keeper.make(snapshot, WRITE)
    return JSONResponse(_body(keeper.compute, made), status_code=201 if new else 200)


@router.delete(SNAPSHOT_PATH, responses=empty(200, 204))
async def delete_snapshot(
    caller: Annotated[Principal, Depends(authorized(DELETE))],
    request: Request,
    services: Provided,
    named: WorkspaceNamed,
    compute: str,
    snapshot: str,
) -> Response:
    """Forget a snapshot. The compute goes on as it is."""
    keeper = await Keeper.of(ComputeService(services, request, caller, named, compute))
    return Response(status_code=200 if await keeper.remove(snapshot, DELETE) else 204)


@router.post(f"{SNAPSHOT_PATH}/restore", responses=begins(202))
async def restore_snapshot(
    caller: Annotated[Principal, Depends(authorized(RESTORE))],
    request: Request,
    services: Provided,
    named: WorkspaceNamed,
    compute: str,
    snapshot: str,
) -> Response:
    """Go back to a snapshot: the compute starts anew with what it was then, home and all."""
    asked = ComputeService(services, request, caller, named, compute)
    keeper = await Keeper.of(asked)
    await require_theirs(services, caller, keeper.compute)
    require_step(services, keeper.compute.location, Step.RESTORE)
    await keeper.require(snapshot)
    operation = await asked.ask(Event.RESTORE, RESTORE, Recipe(Step.RESTORE, snapshot))
    return accepted(request, services, operation)


def _body(compute: Compute, snapshot: Snapshot) -> dict[str, Any]:
    return {
        "id": f"{compute.arm_id}/snapshots/{snapshot.name}",
        "name": snapshot.name,
        "type": TYPE,
        "properties": {"createdOn": instant(snapshot.created_at), "provisioningState": "Succeeded"},
    }
