"""Accounts: people and service principals, made and disabled by an administrator."""

import re
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError

from studiolo.api.identity.service import IdentityService
from studiolo.domain.credentials import ClientSecret
from studiolo.domain.errors import Conflict, InvalidInput, NotFound
from studiolo.domain.resources import Principal, PrincipalKind
from studiolo.identity.passwords import check_rules
from studiolo.identity.tokens import new_token

MAX_SECRET_DAYS = 730
"""Two years, the longest that Azure's portal offers."""

_USER_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._+@-]{0,62}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class NewClient:
    """A service principal just made: the only time that its secret is seen."""

    principal: Principal
    secret_id: str
    expires_at: datetime
    secret: str = field(repr=False)


async def create_user(
    identity: IdentityService,
    name: str,
    display_name: str,
    password: str | None,
    *,
    by: Principal,
    correlation: str,
) -> Principal:
    """Make a person's account; without a password they need a sign-in link.

    :raises InvalidInput: the name or the password is not acceptable.
    :raises Conflict: the name is taken.
    """
    if not _USER_NAME.fullmatch(name):
        raise InvalidInput(
            "A user name has 1 to 64 letters, digits and '.', '_', '-', '+', '@', and begins and "
            "ends with a letter or digit.",
            target="name",
        )
    if password is not None:
        check_rules(password, name)
    hashed = await identity.passwords.hash(password) if password is not None else None
    person = Principal(
        id=str(uuid.uuid4()),
        kind=PrincipalKind.USER,
        name=name,
        display_name=_display(display_name) or name,
    )
    await _add(identity, person, hashed, "Studiolo.Identity/users/write", by, correlation)
    return person


async def create_client(
    identity: IdentityService, display_name: str, *, days: int, by: Principal, correlation: str
) -> NewClient:
    """Make a service principal with a secret.

    :raises InvalidInput: the name or the lifetime is not acceptable.
    """
    shown = _display(display_name)
    if not shown:
        raise InvalidInput("A service principal needs a display name.", target="displayName")
    if not 1 <= days <= MAX_SECRET_DAYS:
        raise InvalidInput(f"A secret lives from 1 to {MAX_SECRET_DAYS} days.", target="days")
    client = Principal(
        id=str(uuid.uuid4()),
        kind=PrincipalKind.SERVICE_PRINCIPAL,
        name=str(uuid.uuid4()),
        display_name=shown,
    )
    value = new_token()
    now = identity.clock()
    secret = ClientSecret(
        id=str(uuid.uuid4()),
        principal=client.id,
        secret_hash=await identity.passwords.hash(value),
        expires_at=now + timedelta(days=days),
        created_at=now,
    )
    action = "Studiolo.Identity/servicePrincipals/write"
    await _add(identity, client, None, action, by, correlation, secret)
    return NewClient(client, secret.id, now + timedelta(days=days), value)


async def set_disabled(
    identity: IdentityService, name: str, *, disabled: bool, by: Principal, correlation: str
) -> Principal:
    """Let somebody in no more, or again. Disabling ends their sessions and tokens at once.

    :raises NotFound: there is no such account.
    :raises Conflict: an administrator would lock themselves out.
    """
    async with identity.database.transaction() as tx:
        found = await tx.principals.by_name(name)
        if found is None:
            raise NotFound(f"There is no account '{name[:80]}'.", target="name")
        if found.id == by.id and disabled:
            raise Conflict("You cannot disable your own account: ask another administrator.")
        await tx.principals.set_disabled(found.id, disabled=disabled)
        if disabled:
            await tx.credentials.end_sessions_of(found.id)
            await tx.credentials.revoke_tokens_of(found.id)
        await identity.note(
            tx,
            by,
            "Studiolo.Identity/users/write",
            "Succeeded",
            correlation=correlation,
            detail=f"{found.name} {'disabled' if disabled else 'enabled'}",
        )
    if disabled:
        identity.endings.announce(found.id)
    return found


async def _add(
    identity: IdentityService,
    principal: Principal,
    password_hash: str | None,
    action: str,
    by: Principal,
    correlation: str,
    secret: ClientSecret | None = None,
) -> None:
    try:
        async with identity.database.transaction() as tx:
            await tx.principals.add(
                principal, created_at=identity.clock(), password_hash=password_hash
            )
            if secret is not None:
                await tx.credentials.add_secret(secret)
            await identity.note(
                tx,
                by,
                action,
                "Succeeded",
                correlation=correlation,
                detail=f"{principal.kind} {principal.name} ({principal.display_name})",
            )
    except IntegrityError:
        raise Conflict(
            f"There is an account called '{principal.name}' already. Choose another name.",
            target="name",
        ) from None


def _display(text: str) -> str:
    shown = " ".join(text.split())
    if len(shown) > 120 or not shown.isprintable():
        raise InvalidInput("A display name has at most 120 characters.", target="displayName")
    return shown
