"""Compute instances."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, Select, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from studiolo.domain.errors import Detail
from studiolo.domain.idle import SETTING
from studiolo.domain.machine import Recipe, Step, VirtualSubnet
from studiolo.domain.resources import Compute, LastOperation, Trigger
from studiolo.domain.schedules import next_due
from studiolo.domain.states import State
from studiolo.store import schedules
from studiolo.store.rows import changed, stamp_columns, stamp_of
from studiolo.store.tables.base import table_of
from studiolo.store.tables.compute import ComputeRow
from studiolo.store.tables.workspace import WorkspaceRow

COMPUTES = table_of(ComputeRow)

_CHUNK = 500
"""Ids in one statement; SQLite allows 32,766 parameters, older ones 999."""


@dataclass(frozen=True, slots=True)
class Version:
    """An instance's name, and the ETag that it has at this moment."""

    name: str
    etag: str


class Computes:
    """Compute instances by name, id and host; writes compare the ETag."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, compute: Compute, *, due_at: datetime) -> None:
        """Store a new instance, due for the reconciler.

        :raises sqlalchemy.exc.IntegrityError: the name is taken in the region, or the host label.
        """
        values = written_columns(compute) | {"due_at": due_at, "attempts": 0}
        await self._session.execute(insert(COMPUTES).values(**values))
        note_written(self._session)

    async def by_id(self, compute_id: str) -> Compute | None:
        """Find by machine id."""
        return await self._one(_joined().where(ComputeRow.id == compute_id))

    async def get(self, workspace: str, name: str) -> Compute | None:
        """Find by workspace id and name."""
        found = _joined().where(
            ComputeRow.workspace == workspace, ComputeRow.name_folded == name.lower()
        )
        return await self._one(found)

    async def by_name(self, location: str, name: str) -> Compute | None:
        """Find by name in a region, whichever workspace it is in."""
        found = _joined().where(
            ComputeRow.location == location, ComputeRow.name_folded == name.lower()
        )
        return await self._one(found)

    async def by_host(self, label: str) -> Compute | None:
        """Find by the first label of its host name."""
        return await self._one(_joined().where(ComputeRow.host_label == label))

    async def page(self, workspace: str, after: str | None, limit: int) -> list[Compute]:
        """Up to `limit` instances of a workspace, ordered by name, after the name `after`."""
        query = _joined().where(ComputeRow.workspace == workspace)
        if after is not None:
            query = query.where(ComputeRow.name_folded > after.lower())
        return await self._many(query.order_by(ComputeRow.name_folded).limit(limit))

    async def in_workspace(self, workspace: str) -> list[Compute]:
        """All instances of a workspace."""
        return await self._many(_joined().where(ComputeRow.workspace == workspace))

    async def opened_by(self, principal: str) -> list[Compute]:
        """Instances that `principal` created or is assigned, ordered by name."""
        mine = (ComputeRow.owner_id == principal) | (ComputeRow.assigned_id == principal)
        return await self._many(_joined().where(mine).order_by(ComputeRow.name_folded))

    async def all_states(self, location: str) -> dict[str, tuple[State, int]]:
        """State and generation of every instance in a region, by id: the narrow query of resync."""
        rows = await self._session.execute(
            select(ComputeRow.id, ComputeRow.state, ComputeRow.generation).where(
                ComputeRow.location == location
            )
        )
        return {row.id: (State(row.state), row.generation) for row in rows}

    async def with_idle_shutdown(self, location: str) -> dict[str, str]:
        """ETags of a region's running instances that are stopped when they are idle, by id."""
        table = COMPUTES.c
        query = select(table.id, table.etag).where(
            table.location == location,
            table.state == State.RUNNING.value,
            table.spec[SETTING].as_string().is_not(None),
        )
        return {row.id: row.etag for row in await self._session.execute(query)}

    async def firing(self, locations: Sequence[str], now: datetime) -> list[str]:
        """Ids of the instances in these regions that have a schedule due, the longest due first."""
        table = COMPUTES.c
        due = (table.location.in_(locations), table.fires_at <= now)
        alive = table.state != State.DELETING.value
        query = select(table.id).where(*due, alive).order_by(table.fires_at)
        return list((await self._session.scalars(query)).all())

    async def save(self, compute: Compute, *, if_etag: str, due_at: datetime | None) -> bool:
        """Write the instance if its ETag is still `if_etag`; False if somebody else changed it."""
        written = await self._session.execute(
            update(COMPUTES)
            .where(COMPUTES.c.id == compute.id, COMPUTES.c.etag == if_etag)
            .values(**written_columns(compute), due_at=due_at, attempts=0)
        )
        note_written(self._session)
        return changed(written)

    async def remove(self, compute_id: str) -> bool:
        """Remove the row; False if it was gone."""
        gone = await self._session.execute(delete(COMPUTES).where(COMPUTES.c.id == compute_id))
        note_written(self._session)
        return changed(gone)

    async def versions(self, workspace: str, newest: int | None = None) -> dict[str, Version]:
        """Name and ETag by id: of the `newest` that changed last, or of all in a workspace."""
        table = COMPUTES.c
        query = select(table.id, table.name, table.etag).where(table.workspace == workspace)
        if newest is not None:
            query = query.order_by(table.changed.desc()).limit(newest)
        rows = await self._session.execute(query)
        return {row.id: Version(row.name, row.etag) for row in rows}

    async def count(self, workspace: str) -> int:
        """How many instances a workspace has."""
        query = select(func.count()).where(COMPUTES.c.workspace == workspace)
        return (await self._session.scalars(query)).one()

    async def by_ids(self, ids: Sequence[str]) -> Mapping[str, Compute]:
        """Those of these ids that there are, by id."""
        found: dict[str, Compute] = {}
        for start in range(0, len(ids), _CHUNK):
            chunk = await self._many(joined_where(ids[start : start + _CHUNK]))
            found |= {each.id: each for each in chunk}
        return found

    async def _one(self, query: Select[Any]) -> Compute | None:
        row = (await self._session.execute(query)).one_or_none()
        return compute_of(row) if row else None

    async def _many(self, query: Select[Any]) -> list[Compute]:
        return [compute_of(row) for row in await self._session.execute(query)]


