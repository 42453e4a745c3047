"""The application with real identity in this process, over a database file or PostgreSQL."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from argon2 import PasswordHasher
from fastapi import APIRouter, FastAPI

from studiolo.api.app import create_app
from studiolo.api.authorization import router as authorization
from studiolo.api.identity import router as identity_router
from studiolo.api.identity.service import IdentityService
from studiolo.api.services import Deployment, Services
from studiolo.domain.access import RoleDefinition
from studiolo.domain.resources import Principal, PrincipalKind, RoleAssignment, Workspace
from studiolo.identity.passwords import Passwords
from studiolo.settings import Settings
from studiolo.store.database import Database
from tests.support.described import described
from tests.support.fakes import SUBSCRIPTION, TENANT, open_team, services_over

ORIGIN = "https://studiolo.localhost:8481"
HTTP_ORIGIN = "http://studiolo.localhost:8480"
SCOPE = f"/subscriptions/{SUBSCRIPTION}"
PASSWORD = "correct horse battery"

_FORM_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')


def cookies_of(reply: httpx.Response) -> SimpleCookie:
    """What a reply sets."""
    parsed = SimpleCookie()
    for header in reply.headers.get_list("set-cookie"):
        parsed.load(header)
    return parsed


class Clock:
    """Time that moves only when a test says so."""

    def __init__(self) -> None:
        self.now = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **units: float) -> None:
        self.now += timedelta(**units)


def cheap_passwords() -> Passwords:
    """Argon2 with the smallest parameters it takes."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@dataclass
class Studio:
    """A running application.

    :param workspace: `ws1` in the group `rg1`.
    """

    app: FastAPI
    services: Services
    identity: IdentityService
    clock: Clock
    workspace: Workspace
    hints: list[int] = field(default_factory=list)

    def client(self, origin: str = ORIGIN, address: str = "127.0.0.1") -> httpx.AsyncClient:
        """A browser or tool, with a cookie jar of its own."""
        transport = httpx.ASGITransport(
            self.app, raise_app_exceptions=False, client=(address, 1000)
        )
        return httpx.AsyncClient(transport=transport, base_url=origin)

    async def person(
        self,
        name: str,
        role: RoleDefinition | None = None,
        scope: str = SCOPE,
        kind: PrincipalKind = PrincipalKind.USER,
    ) -> Principal:
        """A principal with the password `PASSWORD` and, perhaps, a role."""
        person = Principal(str(uuid4()), kind, name, name.title())
        hashed = await self.identity.passwords.hash(PASSWORD)
        async with self.services.database.transaction() as tx:
            await tx.principals.add(person, created_at=self.clock(), password_hash=hashed)
        if role is not None:
            await self.assign(person, role, scope)
        return person

    async def assign(self, person: Principal, role: RoleDefinition, scope: str = SCOPE) -> str:
        """Give a role; returns the assignment's id."""
        assignment = RoleAssignment(
            str(uuid4()), scope, role.id, person.id, person.kind, self.clock(), person.id
        )
        async with self.services.database.transaction() as tx:
            await tx.roles.add(assignment)
        return assignment.id

    def bearer(self, person: Principal) -> dict[str, str]:
        """Headers with an access token of theirs."""
        return {"Authorization": f"Bearer {self.identity.access_tokens.issue(person, ORIGIN)}"}

    async def sign_in(self, client: httpx.AsyncClient, name: str) -> httpx.Response:
        """Sign in by the page."""
        return await submit(
            client, "/signin", {"username": name, "password": PASSWORD}, page="/signin"
        )

    async def activity(self) -> list[tuple[str, str, str]]:
        """(operation, status, who) of every line, oldest first."""
        async with self.services.database.reading() as tx:
            lines = await tx.activity.page("", None, 1000)
        return [(each.operation, each.status, each.principal_name) for _, each in reversed(lines)]


async def form_token(client: httpx.AsyncClient, page: str) -> str:
    """The token in a page's forms."""
    found = _FORM_TOKEN.search((await client.get(page)).text)
    assert found is not None, f"no form on {page}"
    return found[1]


async def submit(
    client: httpx.AsyncClient,
    action: str,
    fields: Mapping[str, str],
    *,
    page: str,
    origin: str | None = None,
) -> httpx.Response:
    """Fill in and send a form, as a browser does from `page`."""
    token = await form_token(client, page)
    headers = {"Origin": origin or str(client.base_url).rstrip("/")}
    return await client.post(action, data={**fields, "form_token": token}, headers=headers)


async def open_studio(
    home: Path,
    url: str | None = None,
    *,
    routers: Sequence[APIRouter] = (identity_router, authorization),
    **chosen: Any,
) -> Studio:
    """An application in `home`; the database is SQLite unless `url` says otherwise.

    :param chosen: settings that differ from the defaults.
    """
    settings = Settings(home=home, **chosen)
    database = Database.open(url or f"sqlite+aiosqlite:///{home / 'test.db'}")
    if url is None:
        await database.create_all()
    clock = Clock()
    deployment = Deployment(str(uuid4()), TENANT, SUBSCRIPTION)
    workspace = await open_team(database)
    identity = await IdentityService.open(
        database, settings, deployment, clock, passwords=cheap_passwords()
    )
    hints: list[int] = []
    services = services_over(identity, hints)
    app = described(create_app(services, routers))
    return Studio(app, services, identity, clock, workspace, hints)
