"""A browser's session: begun and ended by the sign-in page's forms, or by the studio's own page.

`POST` and `DELETE /auth/session` are for the studio: JSON in, a cookie out, which no script reads.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import Field, SecretStr
from starlette.responses import Response

from studiolo.api.arm.bodies import ArmModel, json_body
from studiolo.api.identity import cookies
from studiolo.api.identity.origins import require_same_origin
from studiolo.api.identity.service import address_of, correlation_of, identity_of
from studiolo.api.identity.sessions import end_session, find_session, open_studio_session
from studiolo.api.identity.signin import Attempt, check_password
from studiolo.api.schema.base import Answer
from studiolo.domain.credentials import SESSION_LIFETIME
from studiolo.domain.resources import Principal

router = APIRouter(prefix="/auth")

_NO_STORE = {"Cache-Control": "no-store"}


class Credentials(ArmModel):
    """A name and a password."""

    username: str = Field(min_length=1, max_length=256)
    password: SecretStr = Field(max_length=1024)


class Provider(Answer):
    """Somebody else who vouches for people; `path` is where signing in there begins."""

    name: str
    display_name: str
    path: str


class Methods(Answer):
    """How one can sign in. `link` stands for one-time links, which an administrator makes."""

    password: bool
    link: bool
    providers: list[Provider]


async def from_our_page(request: Request) -> None:
    """FastAPI dependency: refuse what a page of another origin asks for, before its body is read.

    :raises Forbidden: it does.
    """
    require_same_origin(request, identity_of(request).settings)


@router.get("/methods")
async def sign_in_methods() -> Methods:
    """How one can sign in; asked before anybody has."""
    return Methods(password=True, link=True, providers=[])


@router.post("/session", status_code=204, dependencies=[Depends(from_our_page)])
async def begin_session(
    request: Request, body: Annotated[Credentials, Depends(json_body(Credentials))]
) -> Response:
    """Sign in: the reply's cookie is the session."""
    attempt = Attempt(body.username.strip(), address_of(request), correlation_of(request))
    password = body.password.get_secret_value()
    person = await check_password(identity_of(request), attempt, password)
    response = Response(status_code=204, headers=_NO_STORE)
    await begin(request, response, person)
    return response


@router.delete("/session", status_code=204, dependencies=[Depends(from_our_page)])
async def delete_session(request: Request) -> Response:
    """Sign out, here and on every instance host. Without a session there is nothing to do."""
    response = Response(status_code=204, headers=_NO_STORE)
    await end(request, response)
    return response


async def begin(request: Request, response: Response, person: Principal) -> None:
    """Begin a fresh session, whatever cookie the browser brought, and hand out its cookie."""
    await _end_present(request)
    token = await open_studio_session(identity_of(request), person)
    seconds = int(SESSION_LIFETIME.total_seconds())
    cookies.write(request, response, cookies.SESSION, token, seconds)
    cookies.remove(request, response, cookies.FORM)


async def end(request: Request, response: Response) -> None:
    """End the browser's session, if it has one, and take its cookie back."""
    await _end_present(request)
    cookies.remove(request, response, cookies.SESSION)


async def _end_present(request: Request) -> None:
    identity = identity_of(request)
    token = cookies.read(request, cookies.SESSION)
    live = await find_session(identity, token) if token else None
    if live is not None:
        await end_session(identity, live, correlation_of(request))