def _joined() -> Select[Any]:
    workspace = (
        WorkspaceRow.subscription.label("subscription"),
        WorkspaceRow.resource_group.label("resource_group"),
        WorkspaceRow.name.label("workspace_name"),
    )
    return select(*ComputeRow.__table__.columns, *workspace).join(
        WorkspaceRow, WorkspaceRow.id == ComputeRow.workspace
    )


def joined_where(ids: Sequence[str]) -> Select[Any]:
    """Query for the instances with these ids, as :func:`compute_of` reads them."""
    return _joined().where(ComputeRow.id.in_(ids))


_WRITTEN = "computes written"


def note_written(session: AsyncSession) -> None:
    """Remember that this unit of work may have changed what clients see of some instance."""
    session.info[_WRITTEN] = True


def was_written(session: AsyncSession) -> bool:
    """Whether :func:`note_written` was called in this unit of work."""
    return _WRITTEN in session.info


def written_columns(compute: Compute) -> dict[str, Any]:
    """What every write of an instance sets: its columns, and the next number of a change."""
    return compute_columns(compute) | {"changed": _next_change(compute.workspace)}


def _next_change(workspace: str) -> ScalarSelect[Any]:
    others = COMPUTES.alias()
    latest = (
        select(others.c.changed)
        .where(others.c.workspace == workspace)
        .order_by(others.c.changed.desc())
        .limit(1)
        .scalar_subquery()
    )
    return select(func.coalesce(latest, 0) + 1).scalar_subquery()


_PLAIN = (
    "id",
    "workspace",
    "location",
    "name",
    "host_label",
    "size",
    "family",
    "vcpus",
    "spec",
    "envelope",
    "tags",
    "identity",
    "state_since",
    "deadline",
    "generation",
    "owner_id",
    "owner_name",
    "assigned_id",
    "assigned_name",
    "agent_token",
    "etag",
    "image_version",
    "private_ip",
)
"""Columns whose value is the field's own."""


def compute_of(row: Any) -> Compute:
    """Build the domain's value from a joined row."""
    return Compute(
        **{name: getattr(row, name) for name in _PLAIN},
        subscription=row.subscription,
        resource_group=row.resource_group,
        workspace_name=row.workspace_name,
        state=State(row.state),
        errors=tuple(Detail(**error) for error in row.errors),
        last_operation=_last_operation(row.last_operation),
        recipe=_recipe(row.recipe),
        schedules=schedules.read(row.schedules),
        subnet=VirtualSubnet(row.subnet, row.subnet_prefix) if row.subnet else None,
        stamp=stamp_of(row),
    )


def compute_columns(compute: Compute) -> dict[str, Any]:
    """Return the column values of an instance, without the reconciler's own."""
    last = compute.last_operation
    return {name: getattr(compute, name) for name in _PLAIN} | {
        "name_folded": compute.name.lower(),
        "state": compute.state.value,
        "errors": [
            {"code": error.code, "message": error.message, "target": error.target}
            for error in compute.errors
        ],
        "last_operation": {
            "name": last.name,
            "time": last.time.isoformat(),
            "status": last.status,
            "trigger": last.trigger.value,
        },
        "recipe": _recipe_column(compute.recipe),
        "schedules": schedules.column(compute.schedules),
        "fires_at": next_due(compute.schedules),
        "subnet": compute.subnet.id if compute.subnet else None,
        "subnet_prefix": compute.subnet.prefix if compute.subnet else None,
        **stamp_columns(compute.stamp),
    }


def _last_operation(data: dict[str, Any]) -> LastOperation:
    return LastOperation(
        name=data["name"],
        time=datetime.fromisoformat(data["time"]),
        status=data["status"],
        trigger=Trigger(data["trigger"]),
    )


def _recipe(data: dict[str, Any] | None) -> Recipe | None:
    return None if data is None else Recipe(Step(data["step"]), data["of"])


def _recipe_column(recipe: Recipe | None) -> dict[str, Any] | None:
    return None if recipe is None else {"step": recipe.step.value, "of": recipe.of}
