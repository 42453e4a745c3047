"""The plain home page (a person's instances) and their access tokens."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from studiolo.api.identity.callers import Caller
from studiolo.api.identity.forms import read_form
from studiolo.api.identity.instances import Shown, shown
from studiolo.api.identity.personal_tokens import (
    DEFAULT_DAYS,
    MAX_DAYS,
    create_token,
    revoke_token,
    tokens_of,
)
from studiolo.api.identity.rendering import page, redirect
from studiolo.api.identity.service import correlation_of, identity_of
from studiolo.api.identity.visitors import PageRoute, to_sign_in, visitor
from studiolo.domain.errors import Conflict, InvalidInput

router = APIRouter(include_in_schema=False, route_class=PageRoute)

TOKENS_PATH = "/account/tokens"
_REFRESH_SECONDS = 2
"""How soon the page looks again while an instance is on its way."""

Visitor = Annotated[Caller | None, Depends(visitor)]


@router.get("/")
async def home_page(request: Request, caller: Visitor) -> Response:
    """The person's instances, with their applications."""
    if caller is None:
        return to_sign_in(request)
    identity = identity_of(request)
    async with identity.database.reading() as tx:
        computes = await tx.computes.opened_by(caller.principal.id)
    listed: list[Shown] = [shown(compute) for compute in computes]
    return page(
        request,
        "home.html",
        caller=caller,
        instances=listed,
        refresh=_REFRESH_SECONDS if any(each.on_its_way for each in listed) else None,
    )


@router.get(TOKENS_PATH)
async def tokens_page(request: Request, caller: Visitor) -> Response:
    """The person's access tokens."""
    return await _tokens(request, caller) if caller else to_sign_in(request)


@router.post(TOKENS_PATH)
async def create(request: Request, caller: Visitor) -> Response:
    """Make a token and show its secret, once."""
    if caller is None:
        return to_sign_in(request)
    form = await read_form(request, caller)
    try:
        made = await create_token(
            identity_of(request),
            caller.principal,
            form.get("name", ""),
            days=_days(form.get("days", "")),
            correlation=correlation_of(request),
        )
    except (InvalidInput, Conflict) as error:
        return await _tokens(request, caller, problem=error.message, status=error.status)
    return await _tokens(request, caller, secret=made.secret, status=201)


@router.post(TOKENS_PATH + "/{token_id}/revoke")
async def revoke(token_id: str, request: Request, caller: Visitor) -> Response:
    """End a token at once."""
    if caller is None:
        return to_sign_in(request)
    await read_form(request, caller)
    await revoke_token(
        identity_of(request), caller.principal, token_id, correlation=correlation_of(request)
    )
    return redirect(TOKENS_PATH)


async def _tokens(
    request: Request, caller: Caller, *, problem: str = "", secret: str = "", status: int = 200
) -> Response:
    return page(
        request,
        "tokens.html",
        caller=caller,
        status=status,
        tokens=await tokens_of(identity_of(request), caller.principal),
        default_days=DEFAULT_DAYS,
        max_days=MAX_DAYS,
        problem=problem,
        secret=secret,
    )


def _days(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 4:
        raise InvalidInput("The number of days must be a whole number.", target="days")
    return int(text)
