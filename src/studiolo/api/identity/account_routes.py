"""JSON for the command line and administrators: sign in, tokens, accounts."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import Field, SecretStr
from starlette.responses import JSONResponse, Response

from studiolo.api.arm.bodies import ArmModel, json_body
from studiolo.api.arm.origin import public_origin
from studiolo.api.arm.paging import Page, listing, requested_page
from studiolo.api.arm.rendering import instant
from studiolo.api.identity import accounts, links, personal_tokens
from studiolo.api.identity.callers import Caller, caller_of, require
from studiolo.api.identity.service import (
    IdentityService,
    address_of,
    correlation_of,
    identity_of,
)
from studiolo.api.identity.signin import Attempt, check_password
from studiolo.api.schema.accounts import (
    AccessTokenList,
    Account,
    AccountList,
    Me,
    NewAccessToken,
    NewServicePrincipal,
    ServicePrincipalList,
    SignInLink,
)
from studiolo.api.schema.saying import empty, gives
from studiolo.domain.access import ASSIGN_ROLE
from studiolo.domain.alias import user_alias
from studiolo.domain.credentials import LINK_LIFETIME, AccessToken
from studiolo.domain.errors import Conflict, InvalidInput, NotFound
from studiolo.domain.resources import Principal, PrincipalKind

router = APIRouter(prefix="/auth")

_NO_STORE = {"Cache-Control": "no-store"}
_CALLER = Depends(caller_of)


class SignIn(ArmModel):
    """A name and a password; `tokenName` is what the token is listed as."""

    username: str = Field(min_length=1, max_length=256)
    password: SecretStr = Field(max_length=1024)
    token_name: str = "studiolo login"  # noqa: S105 - a label


class TokenRequest(ArmModel):
    """A new personal access token."""

    name: str
    days: int = personal_tokens.DEFAULT_DAYS


class UserRequest(ArmModel):
    """A new person; without a password, make them a sign-in link."""

    name: str
    display_name: str = ""
    password: SecretStr | None = Field(default=None, max_length=1024)


class UserChange(ArmModel):
    """What an administrator may change of an account."""

    disabled: bool


class ClientRequest(ArmModel):
    """A new service principal; `days` is how long its secret works."""

    display_name: str
    days: int = 365


async def administrator(request: Request, caller: Annotated[Caller, _CALLER]) -> Caller:
    """The caller, who must be allowed to assign roles in the subscription.

    Whoever makes accounts and sign-in links could become anybody, so no lesser right will do.

    :raises Forbidden: they may not.
    """
    identity = identity_of(request)
    async with identity.database.reading() as tx:
        await require(tx, caller.principal, ASSIGN_ROLE, identity.subscription_scope)
    return caller


_ADMINISTRATOR = Depends(administrator)


@router.post("/signin", name="sign_in_for_token", responses=gives(NewAccessToken, 201))
async def sign_in(
    request: Request, body: Annotated[SignIn, Depends(json_body(SignIn))]
) -> Response:
    """A personal access token for a name and a password."""
    identity = identity_of(request)
    attempt = Attempt(body.username, address_of(request), correlation_of(request))
    person = await check_password(identity, attempt, body.password.get_secret_value())
    made = await personal_tokens.create_token(
        identity,
        person,
        body.token_name,
        days=personal_tokens.SIGN_IN_DAYS,
        correlation=attempt.correlation,
    )
    return _new_token(made, person)


@router.get("/me", name="get_me", responses=gives(Me))
async def me(request: Request, caller: Annotated[Caller, _CALLER]) -> dict[str, Any]:
    """Who is calling, with the deployment's ids that a client needs."""
    deployment = identity_of(request).deployment
    return {
        **_principal(caller.principal),
        "via": caller.via,
        "tenantId": deployment.tenant,
        "subscriptionId": deployment.subscription,
        "alias": user_alias(caller.principal.name),
    }


@router.get("/tokens", responses=gives(AccessTokenList))
async def list_tokens(request: Request, caller: Annotated[Caller, _CALLER]) -> dict[str, Any]:
    """The caller's personal access tokens, without their secrets."""
    tokens = await personal_tokens.tokens_of(identity_of(request), caller.principal)
    return {"value": [_token(token) for token in tokens]}


@router.post("/tokens", responses=gives(NewAccessToken, 201))
async def create_token(
    request: Request,
    caller: Annotated[Caller, _CALLER],
    body: Annotated[TokenRequest, Depends(json_body(TokenRequest))],
) -> Response:
    """A new personal access token; its secret is shown this once."""
    if caller.principal.kind is not PrincipalKind.USER:
        raise Conflict("A service principal signs in with its secret; tokens are for people.")
    made = await personal_tokens.create_token(
        identity_of(request),
        caller.principal,
        body.name,
        days=body.days,
        correlation=correlation_of(request),
        no_later_than=caller.token.expires_at if caller.token else None,
    )
    return _new_token(made, caller.principal)


