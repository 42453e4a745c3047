"""The API in this process: real application, real sign-in, a database file, fake machines."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from fastapi import APIRouter, FastAPI
from sqlalchemy import select

from studiolo.api.activity.endpoints import router as activity
from studiolo.api.app import create_app
from studiolo.api.computes.routers import router as computes
from studiolo.api.identity.personal_tokens import create_token
from studiolo.api.identity.service import IdentityService
from studiolo.api.locations.endpoints import router as locations
from studiolo.api.operations.endpoints import router as operations
from studiolo.api.services import Deployment, Services
from studiolo.domain.access import RoleDefinition
from studiolo.domain.lifecycle import operation_end, outcome
from studiolo.domain.resources import (
    Compute,
    Principal,
    PrincipalKind,
    RoleAssignment,
    Workspace,
)
from studiolo.domain.roles import DATA_SCIENTIST, OWNER, READER
from studiolo.domain.states import Event, State
from studiolo.settings import Settings
from studiolo.store.database import Database
from studiolo.store.tables import Base
from tests.support.described import described
from tests.support.fakes import SUBSCRIPTION, TENANT, open_team, services_over

ORIGIN = "https://studiolo.localhost:8481"
VERSION = "2023-08-01-preview"

ROUTERS: tuple[APIRouter, ...] = (computes, operations, locations, activity)

_CHANGES_WITH_EVERY_CALL = {("activity", None), ("access_tokens", "used_at")}
"""(table, column) that a refused request may write; None stands for the whole table."""


@dataclass
class Api:
    """A running application and its people.

    :param hints: how often the reconciler was woken.
    """

    services: Services
    app: FastAPI
    workspace: Workspace
    tokens: dict[str, str]
    people: dict[str, Principal]
    now: datetime
    hints: list[int] = field(default_factory=list)

    @property
    def path(self) -> str:
        """The workspace's path."""
        return self.workspace.arm_id

    def compute(self, name: str) -> str:
        """Path of a compute."""
        return f"{self.path}/computes/{name}"

    def location(self, what: str, region: str = "local") -> str:
        """Path of something of a region."""
        provider = "providers/Microsoft.MachineLearningServices"
        return f"/subscriptions/{SUBSCRIPTION}/{provider}/locations/{region}/{what}"

    async def call(
        self,
        method: str,
        path: str,
        *,
        who: str | None = "ann",
        version: str | None = VERSION,
        body: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """One request. `path` may be absolute, and may carry its own query."""
        sent = dict(headers or {})
        if who is not None:
            sent["Authorization"] = f"Bearer {self.tokens[who]}"
        if body is not None:
            content = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        query = {} if version is None else {"api-version": version}
        query |= dict(params or {})
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            url = httpx.URL(path if path.startswith("http") else f"{ORIGIN}{path}")
            if query:
                url = url.copy_merge_params(query)
            return await client.request(method, url, content=content, headers=sent)

    async def create(self, name: str, *, who: str = "ann", **changes: Any) -> httpx.Response:
        """PUT a compute with the SDK's smallest body."""
        return await self.call("PUT", self.compute(name), who=who, body=a_body(**changes))

    async def running(self, name: str, *, who: str = "ann") -> Compute:
        """Create a compute and bring it to Running."""
        reply = await self.create(name, who=who)
        assert reply.status_code == 201, reply.text
        return await self.move(name, Event.READY)

    async def stored(self, name: str, workspace: Workspace | None = None) -> Compute | None:
        """The stored value of a compute."""
        async with self.services.database.reading() as tx:
            return await tx.computes.get((workspace or self.workspace).id, name)

    async def move(self, name: str, event: Event) -> Compute:
        """What the reconciler does when its work ends with `event`."""
        before = await self.stored(name)
        assert before is not None
        now = self.services.clock()
        after = outcome(before, event, now, uuid4().hex)
        async with self.services.database.transaction() as tx:
            assert await tx.computes.save(after, if_etag=before.etag, due_at=None)
            for operation in await tx.operations.open_for(before.id):
                end = operation_end(operation.kind, after.state, event)
                if end is not None:
                    await tx.operations.end(operation, end, now)
            if after.state is State.DELETED:
                await tx.quota.release(before.id)
                await tx.computes.remove(before.id)
        return after

    async def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything in the database that a refused request must not change."""
        tables: dict[str, list[tuple[Any, ...]]] = {}
        async with self.services.database.engine.connect() as connection:
            for table in Base.metadata.sorted_tables:
                if (table.name, None) in _CHANGES_WITH_EVERY_CALL:
                    continue
                columns = [
                    column
                    for column in table.columns
                    if (table.name, column.name) not in _CHANGES_WITH_EVERY_CALL
                ]
                rows = await connection.execute(select(*columns))
                tables[table.name] = sorted((tuple(map(str, row)) for row in rows), key=str)
        return tables


def a_body(**changes: Any) -> dict[str, Any]:
    """What azure-ai-ml sends for the smallest ComputeInstance; `properties.properties` changed.

    `location`, `tags`, `identity` and `outer` (fields of `properties`) are taken out of `changes`.
    """
    body: dict[str, Any] = {
        "location": changes.pop("location", "local"),
        "properties": {
            "computeType": "ComputeInstance",
            "properties": {
                "vmSize": "STANDARD_DS3_V2",
                "enableNodePublicIp": True,
                "enableSSO": True,
                "enableRootAccess": True,
                "releaseQuotaOnStop": False,
                "enableOSPatching": False,
                "applicationSharingPolicy": "Shared",
                "computeInstanceAuthorizationType": "personal",
            },
            "disableLocalAuth": True,
            **changes.pop("outer", {}),
        },
    }
    for name in ("tags", "identity", "sku"):
        if name in changes:
            body[name] = changes.pop(name)
    body["properties"]["properties"] |= changes
    return body


async def open_api(
    home: Path,
    url: str | None = None,
    *,
    routers: Sequence[APIRouter] = ROUTERS,
    watched: bool = True,
    **settings: Any,
) -> Api:
    """An application in `home` with a workspace `ws1` in the group `rg1` and four people.

    ann owns the subscription, dan is a data scientist of the workspace, rea reads it, eve has no
    role at all.

    :param watched: whether replies must be as they are described; not those of a test's own routes.
    """
    chosen = Settings(home=home, **settings)
    database = Database.open(url or f"sqlite+aiosqlite:///{home / 'test.db'}")
    if url is None:
        await database.create_all()
    ticks = Ticks()
    deployment = Deployment(str(uuid4()), TENANT, SUBSCRIPTION)
    workspace = await open_team(database)
    identity = await IdentityService.open(database, chosen, deployment, ticks)
    hints: list[int] = []
    services = services_over(identity, hints)
    app = create_app(services, routers)
    app = described(app) if watched else app
    api = Api(services, app, workspace, {}, {}, ticks.now, hints)
    roles = {"ann": (OWNER, f"/subscriptions/{SUBSCRIPTION}"), "eve": None}
    roles |= {"dan": (DATA_SCIENTIST, workspace.arm_id), "rea": (READER, workspace.arm_id)}
    for name, role in roles.items():
        await add_person(api, identity, name, role)
    return api


async def add_person(
    api: Api, identity: IdentityService, name: str, role: tuple[RoleDefinition, str] | None
) -> None:
    """A person with a personal access token and, perhaps, a role at a scope."""
    person = Principal(str(uuid4()), PrincipalKind.USER, name, name.title())
    async with api.services.database.transaction() as tx:
        await tx.principals.add(person, created_at=api.now)
        if role is not None:
            await tx.roles.add(
                RoleAssignment(
                    id=str(uuid4()),
                    scope=role[1],
                    role_definition=role[0].id,
                    principal=person.id,
                    principal_kind=person.kind,
                    created_at=api.now,
                    created_by=person.id,
                )
            )
    token = await create_token(identity, person, "tests", days=30, correlation="")
    api.tokens[name] = token.secret
    api.people[name] = person


class Ticks:
    """A clock that moves a millisecond at each look, so that instants are ordered."""

    def __init__(self) -> None:
        self.now = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The present instant."""
        self.now += timedelta(milliseconds=1)
        return self.now
