"""What only the deployment's own user may ask, on `local.sock`.

The launcher shows the first administrator's sign-in link, the command line signs in without a
password on the deployment's own machine, and `studiolo doctor` looks inside. The socket lies in a
0700 folder: whoever can open it can read the database and the signing keys anyway, so nothing more
is asked for. The gateway knows nothing of this socket.
"""

import asyncio
import secrets
import shutil
import time
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from sqlalchemy import func, select
from starlette.types import ASGIApp

from studiolo.api.arm import envelope
from studiolo.api.identity.bootstrap import administrator_link
from studiolo.api.identity.personal_tokens import SIGN_IN_DAYS, create_token
from studiolo.api.identity.service import IdentityService, identity_of
from studiolo.api.services import Services
from studiolo.domain.errors import Forbidden
from studiolo.domain.resources import Principal
from studiolo.engines.base import Engine, EngineError
from studiolo.engines.saying import in_full
from studiolo.store import migrations
from studiolo.store.database import Database

router = APIRouter(prefix="/local")

_MIB = 1024**2

_ENGINE_SECONDS = 8.0
"""How long a region is waited for; `studiolo up` shows every region before it greets."""


@router.get("/ping")
async def ping() -> dict[str, str]:
    """Answers once everything is put together."""
    return {"status": "ok"}


@router.post("/sign-in-link")
async def sign_in_link(request: Request) -> dict[str, str]:
    """A link that signs the first administrator in, once."""
    service = identity_of(request)
    administrator = await first_administrator(service)
    return {"url": await administrator_link(service, administrator.name)}


@router.post("/access-token")
async def access_token(request: Request) -> dict[str, str]:
    """A bearer token of the first administrator that lasts an hour."""
    service = identity_of(request)
    administrator = await first_administrator(service)
    token = service.access_tokens.issue(administrator, service.settings.https_origin)
    return _granted(service, administrator, token)


@router.post("/personal-token")
async def personal_token(request: Request) -> dict[str, str]:
    """A personal access token of the first administrator, for the command line's profile."""
    service = identity_of(request)
    administrator = await first_administrator(service)
    name = f"command line, signed in locally ({secrets.token_hex(3)})"
    made = await create_token(service, administrator, name, days=SIGN_IN_DAYS, correlation="local")
    return _granted(service, administrator, made.secret) | {"id": made.token.id}


def _granted(service: IdentityService, principal: Principal, token: str) -> dict[str, str]:
    subscription = service.deployment.subscription
    return {"token": token, "user": principal.name, "subscription": subscription}


async def first_administrator(service: IdentityService) -> Principal:
    """The administrator that the deployment was made with.

    :raises Forbidden: they were removed or disabled, and that is respected here too.
    """
    async with service.database.reading() as tx:
        chosen = await tx.facts.get("first_administrator")
        person = await tx.principals.get(chosen) if chosen else None
    if person is None or person.disabled:
        raise Forbidden(
            "The first administrator was removed or disabled. Sign in with your own name instead."
        )
    return person


@router.get("/health")
async def health(request: Request) -> dict[str, Any]:
    """Engines, database, clock and disk, for `studiolo doctor`."""
    services: Services = request.app.state.services
    return {
        "now": time.time(),
        "database": {
            "kind": services.database.engine.dialect.name,
            "migrated": await migrations.is_current(services.database),
            "now": await _database_now(services.database),
        },
        "engines": await _engines(services.engines),
        "disk_free_mib": shutil.disk_usage(services.settings.home).free // _MIB,
    }


async def _database_now(database: Database) -> float:
    """The database's own clock, in seconds since 1970, UTC."""
    async with database.engine.connect() as connection:
        now: Any = await connection.scalar(select(func.current_timestamp()))
    moment = now if now.tzinfo else now.replace(tzinfo=UTC)
    return float(moment.timestamp())


async def _engines(engines: Mapping[str, Engine]) -> Mapping[str, Any]:
    """The health of every region, asked at once: one that is away must not hold up the others."""
    found = await asyncio.gather(*(_engine(each) for each in engines.values()))
    return dict(zip(engines, found, strict=True))


async def _engine(engine: Engine) -> Mapping[str, Any]:
    try:
        async with asyncio.timeout(_ENGINE_SECONDS):
            found = await engine.health()
    except TimeoutError:
        told = f"it did not answer within {_ENGINE_SECONDS:.0f} seconds"
        return {"ok": False, "message": told, "limitations": []}
    except EngineError as error:
        return {"ok": False, "message": in_full(error), "limitations": []}
    return {"ok": found.ok, "message": found.message, "limitations": found.limitations}


def local_app(services: Services) -> ASGIApp:
    """The application of `local.sock`."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.state.services = services
    envelope.install(app)
    app.include_router(router)
    return app
