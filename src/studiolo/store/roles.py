"""Role assignments."""

from sqlalchemy import Select, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from studiolo.domain.access import ancestors, fold
from studiolo.domain.resources import PrincipalKind, RoleAssignment
from studiolo.store.rows import changed
from studiolo.store.tables.identity import RoleAssignmentRow


class Roles:
    """Who holds which role, and where."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, assignment: RoleAssignment) -> None:
        """Store a new assignment.

        :raises sqlalchemy.exc.IntegrityError: its id is taken, or the principal holds this role at
            this scope already.
        """
        await self._session.execute(
            insert(RoleAssignmentRow).values(
                id=assignment.id,
                scope=assignment.scope,
                scope_folded=fold(assignment.scope),
                role_definition=assignment.role_definition,
                principal=assignment.principal,
                principal_kind=assignment.principal_kind.value,
                created_at=assignment.created_at,
                created_by=assignment.created_by,
            )
        )

    async def get(self, assignment_id: str) -> RoleAssignment | None:
        """Find by id (a lower-case UUID)."""
        query = select(RoleAssignmentRow).where(RoleAssignmentRow.id == assignment_id)
        row = (await self._session.scalars(query)).one_or_none()
        return _assignment_of(row) if row else None

    async def held_by(self, principal_id: str) -> list[RoleAssignment]:
        """Everything a principal holds."""
        return await self._many(
            select(RoleAssignmentRow).where(RoleAssignmentRow.principal == principal_id)
        )

    async def applying_at(self, scope: str) -> list[RoleAssignment]:
        """Assignments at `scope` and above it: all that apply there."""
        return await self._many(
            select(RoleAssignmentRow).where(RoleAssignmentRow.scope_folded.in_(ancestors(scope)))
        )

    async def below(self, scope: str) -> list[RoleAssignment]:
        """Assignments at scopes strictly below `scope`."""
        prefix = fold(scope).rstrip("/") + "/"
        inside = RoleAssignmentRow.scope_folded.startswith(prefix, autoescape=True)
        return await self._many(
            select(RoleAssignmentRow).where(inside, RoleAssignmentRow.scope_folded != fold(scope))
        )

    async def lock(self, scope: str, role_definition: str) -> list[RoleAssignment]:
        """Who holds a role exactly at `scope`; nobody else changes these rows meanwhile."""
        query = select(RoleAssignmentRow).where(
            RoleAssignmentRow.scope_folded == fold(scope),
            RoleAssignmentRow.role_definition == role_definition,
        )
        return await self._many(query.with_for_update())

    async def remove(self, assignment_id: str) -> bool:
        """Remove an assignment; False if it was gone."""
        gone = await self._session.execute(
            delete(RoleAssignmentRow).where(RoleAssignmentRow.id == assignment_id)
        )
        return changed(gone)

    async def remove_below(self, scope: str) -> None:
        """Remove the assignments at `scope` and below it, when the resource is deleted."""
        prefix = fold(scope).rstrip("/") + "/"
        inside = RoleAssignmentRow.scope_folded.startswith(prefix, autoescape=True)
        await self._session.execute(
            delete(RoleAssignmentRow).where(
                inside | (RoleAssignmentRow.scope_folded == fold(scope))
            )
        )

    async def _many(self, query: Select[RoleAssignmentRow]) -> list[RoleAssignment]:
        rows = await self._session.scalars(query.order_by(RoleAssignmentRow.id))
        return [_assignment_of(row) for row in rows]


def _assignment_of(row: RoleAssignmentRow) -> RoleAssignment:
    return RoleAssignment(
        id=row.id,
        scope=row.scope,
        role_definition=row.role_definition,
        principal=row.principal,
        principal_kind=PrincipalKind(row.principal_kind),
        created_at=row.created_at,
        created_by=row.created_by,
    )
