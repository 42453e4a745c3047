"""Personal access tokens: what the command line keeps instead of a password."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from studiolo.api.identity.service import IdentityService
from studiolo.domain.credentials import SESSION_TOUCH, AccessToken
from studiolo.domain.errors import Conflict, InvalidInput, NotFound
from studiolo.domain.resources import Principal
from studiolo.identity.tokens import PERSONAL_PREFIX, digest, is_shaped, new_token

DEFAULT_DAYS = 90
MAX_DAYS = 366
SIGN_IN_DAYS = 30
"""Lifetime of the token that `studiolo login` gets."""

MAX_TOKENS = 100
"""Live tokens of one person, so that a script that makes one per run is noticed."""

_MAX_NAME = 80


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made: the only time that its secret is seen."""

    token: AccessToken
    secret: str = field(repr=False)


async def create_token(
    identity: IdentityService,
    principal: Principal,
    name: str,
    *,
    days: int,
    correlation: str,
    no_later_than: datetime | None = None,
) -> NewToken:
    """Make a token.

    :param no_later_than: end of the token that asks for it: a token cannot prolong itself.
    :raises InvalidInput: the name or the lifetime is not acceptable.
    :raises Conflict: the person has `MAX_TOKENS` already.
    """
    name = name.strip()
    if not 1 <= len(name) <= _MAX_NAME or not name.isprintable():
        raise InvalidInput(f"A token needs a name of 1 to {_MAX_NAME} characters.", target="name")
    if not 1 <= days <= MAX_DAYS:
        raise InvalidInput(f"A token lives from 1 to {MAX_DAYS} days.", target="days")
    now = identity.clock()
    ends = now + timedelta(days=days)
    token = AccessToken(
        id=str(uuid.uuid4()),
        principal=principal.id,
        name=name,
        created_at=now,
        expires_at=min(ends, no_later_than) if no_later_than else ends,
        used_at=None,
    )
    secret = new_token(PERSONAL_PREFIX)
    async with identity.database.transaction() as tx:
        live = [each for each in await tx.credentials.tokens_of(principal.id) if each.is_live(now)]
        if len(live) >= MAX_TOKENS:
            raise Conflict(
                f"You have {len(live)} access tokens. Revoke some that you no longer use."
            )
        await tx.credentials.add_token(token, digest(secret))
        await identity.note(
            tx,
            principal,
            "Studiolo.Identity/tokens/write",
            "Succeeded",
            correlation=correlation,
            detail=f"token {token.id}",
        )
    return NewToken(token, secret)


async def tokens_of(identity: IdentityService, principal: Principal) -> list[AccessToken]:
    """The person's tokens that still work, newest first."""
    async with identity.database.reading() as tx:
        tokens = await tx.credentials.tokens_of(principal.id)
    return [each for each in tokens if each.is_live(identity.clock())]


async def revoke_token(
    identity: IdentityService, principal: Principal, token_id: str, *, correlation: str
) -> None:
    """End a token at once.

    :raises NotFound: the person has no such token.
    """
    async with identity.database.transaction() as tx:
        if not await tx.credentials.revoke_token(token_id, principal.id):
            raise NotFound("You have no access token with this id.", target="id")
        await identity.note(
            tx,
            principal,
            "Studiolo.Identity/tokens/delete",
            "Succeeded",
            correlation=correlation,
            detail=f"token {token_id}",
        )
    identity.endings.announce(principal.id)


async def find_token(
    identity: IdentityService, secret: str, *, used: bool = True
) -> tuple[AccessToken, Principal] | None:
    """The live token with this secret and whose it is; None if unknown, ended or disabled.

    :param used: whether this counts as use.
    """
    if not is_shaped(secret):
        return None
    now = identity.clock()
    async with identity.database.reading() as tx:
        token = await tx.credentials.token(digest(secret))
        if token is None or not token.is_live(now):
            return None
        principal = await tx.principals.get(token.principal)
    if principal is None or principal.disabled:
        return None
    if used and (token.used_at is None or now >= token.used_at + SESSION_TOUCH):
        async with identity.database.transaction() as tx:
            await tx.credentials.touch_token(token.id, now)
    return token, principal
