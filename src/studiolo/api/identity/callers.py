"""Who is calling, and what they may do.

A caller proves itself by an access token (JWT), a personal access token, or the studio's session
cookie. What it may do is read from the store each time, so a role that is taken away ends at once.
"""

from dataclasses import dataclass
from enum import StrEnum

from fastapi import Request

from studiolo.api.identity import cookies
from studiolo.api.identity.origins import SAFE_METHODS, require_same_origin
from studiolo.api.identity.personal_tokens import find_token
from studiolo.api.identity.service import IdentityService, identity_of
from studiolo.api.identity.sessions import LiveSession, find_session
from studiolo.domain import access
from studiolo.domain.credentials import AccessToken
from studiolo.domain.errors import Forbidden, Unauthenticated
from studiolo.domain.resources import Principal
from studiolo.domain.roles import BUILT_IN
from studiolo.identity.tokens import PERSONAL_PREFIX
from studiolo.store.transaction import Transaction


class Via(StrEnum):
    """How a caller proved itself."""

    ACCESS_TOKEN = "access token"  # noqa: S105 - a kind, not a secret
    PERSONAL_TOKEN = "personal access token"  # noqa: S105 - a kind, not a secret
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling.

    :param session: the browser's session, where that is the proof.
    :param token: the personal access token, where that is the proof.
    """

    principal: Principal
    via: Via
    session: LiveSession | None = None
    token: AccessToken | None = None


async def caller_of(request: Request) -> Caller:
    """Who is calling.

    A bearer token counts before a cookie. What a cookie authorises must come from the studio's own
    pages, unless it only reads.

    :raises Unauthenticated: nobody, or nobody we know.
    :raises Forbidden: a page of another site used the caller's cookie.
    """
    return await _caller(request, used=True)


async def _caller(request: Request, *, used: bool) -> Caller:
    identity = identity_of(request)
    authorization = request.headers.get("authorization")
    if authorization is not None:
        return await _bearer(identity, authorization, used=used)
    token = cookies.read(request, cookies.SESSION)
    live = await find_session(identity, token, used=used) if token else None
    if live is None:
        raise Unauthenticated(
            "Authentication failed: the 'Authorization' header is missing. Send a bearer token, "
            "or sign in."
        )
    if request.method not in SAFE_METHODS:
        require_same_origin(request, identity.settings)
    return Caller(live.principal, Via.SESSION, session=live)


async def _bearer(identity: IdentityService, authorization: str, *, used: bool) -> Caller:
    scheme, _, value = authorization.partition(" ")
    bearer = scheme.lower() == "bearer"
    caller = await token_caller(identity, value.strip(), used=used) if bearer else None
    if caller is None:
        raise Unauthenticated(
            "Authentication failed: the bearer token is not valid, or has expired. Sign in again.",
            code="InvalidAuthenticationToken",
        )
    return caller


async def token_caller(
    identity: IdentityService, token: str, *, used: bool = True
) -> Caller | None:
    """Who holds a bearer token of either kind; None if it is not valid.

    :param used: whether this counts as use of a personal access token.
    """
    if token.startswith(PERSONAL_PREFIX):
        found = await find_token(identity, token, used=used)
        return Caller(found[1], Via.PERSONAL_TOKEN, token=found[0]) if found else None
    verified = identity.access_tokens.verify(token)
    if verified is None:
        return None
    async with identity.database.reading() as tx:
        principal = await tx.principals.get(verified.principal)
    if principal is None or principal.disabled:
        return None
    return Caller(principal, Via.ACCESS_TOKEN)


async def permitted(tx: Transaction, principal: Principal, action: str, scope: str) -> bool:
    """Whether the principal's roles allow an ARM action at a scope."""
    held = await tx.roles.held_by(principal.id)
    return access.allows(held, BUILT_IN, action, scope)


async def require(
    tx: Transaction, principal: Principal, action: str, scope: str, owner: str | None = None
) -> None:
    """Refuse what the principal's roles do not allow.

    :param owner: whom to ask, where the caller may know.
    :raises Forbidden: AuthorizationFailed, naming client, action, scope and owner.
    """
    if not await permitted(tx, principal, action, scope):
        raise Forbidden(access.refusal(principal.name, principal.id, action, scope, owner))


class Doorman:
    """The API's doorkeeper over an :class:`IdentityService`."""

    def __init__(self, service: IdentityService) -> None:
        self.service = service

    async def authenticate(self, request: Request) -> Principal:
        """The caller, by bearer token or session.

        :raises Unauthenticated: nobody, or nobody we know.
        """
        return (await caller_of(request)).principal

    async def recheck(self, request: Request) -> Principal:
        """The caller of a request that goes on, as :meth:`authenticate`; it counts as no use."""
        return (await _caller(request, used=False)).principal

    async def may(self, principal: Principal, action: str, scope: str) -> bool:
        """Whether the principal may do an ARM action at a scope."""
        async with self.service.database.reading() as tx:
            return await permitted(tx, principal, action, scope)

    async def concerned(self, principal: Principal, scope: str) -> bool:
        """Whether the principal holds any role at, above or below a scope."""
        async with self.service.database.reading() as tx:
            return access.concerned(await tx.roles.held_by(principal.id), scope)

    async def scopes(self, principal: Principal, action: str) -> tuple[str, ...]:
        """The outermost scopes at which the principal may do an ARM action; folded."""
        async with self.service.database.reading() as tx:
            held = await tx.roles.held_by(principal.id)
        return access.granted(held, BUILT_IN, action)

    async def authorize(self, principal: Principal, action: str, scope: str) -> None:
        """Refuse what :meth:`may` does not allow.

        A compute's owner is named to whoever may read it.

        :raises Forbidden: the message names the action, the scope and whom to ask.
        """
        async with self.service.database.reading() as tx:
            if not await permitted(tx, principal, action, scope):
                owner = await _owner(tx, principal, scope)
                await require(tx, principal, action, scope, owner)


_COMPUTE_SEGMENTS = 10
"""`subscriptions/s/resourceGroups/g/providers/Microsoft.ML.../workspaces/w/computes/c`."""

_READ_COMPUTE = "Microsoft.MachineLearningServices/workspaces/computes/read"


async def _owner(tx: Transaction, principal: Principal, scope: str) -> str | None:
    parts = access.segments(scope)
    if len(parts) < _COMPUTE_SEGMENTS or parts[8] != "computes":
        return None
    if not await permitted(tx, principal, _READ_COMPUTE, scope):
        return None
    workspace = await tx.workspaces.get(parts[1], parts[3], parts[7])
    compute = await tx.computes.get(workspace.id, parts[9]) if workspace else None
    return compute.assigned_name if compute else None
