"""`POST .../computes/{c}/resize`: another size, larger disks.

The size is Azure's own action. A running machine is given it as it runs where its region can;
a stopped one at its next start.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from studiolo.api.arm import etag
from studiolo.api.arm.bodies import ArmModel, json_body
from studiolo.api.computes.abilities import with_disks
from studiolo.api.computes.change import touched
from studiolo.api.computes.creation import limits_for
from studiolo.api.computes.endpoints import accepted
from studiolo.api.computes.lookup import COMPUTE_PATH, WorkspaceNamed, compute_of
from studiolo.api.computes.models import DiskSize
from studiolo.api.computes.recording import Call, begin_operation, end_overtaken
from studiolo.api.computes.service import ComputeService, fresh_etag
from studiolo.api.deps import Provided, authorized
from studiolo.api.schema.saying import GUARDED, begins
from studiolo.domain import lifecycle
from studiolo.domain.disks import HOME_DISK, ROOT_DISK, check_growth
from studiolo.domain.errors import InvalidInput
from studiolo.domain.resources import Compute, Operation, Principal
from studiolo.domain.sizes import Size
from studiolo.domain.states import Event, State
from studiolo.faults import point
from studiolo.store.transaction import Transaction

RESIZE = "Microsoft.MachineLearningServices/workspaces/computes/resize/action"

_SIZE = "targetVMSize"

router = APIRouter(tags=["computes"])


class ResizeBody(ArmModel):
    """Azure's `ResizeSchema`, and the disks, which Azure's has not."""

    target_vm_size: str | None = Field(default=None, alias=_SIZE)
    home_disk_size_gib: int | None = DiskSize(HOME_DISK)
    root_disk_size_gib: int | None = DiskSize(ROOT_DISK)

    @property
    def disks(self) -> dict[str, int]:
        """Sizes in GiB, as far as they are said."""
        said = {HOME_DISK: self.home_disk_size_gib, ROOT_DISK: self.root_disk_size_gib}
        return {name: size for name, size in said.items() if size is not None}


@router.post(f"{COMPUTE_PATH}/resize", responses=begins(202), openapi_extra=GUARDED)
async def resize_compute(
    caller: Annotated[Principal, Depends(authorized(RESIZE))],
    request: Request,
    services: Provided,
    named: WorkspaceNamed,
    compute: str,
    body: Annotated[ResizeBody, Depends(json_body(ResizeBody))],
) -> Response:
    """Give a compute another size, larger disks, or both."""
    if body.target_vm_size is None and not body.disks:
        raise InvalidInput(
            f"Say what to change: '{_SIZE}', '{HOME_DISK}' or '{ROOT_DISK}'.", target=_SIZE
        )
    resizing = Resizing(ComputeService(services, request, caller, named, compute), body)
    return accepted(request, services, await resizing.ask())


@dataclass(frozen=True, slots=True)
class Resizing:
    """One request for another size."""

    service: ComputeService
    body: ResizeBody

    async def ask(self) -> Operation:
        """Store what is wanted, with its quota; nothing of it where any of it cannot be.

        Asking again for what is so already, or under way, succeeds.

        :raises StudioloError: there is no such instance or size, its state does not allow it, there
            is no quota, or a disk would shrink.
        """
        operation = await self.service.repeat(self._attempt)
        point("api.resize.committed")
        self.service.services.hint()
        return operation

    async def _attempt(self, tx: Transaction) -> Operation:
        found = await compute_of(tx, self.service.named, self.service.name)
        etag.check(self.service.request, found.etag)
        call = self.service.call(RESIZE)
        wanted = self._wanted(found)
        under_way = found.state is State.RESIZING
        if _shape(wanted) == _shape(found) and not under_way:
            after = found
        else:
            after = self._moved(found, wanted, call)
            await self.service.save(tx, found, after, call)
            await self._move_quota(tx, after)
            await end_overtaken(tx, call, after, Event.RESIZE)
        done = after.state is not State.RESIZING
        told = _told(self.body)
        operation = await begin_operation(tx, call, after, "Resize", ended=done, detail=told)
        point("api.resize.before_commit")
        return operation

    def _wanted(self, found: Compute) -> Compute:
        """The instance with what the body asks for, wherever it may stand."""
        services, disks = self.service.services, self.body.disks
        size = self._size(found)
        with_disks(services, found.location, disks, path="")
        present = with_disks(services, found.location, found.spec)
        check_growth(found.name, present, disks)
        spec: Mapping[str, Any] = {**present, **disks}
        if size is None:
            return replace(found, spec=spec)
        spec = {**spec, "vmSize": size.name}
        return replace(found, spec=spec, size=size.name, family=size.family, vcpus=size.vcpus)

    def _size(self, found: Compute) -> Size | None:
        name = self.body.target_vm_size
        if name is None:
            return None
        region = self.service.services.regions[found.location]
        return region.catalogue.require(name, target=_SIZE)

    def _moved(self, found: Compute, wanted: Compute, call: Call) -> Compute:
        if found.state is State.RESIZING and _shape(wanted) == _shape(found):
            return replace(found, etag=fresh_etag())
        wanted = replace(wanted, stamp=touched(found, call.caller, call.now))
        if found.state is State.STOPPED:
            return lifecycle.resized_in_place(wanted, call.now, fresh_etag())
        return lifecycle.request(wanted, Event.RESIZE, call.now, fresh_etag())

    async def _move_quota(self, tx: Transaction, after: Compute) -> None:
        limits = limits_for(self.service.services, after.location, after.family)
        await tx.quota.move(after.id, after.location, after.family, after.vcpus, limits)


def _shape(compute: Compute) -> tuple[object, ...]:
    return compute.size, compute.spec.get(HOME_DISK), compute.spec.get(ROOT_DISK)


def _told(body: ResizeBody) -> str:
    said = {_SIZE: body.target_vm_size, **body.disks}
    return ", ".join(f"{name} {value}" for name, value in said.items() if value is not None)
