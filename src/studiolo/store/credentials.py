"""Secrets, sessions, tokens, links and failed attempts: only their hashes are kept."""

from datetime import datetime

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from studiolo.domain.credentials import (
    SESSION_IDLE,
    AccessToken,
    ClientSecret,
    Failures,
    OneTime,
    Session,
)
from studiolo.store.rows import changed
from studiolo.store.tables.identity import (
    AccessTokenRow,
    ClientSecretRow,
    OneTimeRow,
    SessionRow,
    SignInFailureRow,
)


class Credentials:
    """What proves who somebody is. Lookups are by hash; nothing here sees a secret."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    # sessions

    async def add_session(self, session: Session) -> None:
        """Store a new session."""
        await self._session.execute(
            insert(SessionRow).values(
                token_hash=session.token_hash,
                principal=session.principal,
                parent=session.parent,
                instance=session.instance,
                created_at=session.created_at,
                seen_at=session.seen_at,
                expires_at=session.expires_at,
            )
        )

    async def session(self, token_hash: str) -> Session | None:
        """Find a session, live or not."""
        row = await self._session.get(SessionRow, token_hash)
        if row is None:
            return None
        return Session(
            token_hash=row.token_hash,
            principal=row.principal,
            parent=row.parent,
            instance=row.instance,
            created_at=row.created_at,
            seen_at=row.seen_at,
            expires_at=row.expires_at,
        )

    async def touch_session(self, token_hash: str, now: datetime) -> None:
        """Note that a session is in use."""
        await self._session.execute(
            update(SessionRow).where(SessionRow.token_hash == token_hash).values(seen_at=now)
        )

    async def end_session(self, token_hash: str) -> bool:
        """End a session and the instance sessions that grew from it."""
        ended = await self._session.execute(
            delete(SessionRow).where(
                or_(SessionRow.token_hash == token_hash, SessionRow.parent == token_hash)
            )
        )
        return changed(ended)

    async def end_sessions_of(self, principal: str) -> None:
        """End every session of a principal."""
        await self._session.execute(delete(SessionRow).where(SessionRow.principal == principal))

    # personal access tokens

    async def add_token(self, token: AccessToken, token_hash: str) -> None:
        """Store a new personal access token."""
        await self._session.execute(
            insert(AccessTokenRow).values(
                id=token.id,
                token_hash=token_hash,
                principal=token.principal,
                name=token.name,
                created_at=token.created_at,
                expires_at=token.expires_at,
                used_at=token.used_at,
            )
        )

    async def token(self, token_hash: str) -> AccessToken | None:
        """Find a token, live or not."""
        query = select(AccessTokenRow).where(AccessTokenRow.token_hash == token_hash)
        row = (await self._session.scalars(query)).one_or_none()
        return _token_of(row) if row else None

    async def tokens_of(self, principal: str) -> list[AccessToken]:
        """A principal's tokens, newest first."""
        query = (
            select(AccessTokenRow)
            .where(AccessTokenRow.principal == principal)
            .order_by(AccessTokenRow.created_at.desc(), AccessTokenRow.id)
        )
        return [_token_of(row) for row in await self._session.scalars(query)]

    async def touch_token(self, token_id: str, now: datetime) -> None:
        """Note that a token is in use."""
        await self._session.execute(
            update(AccessTokenRow).where(AccessTokenRow.id == token_id).values(used_at=now)
        )

    async def revoke_token(self, token_id: str, principal: str) -> bool:
        """Remove a principal's own token; False if they have none with this id."""
        gone = await self._session.execute(
            delete(AccessTokenRow).where(
                AccessTokenRow.id == token_id, AccessTokenRow.principal == principal
            )
        )
        return changed(gone)

    async def revoke_tokens_of(self, principal: str) -> None:
        """Remove every token of a principal."""
        await self._session.execute(
            delete(AccessTokenRow).where(AccessTokenRow.principal == principal)
        )

    # service principals' secrets

    async def add_secret(self, secret: ClientSecret) -> None:
        """Store a new client secret."""
        await self._session.execute(
            insert(ClientSecretRow).values(
                id=secret.id,
                principal=secret.principal,
                secret_hash=secret.secret_hash,
                expires_at=secret.expires_at,
                created_at=secret.created_at,
            )
        )

    async def secrets_of(self, principal: str) -> list[ClientSecret]:
        """A service principal's secrets, newest first."""
        query = (
            select(ClientSecretRow)
            .where(ClientSecretRow.principal == principal)
            .order_by(ClientSecretRow.created_at.desc(), ClientSecretRow.id)
        )
        return [
            ClientSecret(
                id=row.id,
                principal=row.principal,
                secret_hash=row.secret_hash,
                expires_at=row.expires_at,
                created_at=row.created_at,
            )
            for row in await self._session.scalars(query)
        ]

    # one-time links and tickets

    async def add_one_time(self, token_hash: str, one_time: OneTime) -> None:
        """Store a new link or ticket."""
        await self._session.execute(
            insert(OneTimeRow).values(
                token_hash=token_hash,
                purpose=one_time.purpose,
                principal=one_time.principal,
                session=one_time.session,
                expires_at=one_time.expires_at,
            )
        )

    async def one_time(self, token_hash: str, purpose: str) -> OneTime | None:
        """Look at a link without using it up."""
        query = select(OneTimeRow).where(
            OneTimeRow.token_hash == token_hash, OneTimeRow.purpose == purpose
        )
        row = (await self._session.scalars(query)).one_or_none()
        return _one_time_of(row) if row else None

    async def take_one_time(self, token_hash: str, purpose: str) -> OneTime | None:
        """Use up a link or ticket: of several who try at once, one gets it."""
        query = (
            delete(OneTimeRow)
            .where(OneTimeRow.token_hash == token_hash, OneTimeRow.purpose == purpose)
            .returning(OneTimeRow)
        )
        row = (await self._session.scalars(query)).one_or_none()
        return _one_time_of(row) if row else None

    async def drop_links_of(self, principal: str, purpose: str) -> None:
        """Make a principal's outstanding links worthless."""
        await self._session.execute(
            delete(OneTimeRow).where(
                OneTimeRow.principal == principal, OneTimeRow.purpose == purpose
            )
        )

    # failed attempts

    async def lock_failures(self, key: str, now: datetime) -> Failures:
        """Failures under `key` (none is a count of 0), held until this transaction ends."""
        query = select(SignInFailureRow).where(SignInFailureRow.key == key).with_for_update()
        row = (await self._session.scalars(query)).one_or_none()
        if row is None:
            try:
                async with self._session.begin_nested():
                    await self._session.execute(
                        insert(SignInFailureRow).values(
                            key=key, count=0, blocked_until=None, last_at=now
                        )
                    )
            except IntegrityError:
                pass  # another replica made it meanwhile; the lock below waits for that one
            row = (await self._session.scalars(query)).one()
        return Failures(row.count, row.last_at)

    async def save_failures(
        self, key: str, failures: Failures, blocked_until: datetime | None
    ) -> None:
        """Store what :meth:`lock_failures` returned, changed."""
        await self._session.execute(
            update(SignInFailureRow)
            .where(SignInFailureRow.key == key)
            .values(count=failures.count, last_at=failures.last_at, blocked_until=blocked_until)
        )

    async def clear_failures(self, key: str) -> None:
        """Forget the failures under a key."""
        await self._session.execute(delete(SignInFailureRow).where(SignInFailureRow.key == key))

    async def prune(self, now: datetime, failures_before: datetime) -> None:
        """Remove what has ended and can no longer matter."""
        ended = or_(SessionRow.expires_at <= now, SessionRow.seen_at <= now - SESSION_IDLE)
        await self._session.execute(delete(SessionRow).where(ended))
        await self._session.execute(delete(OneTimeRow).where(OneTimeRow.expires_at <= now))
        # Rows that a sign-in holds are left: it may be waiting for another one deleted here.
        old = (
            select(SignInFailureRow.key)
            .where(SignInFailureRow.last_at <= failures_before)
            .with_for_update(skip_locked=True)
        )
        await self._session.execute(
            delete(SignInFailureRow).where(SignInFailureRow.key.in_(old.scalar_subquery()))
        )


def _token_of(row: AccessTokenRow) -> AccessToken:
    return AccessToken(
        id=row.id,
        principal=row.principal,
        name=row.name,
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
    )


def _one_time_of(row: OneTimeRow) -> OneTime:
    return OneTime(
        purpose=row.purpose,
        principal=row.principal,
        session=row.session,
        expires_at=row.expires_at,
    )
