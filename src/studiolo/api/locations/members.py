"""`locations/{l}/members`: the hosts of a region that is a cluster; emptying one, taking it back.

Azure has nothing of the kind, as its hosts are Microsoft's. The right to it comes from a role at
the subscription (Owner, Contributor; Reader to look); one at a workspace does not reach here.
"""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from studiolo.api.arm.context import correlation_id
from studiolo.api.arm.operations import operation_headers
from studiolo.api.computes.recording import Call
from studiolo.api.deps import Provided, authorized
from studiolo.api.schema.locations import Member, MemberList
from studiolo.api.schema.saying import begins, gives
from studiolo.api.services import Services
from studiolo.api.subscriptions.records import begun
from studiolo.api.subscriptions.scope import known_location, known_subscription
from studiolo.domain.errors import Conflict, InvalidInput, NotFound, Unavailable
from studiolo.domain.members import EVACUATE, KINDS, RESTORE, TYPE, member_id, name_in, resource_of
from studiolo.domain.resources import Operation, OperationStatus, Principal
from studiolo.engines.base import EngineError, Host, Hosts
from studiolo.faults import point
from studiolo.store.transaction import Transaction

router = APIRouter(tags=["locations"])

_ALL = (
    "/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices"
    "/locations/{location}/members"
)
_ONE = f"{_ALL}/{{member}}"

READ = f"{TYPE}/read"
_ACTIONS = {EVACUATE: f"{TYPE}/evacuate/action", RESTORE: f"{TYPE}/restore/action"}
_DOING = {EVACUATE: "Evacuating", RESTORE: "Restoring"}

Reader = Annotated[Principal, Depends(authorized(READ))]


@dataclass(frozen=True, slots=True)
class Region:
    """A region that a path names, with its members as its engine tells of them."""

    services: Services
    name: str
    hosts: tuple[Host, ...]

    def id_of(self, member: str) -> str:
        """ARM id of a member."""
        return member_id(self.services.deployment.subscription, self.name, member)

    def host(self, member: str) -> Host:
        """The member of that name.

        :raises InvalidInput: the region is a single host.
        :raises NotFound: it has no such member.
        """
        if not self.hosts:
            raise InvalidInput(
                f"The region '{self.name}' is a single host, not a cluster: it has no members.",
                code="UnsupportedFeature",
                target="member",
            )
        found = next((each for each in self.hosts if each.name.lower() == member.lower()), None)
        if found is None:
            known = ", ".join(each.name for each in self.hosts)
            raise NotFound(
                f"The region '{self.name}' has no member '{member[:80]}'; there are: {known}.",
                target="member",
            )
        return found

    async def doing(self) -> dict[str, str]:
        """What is under way, by member."""
        async with self.services.database.reading() as tx:
            under_way = await tx.operations.open_in(self.name, KINDS)
        return {name_in(each.scope): _DOING[each.kind] for each in under_way}


async def _region(services: Provided, subscription: str, location: str) -> Region:
    """The region.

    :raises Unavailable: its engine does not answer.
    """
    known_subscription(services, subscription)
    name = known_location(services, location, TYPE)
    engine = services.engines[name]
    try:
        hosts = await engine.hosts() if isinstance(engine, Hosts) else ()
    except EngineError as error:
        raise Unavailable(f"The region '{name}' does not tell of its members: {error}") from error
    return Region(services, name, hosts)


Place = Annotated[Region, Depends(_region)]


@router.get(_ALL, responses=gives(MemberList))
async def list_members(_caller: Reader, region: Place) -> dict[str, Any]:
    """The members of a region by name; none where it is a single host."""
    doing = await region.doing()
    return {"value": [_render(region, each, doing) for each in region.hosts]}


@router.get(_ONE, responses=gives(Member))
async def get_member(_caller: Reader, region: Place, member: str) -> dict[str, Any]:
    """One member of a region."""
    return _render(region, region.host(member), await region.doing())


