"""People and service principals."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from studiolo.domain.resources import Principal, PrincipalKind
from studiolo.store.rows import changed
from studiolo.store.tables.identity import PrincipalRow


class Principals:
    """Who can sign in or hold a role. Names ignore case and are never reused."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(
        self, principal: Principal, *, created_at: datetime, password_hash: str | None = None
    ) -> None:
        """Store a new principal.

        :raises sqlalchemy.exc.IntegrityError: the name is taken.
        """
        await self._session.execute(
            insert(PrincipalRow).values(
                id=principal.id,
                kind=principal.kind.value,
                name=principal.name,
                name_folded=principal.name.lower(),
                display_name=principal.display_name,
                disabled=principal.disabled,
                password_hash=password_hash,
                created_at=created_at,
            )
        )

    async def get(self, principal_id: str) -> Principal | None:
        """Find by object id."""
        return await self._one(select(PrincipalRow).where(PrincipalRow.id == principal_id.lower()))

    async def by_name(self, name: str) -> Principal | None:
        """Find by user name, or by client id."""
        return await self._one(select(PrincipalRow).where(PrincipalRow.name_folded == name.lower()))

    async def by_ids(self, ids: Sequence[str]) -> list[Principal]:
        """Those of `ids` that exist, ordered by name."""
        return await self._many(select(PrincipalRow).where(PrincipalRow.id.in_(ids)))

    async def of_kind(self, kind: PrincipalKind) -> list[Principal]:
        """All people, or all service principals, ordered by name."""
        return await self._many(select(PrincipalRow).where(PrincipalRow.kind == kind.value))

    async def page_of_kind(
        self, kind: PrincipalKind, after: str | None, limit: int
    ) -> list[Principal]:
        """Up to `limit` of them, ordered by name, after the name `after`."""
        query = select(PrincipalRow).where(PrincipalRow.kind == kind.value)
        if after is not None:
            query = query.where(PrincipalRow.name_folded > after.lower())
        return await self._many(query.limit(limit))

    async def any_user(self) -> bool:
        """Whether there is any person yet."""
        query = select(PrincipalRow.id).where(PrincipalRow.kind == PrincipalKind.USER.value)
        return (await self._session.scalars(query.limit(1))).first() is not None

    async def password_hash(self, principal_id: str) -> str | None:
        """The stored hash; None if there is no password (or no such principal)."""
        query = select(PrincipalRow.password_hash).where(PrincipalRow.id == principal_id)
        return (await self._session.scalars(query)).first()

    async def set_password_hash(self, principal_id: str, password_hash: str) -> None:
        """Replace the password."""
        await self._session.execute(
            update(PrincipalRow)
            .where(PrincipalRow.id == principal_id)
            .values(password_hash=password_hash)
        )

    async def set_disabled(self, principal_id: str, *, disabled: bool) -> bool:
        """Let a principal in no more, or again; False if there is none."""
        written = await self._session.execute(
            update(PrincipalRow).where(PrincipalRow.id == principal_id).values(disabled=disabled)
        )
        return changed(written)

    async def _one(self, query: Select[PrincipalRow]) -> Principal | None:
        row = (await self._session.scalars(query)).one_or_none()
        return principal_of(row) if row else None

    async def _many(self, query: Select[PrincipalRow]) -> list[Principal]:
        rows = await self._session.scalars(query.order_by(PrincipalRow.name_folded))
        return [principal_of(row) for row in rows]


def principal_of(row: PrincipalRow) -> Principal:
    """Build the domain's value from a row."""
    return Principal(
        id=row.id,
        kind=PrincipalKind(row.kind),
        name=row.name,
        display_name=row.display_name,
        disabled=row.disabled,
    )
