"""Browser sessions: opened, found again, ended."""

from dataclasses import dataclass, field
from datetime import timedelta

from studiolo.api.identity.service import IdentityService
from studiolo.domain.credentials import (
    PER_ADDRESS,
    PER_NAME,
    SESSION_LIFETIME,
    TICKET_LIFETIME,
    OneTime,
    Session,
    ticket_purpose,
)
from studiolo.domain.resources import Principal
from studiolo.identity.tokens import digest, is_shaped, new_token

INSTANCE_SESSION = timedelta(hours=24)
"""An instance's session ends after this long; the browser then fetches a new ticket unseen."""


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A session in use.

    :param token: the cookie's value.
    """

    session: Session
    principal: Principal
    token: str = field(repr=False)


async def open_studio_session(identity: IdentityService, principal: Principal) -> str:
    """Open a session at the studio; returns the cookie's value.

    What has ended of all sessions, links and throttles is swept away with it.
    """
    token = new_token()
    now = identity.clock()
    async with identity.database.transaction() as tx:
        await tx.credentials.prune(now, now - max(PER_NAME.quiet, PER_ADDRESS.quiet))
        await tx.credentials.add_session(
            Session(
                token_hash=digest(token),
                principal=principal.id,
                parent=None,
                instance=None,
                created_at=now,
                seen_at=now,
                expires_at=now + SESSION_LIFETIME,
            )
        )
    return token


async def find_session(
    identity: IdentityService, token: str, *, at_instance: bool = False, used: bool = True
) -> LiveSession | None:
    """The live session of a cookie's value; None if there is none or its person is disabled.

    :param at_instance: look for an instance's session, not the studio's: one never serves as the
        other.
    :param used: whether this counts as use, which puts off the session's end.
    """
    if not is_shaped(token):
        return None
    now = identity.clock()
    async with identity.database.reading() as tx:
        session = await tx.credentials.session(digest(token))
        if session is None or not session.is_live(now):
            return None
        if (session.instance is not None) is not at_instance:
            return None
        principal = await tx.principals.get(session.principal)
    if principal is None or principal.disabled:
        return None
    if used and session.needs_touch(now):
        async with identity.database.transaction() as tx:
            await tx.credentials.touch_session(session.token_hash, now)
    return LiveSession(session, principal, token)


async def end_session(identity: IdentityService, live: LiveSession, correlation: str) -> None:
    """Sign out: the session ends, and with it those on instance hosts."""
    async with identity.database.transaction() as tx:
        await tx.credentials.end_session(live.session.token_hash)
        await identity.note(
            tx,
            live.principal,
            "Studiolo.Identity/signOut/action",
            "Succeeded",
            correlation=correlation,
        )
    identity.endings.announce(live.principal.id)


async def new_ticket(identity: IdentityService, live: LiveSession, compute_id: str) -> str:
    """A one-time ticket with which this person's browser gets a session at one instance's host."""
    ticket = new_token()
    async with identity.database.transaction() as tx:
        await tx.credentials.add_one_time(
            digest(ticket),
            OneTime(
                purpose=ticket_purpose(compute_id),
                principal=live.principal.id,
                session=live.session.token_hash,
                expires_at=identity.clock() + TICKET_LIFETIME,
            ),
        )
    return ticket


async def redeem_ticket(
    identity: IdentityService, ticket: str, compute_id: str
) -> tuple[str, timedelta] | None:
    """Use up a ticket; returns the new instance session's cookie value and its lifetime.

    None if it is unknown, used, too old, for another instance, or the studio session is over.
    """
    if not is_shaped(ticket):
        return None
    token = new_token()
    now = identity.clock()
    async with identity.database.transaction() as tx:
        taken = await tx.credentials.take_one_time(digest(ticket), ticket_purpose(compute_id))
        if taken is None or now >= taken.expires_at or taken.session is None:
            return None
        parent = await tx.credentials.session(taken.session)
        if parent is None or not parent.is_live(now):
            return None
        expires_at = min(now + INSTANCE_SESSION, parent.expires_at)
        await tx.credentials.add_session(
            Session(
                token_hash=digest(token),
                principal=taken.principal,
                parent=parent.token_hash,
                instance=compute_id,
                created_at=now,
                seen_at=now,
                expires_at=expires_at,
            )
        )
    return token, expires_at - now