@router.post(f"{_ONE}/evacuate", responses=begins(202), status_code=202)
async def evacuate_member(
    caller: Annotated[Principal, Depends(authorized(_ACTIONS[EVACUATE]))],
    request: Request,
    region: Place,
    member: str,
) -> Response:
    """Begin to move every instance off a member, which takes no more until it is restored.

    Repeating it returns the operation that is under way.
    """
    host = region.host(member)
    _require_way_out(region, host)
    return await _accept(request, caller, region, host, EVACUATE)


@router.post(f"{_ONE}/restore", responses=begins(202), status_code=202)
async def restore_member(
    caller: Annotated[Principal, Depends(authorized(_ACTIONS[RESTORE]))],
    request: Request,
    region: Place,
    member: str,
) -> Response:
    """Let a member take instances again; those that left it stay where they are.

    It takes the place of an evacuation that is under way.
    """
    return await _accept(request, caller, region, region.host(member), RESTORE)


def _require_way_out(region: Region, host: Host) -> None:
    """Refuse an evacuation that could move nothing.

    :raises Conflict: the member does not answer, or no other takes its instances.
    """
    if not host.answers:
        raise Conflict(
            f"The member '{host.name}' is {host.status.lower()}: what is on it cannot be moved "
            "before it is back.",
            code="MemberOffline",
            target="member",
        )
    others = [each for each in region.hosts if each.name != host.name]
    if host.machines and not any(each.open for each in others):
        said = ", ".join(f"{each.name} is {_status(each).lower()}" for each in others) or "none"
        raise Conflict(
            f"No other member of '{region.name}' takes the instances of '{host.name}': {said}. "
            "Restore one first.",
            code="NoMemberAvailable",
            target="member",
        )


async def _accept(
    request: Request, caller: Principal, region: Region, host: Host, kind: str
) -> Response:
    services = region.services
    call = Call(caller, _ACTIONS[kind], correlation_id(request.scope), services.clock())
    async with services.database.transaction() as tx:
        operation = await _begin(tx, call, region, host, kind)
        point("api.member.before_commit")
    services.hint()
    headers = operation_headers(request, services.settings, operation, location=True)
    return Response(status_code=202, headers=headers)


async def _begin(tx: Transaction, call: Call, region: Region, host: Host, kind: str) -> Operation:
    """Store an operation, unless the same is under way already.

    :raises Conflict: another member of the region is being evacuated.
    """
    await tx.operations.alone()
    for each in await tx.operations.open_in(region.name, KINDS):
        same = name_in(each.scope) == host.name
        if same and each.kind == kind:
            return each
        if same:
            await tx.operations.end(each, OperationStatus.CANCELED, call.now)
        elif kind == each.kind == EVACUATE:
            raise Conflict(
                f"The member '{name_in(each.scope)}' of '{region.name}' is being evacuated. Wait "
                "for its end, or restore that member first.",
                code="EvacuationInProgress",
                target="member",
            )
    operation = begun(
        call.caller,
        call.now,
        action=call.action,
        correlation=call.correlation,
        kind=kind,
        resource=resource_of(region.name, host.name),
        scope=region.id_of(host.name),
        subscription=region.services.deployment.subscription,
        location=region.name,
    )
    await tx.operations.add(operation)
    return operation


def _status(host: Host) -> str:
    if not host.answers:
        return "Offline"
    return "Online" if host.open else "Evacuated"


def _render(region: Region, host: Host, doing: dict[str, str]) -> dict[str, Any]:
    return {
        "id": region.id_of(host.name),
        "name": host.name,
        "type": TYPE,
        "properties": {
            "provisioningState": doing.get(host.name, "Succeeded"),
            "status": _status(host),
            "instances": host.machines,
            "vCPUs": _room(host.vcpus, host.used_vcpus),
            "memoryMiB": _room(host.memory_mib, host.used_mib),
        },
    }


def _room(total: int | None, used: int) -> dict[str, int | None]:
    return {"total": total, "used": used, "free": None if total is None else max(0, total - used)}
