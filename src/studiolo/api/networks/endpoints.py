"""Routes of virtual networks and subnets: what templates, `az network vnet` and the SDKs call.

Every write is done when it answers, since it writes rows; clients that poll are told so.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from studiolo.api.arm import etag
from studiolo.api.arm.bodies import json_body
from studiolo.api.arm.paging import Page, listing, requested_page
from studiolo.api.deps import Provided, SignedIn, authorized
from studiolo.api.networks import service
from studiolo.api.networks.regions import occupied
from studiolo.api.networks.rendering import render, render_subnet
from studiolo.api.networks.schemas import (
    NetworkBody,
    SubnetBody,
    TagsBody,
    network_draft,
)
from studiolo.api.networks.service import Writing, find_network, subnet_of
from studiolo.api.schema.networks import (
    SubnetList,
    SubnetResource,
    VirtualNetworkList,
    VirtualNetworkResource,
)
from studiolo.api.schema.saying import GUARDED, empty, gives
from studiolo.api.services import Services
from studiolo.api.subscriptions.lists import collect, visible
from studiolo.api.subscriptions.retry import in_transaction
from studiolo.api.subscriptions.scope import known_subscription
from studiolo.api.subscriptions.tags import checked_tags
from studiolo.api.workspaces.endpoints import writer_of
from studiolo.api.workspaces.service import Named, find_group
from studiolo.domain.networks import VirtualNetwork
from studiolo.domain.resources import Principal
from studiolo.engines.base import EngineError, Networks
from studiolo.store.transaction import Transaction

router = APIRouter(tags=["networks"])

log = structlog.get_logger("studiolo.api")

_PROVIDER = "providers/Microsoft.Network/virtualNetworks"
_IN_SUBSCRIPTION = f"/subscriptions/{{subscription}}/{_PROVIDER}"
_IN_GROUP = f"/subscriptions/{{subscription}}/resourceGroups/{{group}}/{_PROVIDER}"
_ONE = f"{_IN_GROUP}/{{network}}"
_SUBNETS = f"{_ONE}/subnets"
_SUBNET = f"{_SUBNETS}/{{subnet}}"

Reader = Annotated[Principal, Depends(authorized(service.READ))]
Changer = Annotated[Principal, Depends(authorized(service.WRITE))]
Remover = Annotated[Principal, Depends(authorized(service.DELETE))]
SubnetReader = Annotated[Principal, Depends(authorized(service.SUBNET_READ))]
SubnetChanger = Annotated[Principal, Depends(authorized(service.SUBNET_WRITE))]
SubnetRemover = Annotated[Principal, Depends(authorized(service.SUBNET_DELETE))]
Caller = Annotated[Principal, Depends(SignedIn())]
Wanted = Annotated[Page, Depends(requested_page)]


async def _named(services: Provided, subscription: str, group: str, network: str) -> Named:
    return Named(known_subscription(services, subscription), group, network)


Place = Annotated[Named, Depends(_named)]


@router.get(
    _IN_SUBSCRIPTION,
    name="list_networks_in_subscription",
    responses=gives(VirtualNetworkList),
)
async def list_in_subscription(
    request: Request, caller: Caller, page: Wanted, subscription: str, services: Provided
) -> dict[str, Any]:
    """Virtual networks of the subscription that the caller may read."""
    known = known_subscription(services, subscription)
    keep = await visible(services, caller, service.READ, f"/subscriptions/{known}")

    async def fetch(after: str | None, limit: int) -> list[VirtualNetwork]:
        async with services.database.reading() as tx:
            return await tx.networks.page_subscription(known, after, limit)

    found = await collect(page, fetch, lambda each: keep(each.arm_id), lambda each: each.id)
    return listing(request, services.settings, page, found, render, lambda each: each.id)


@router.get(_IN_GROUP, name="list_networks", responses=gives(VirtualNetworkList))
async def list_in_group(
    request: Request,
    caller: Caller,
    page: Wanted,
    subscription: str,
    group: str,
    services: Provided,
) -> dict[str, Any]:
    """Virtual networks of a resource group that the caller may read."""
    known = known_subscription(services, subscription)
    scope = f"/subscriptions/{known}/resourceGroups/{group}"
    keep = await visible(services, caller, service.READ, scope)
    async with services.database.reading() as tx:
        await find_group(tx, known, group)

    async def fetch(after: str | None, limit: int) -> list[VirtualNetwork]:
        async with services.database.reading() as tx:
            return await tx.networks.page_group(known, group, after, limit)

    found = await collect(page, fetch, lambda each: keep(each.arm_id), lambda each: each.name)
    return listing(request, services.settings, page, found, render, lambda each: each.name)


@router.get(_ONE, responses=gives(VirtualNetworkResource))
async def get_network(_caller: Reader, place: Place, services: Provided) -> Response:
    """One virtual network."""
    async with services.database.reading() as tx:
        return _reply(await find_network(tx, place))


@router.put(_ONE, responses=gives(VirtualNetworkResource, 200, 201), openapi_extra=GUARDED)
async def put_network(
    request: Request,
    caller: Changer,
    body: Annotated[NetworkBody, Depends(json_body(NetworkBody))],
    place: Place,
    services: Provided,
) -> Response:
    """Create or replace. A body without `subnets` leaves them as they are."""
    draft = network_draft(body, services)
    taken = await occupied(services, draft.location, "location")

    async def attempt(tx: Transaction) -> tuple[VirtualNetwork, bool]:
        writing = _writing(request, caller, services, tx, place, {draft.location: taken})
        return await writing.put(draft)

    written, created = await in_transaction(services, f"Virtual network '{place.name}'", attempt)
    services.hint()
    return _reply(written, status=201 if created else 200)


@router.patch(_ONE, responses=gives(VirtualNetworkResource), openapi_extra=GUARDED)
async def patch_network(
    request: Request,
    caller: Changer,
    body: Annotated[TagsBody, Depends(json_body(TagsBody))],
    place: Place,
    services: Provided,
) -> Response:
    """Replace the tags."""
    tags = checked_tags(body.tags)
    async with services.database.transaction() as tx:
        return _reply(await _writing(request, caller, services, tx, place).retag(tags))


@router.delete(_ONE, responses=empty(200, 204), openapi_extra=GUARDED)
async def delete_network(
    request: Request, caller: Remover, place: Place, services: Provided
) -> Response:
    """Delete a virtual network that no instance is in; 204 where there is none."""
    async with services.database.transaction() as tx:
        gone = await _writing(request, caller, services, tx, place).delete()
    if gone is None:
        return Response(status_code=204)
    await _remove_bridges(services, gone.location, [each.id for each in gone.subnets])
    return Response(status_code=200)


@router.get(_SUBNETS, responses=gives(SubnetList))
async def list_subnets(
    _caller: SubnetReader, request: Request, page: Wanted, place: Place, services: Provided
) -> dict[str, Any]:
    """The subnets of a virtual network, by name."""
    async with services.database.reading() as tx:
        network = await find_network(tx, place)
    after = (page.after or "").lower()
    found = [each for each in network.subnets if each.name.lower() > after][: page.top + 1]
    return listing(
        request,
        services.settings,
        page,
        found,
        lambda each: render_subnet(network, each),
        lambda each: each.name,
    )


@router.get(_SUBNET, responses=gives(SubnetResource))
async def get_subnet(
    _caller: SubnetReader, place: Place, subnet: str, services: Provided
) -> Response:
    """One subnet."""
    async with services.database.reading() as tx:
        network = await find_network(tx, place)
    found = subnet_of(network, subnet)
    return JSONResponse(render_subnet(network, found), headers=_etag(found.etag))


@router.put(_SUBNET, responses=gives(SubnetResource, 200, 201), openapi_extra=GUARDED)
async def put_subnet(
    request: Request,
    caller: SubnetChanger,
    body: Annotated[SubnetBody, Depends(json_body(SubnetBody))],
    place: Place,
    subnet: str,
    services: Provided,
) -> Response:
    """Create a subnet, or give one that no instance is in other addresses."""
    async with services.database.reading() as tx:
        network = await find_network(tx, place)
    taken = await occupied(services, network.location, "location")
    async with services.database.transaction() as tx:
        writing = _writing(request, caller, services, tx, place, {network.location: taken})
        written, made, created = await writing.put_subnet(subnet, body)
    return JSONResponse(
        render_subnet(written, made), 201 if created else 200, headers=_etag(made.etag)
    )


@router.delete(_SUBNET, responses=empty(200, 204), openapi_extra=GUARDED)
async def delete_subnet(
    request: Request, caller: SubnetRemover, place: Place, subnet: str, services: Provided
) -> Response:
    """Delete a subnet that no instance is in; 204 where there is none."""
    async with services.database.transaction() as tx:
        gone = await _writing(request, caller, services, tx, place).delete_subnet(subnet)
    if gone is None:
        return Response(status_code=204)
    await _remove_bridges(services, gone.location, [gone.id])
    return Response(status_code=200)


def _writing(
    request: Request,
    caller: Principal,
    services: Services,
    tx: Transaction,
    place: Named,
    taken: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Writing:
    writer = writer_of(request, caller, services)
    return Writing(tx, place, writer, lambda current: etag.check(request, current), taken)


async def _remove_bridges(services: Services, location: str, ids: list[str]) -> None:
    """Free the addresses at once, where that goes well; the reconciler removes what is left."""
    engine = services.engines.get(location)
    if not isinstance(engine, Networks):
        return
    for network_id in ids:
        try:
            await engine.remove_network(network_id)
        except EngineError as error:
            log.info("network.not_removed_yet", network=network_id, reason=str(error))


def _reply(network: VirtualNetwork, *, status: int = 200) -> Response:
    return JSONResponse(render(network), status, headers=_etag(network.etag))


def _etag(value: str) -> dict[str, str]:
    return {"ETag": etag.quoted(value)}