@router.delete("/tokens/{token_id}", responses=empty(204))
async def revoke_token(
    token_id: str, request: Request, caller: Annotated[Caller, _CALLER]
) -> Response:
    """End a token of the caller's at once."""
    await personal_tokens.revoke_token(
        identity_of(request), caller.principal, token_id, correlation=correlation_of(request)
    )
    return Response(status_code=204)


@router.get("/users", responses=gives(AccountList))
async def list_users(
    request: Request, _caller: Annotated[Caller, _ADMINISTRATOR]
) -> dict[str, Any]:
    """Every person."""
    async with identity_of(request).database.reading() as tx:
        people = await tx.principals.of_kind(PrincipalKind.USER)
    return {"value": [_principal(person) for person in people]}


@router.post("/users", responses=gives(Account, 201))
async def create_user(
    request: Request,
    caller: Annotated[Caller, _ADMINISTRATOR],
    body: Annotated[UserRequest, Depends(json_body(UserRequest))],
) -> Response:
    """A new person."""
    person = await accounts.create_user(
        identity_of(request),
        body.name,
        body.display_name,
        body.password.get_secret_value() if body.password else None,
        by=caller.principal,
        correlation=correlation_of(request),
    )
    return JSONResponse(_principal(person), 201)


@router.patch("/users/{name}", responses=gives(Account))
async def change_user(
    name: str,
    request: Request,
    caller: Annotated[Caller, _ADMINISTRATOR],
    body: Annotated[UserChange, Depends(json_body(UserChange))],
) -> dict[str, Any]:
    """Let a person (or a client) in no more, or again."""
    identity = identity_of(request)
    await accounts.set_disabled(
        identity,
        name,
        disabled=body.disabled,
        by=caller.principal,
        correlation=correlation_of(request),
    )
    async with identity.database.reading() as tx:
        changed = await tx.principals.by_name(name)
    if changed is None:
        raise NotFound(f"There is no account '{name[:80]}'.", target="name")
    return _principal(changed)


@router.post("/users/{name}/link", responses=gives(SignInLink, 201))
async def create_link(
    name: str, request: Request, caller: Annotated[Caller, _ADMINISTRATOR]
) -> Response:
    """A one-time sign-in link for a person, who may choose a new password with it."""
    identity = identity_of(request)
    person = await _person(identity, name)
    path = await links.new_link(
        identity, person, by=caller.principal, correlation=correlation_of(request)
    )
    body = {
        "link": public_origin(request, identity.settings) + path,
        "expiresAt": instant(identity.clock() + LINK_LIFETIME),
    }
    return JSONResponse(body, 201, _NO_STORE)


@router.get("/servicePrincipals", responses=gives(ServicePrincipalList))
async def list_clients(
    request: Request,
    _caller: Annotated[Caller, _ADMINISTRATOR],
    page: Annotated[Page, Depends(requested_page)],
) -> dict[str, Any]:
    """A page of the service principals, without their secrets, which are not kept."""
    identity = identity_of(request)
    async with identity.database.reading() as tx:
        found = await tx.principals.page_of_kind(
            PrincipalKind.SERVICE_PRINCIPAL, page.after, page.top + 1
        )
    return listing(request, identity.settings, page, found, _client, lambda each: each.name)


@router.post("/servicePrincipals", responses=gives(NewServicePrincipal, 201))
async def create_client(
    request: Request,
    caller: Annotated[Caller, _ADMINISTRATOR],
    body: Annotated[ClientRequest, Depends(json_body(ClientRequest))],
) -> Response:
    """A new service principal; its secret is shown this once."""
    identity = identity_of(request)
    made = await accounts.create_client(
        identity,
        body.display_name,
        days=body.days,
        by=caller.principal,
        correlation=correlation_of(request),
    )
    shown = _client(made.principal) | {
        "tenantId": identity.deployment.tenant,
        "secretId": made.secret_id,
        "clientSecret": made.secret,
        "expiresAt": instant(made.expires_at),
    }
    return JSONResponse(shown, 201, _NO_STORE)


async def _person(identity: IdentityService, name: str) -> Principal:
    async with identity.database.reading() as tx:
        person = await tx.principals.by_name(name)
    if person is None or person.kind is not PrincipalKind.USER:
        raise NotFound(f"There is no user '{name[:80]}'.", target="name")
    if person.disabled:
        raise InvalidInput(f"The user '{person.name}' is disabled: enable them first.")
    return person


def _principal(principal: Principal) -> dict[str, Any]:
    return {
        "id": principal.id,
        "kind": principal.kind,
        "name": principal.name,
        "displayName": principal.display_name,
        "disabled": principal.disabled,
    }


def _client(principal: Principal) -> dict[str, Any]:
    return _principal(principal) | {"appId": principal.name}


def _token(token: AccessToken) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "createdAt": instant(token.created_at),
        "expiresAt": instant(token.expires_at) if token.expires_at else None,
        "usedAt": instant(token.used_at) if token.used_at else None,
    }


def _new_token(made: personal_tokens.NewToken, person: Principal) -> Response:
    body = _token(made.token) | {"token": made.secret, "principal": _principal(person)}
    return JSONResponse(body, 201, _NO_STORE)
