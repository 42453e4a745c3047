"""What a browser sees on the studio host before and while signing in."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from studiolo.api.identity import browser_sessions
from studiolo.api.identity.forms import read_form
from studiolo.api.identity.links import LINK_PATH, peek_link, use_link
from studiolo.api.identity.origins import safe_next
from studiolo.api.identity.rendering import (
    ICON_PATH,
    STYLE_PATH,
    icon,
    message_page,
    page,
    redirect,
    style_sheet,
)
from studiolo.api.identity.service import address_of, correlation_of, identity_of
from studiolo.api.identity.signin import Attempt, check_password
from studiolo.api.identity.visitors import SIGN_IN_PATH, PageRoute, visitor
from studiolo.api.identity.words import API, Words
from studiolo.domain.credentials import PASSWORD_MIN
from studiolo.domain.errors import InvalidInput, TooManyRequests, Unauthenticated
from studiolo.domain.resources import Principal

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_STYLE_SECONDS = 31_536_000
_ICON_SECONDS = 86_400


@router.get(STYLE_PATH)
async def style() -> Response:
    """The style sheet; its address changes with its content."""
    return Response(
        style_sheet(),
        media_type="text/css",
        headers={"Cache-Control": f"public, max-age={_STYLE_SECONDS}, immutable"},
    )


@router.get(ICON_PATH)
async def favicon() -> Response:
    """The icon; its address stays when its content changes, so it is remembered for a day."""
    headers = {"Cache-Control": f"public, max-age={_ICON_SECONDS}"}
    return Response(icon(), media_type="image/svg+xml", headers=headers)


@router.get(SIGN_IN_PATH)
async def sign_in_page(request: Request) -> Response:
    """The form; somebody who is signed in goes straight on."""
    following = safe_next(request.query_params.get("next"))
    if await visitor(request) is not None:
        return redirect(following)
    return page(request, "signin.html", next=following, name="", problem="")


@router.post(SIGN_IN_PATH)
async def sign_in(request: Request) -> Response:
    """Check name and password, and open a session."""
    form = await read_form(request)
    following = safe_next(form.get("next"))
    name = form.get("username", "").strip()
    attempt = Attempt(name, address_of(request), correlation_of(request))
    try:
        person = await check_password(identity_of(request), attempt, form.get("password", ""))
    except (Unauthenticated, TooManyRequests) as error:
        response = page(
            request,
            "signin.html",
            status=error.status,
            next=following,
            name=name[:80],
            problem=error.message,
        )
        if isinstance(error, TooManyRequests):
            response.headers["Retry-After"] = str(error.retry_after)
        return response
    return await _signed_in(request, person, following)


@router.get(LINK_PATH)
async def link_page(request: Request) -> Response:
    """Greet whoever follows a one-time link, and ask for a password. Uses nothing up."""
    token = request.query_params.get("t", "")
    seen = await peek_link(identity_of(request), token)
    if seen is None:
        return _dead_link(request)
    return _link_form(request, token, *seen)


@router.post(LINK_PATH)
async def follow_link(request: Request) -> Response:
    """Use a one-time link up: set the password, if one was given, and open a session."""
    form = await read_form(request)
    identity = identity_of(request)
    token, password = form.get("t", ""), form.get("password", "")
    seen = await peek_link(identity, token)
    if seen is None:
        return _dead_link(request)
    if password != form.get("again", ""):
        words = Words.of(request)
        return _link_form(request, token, *seen, words("link.differ"), spoken=words.language)
    try:
        person = await use_link(
            identity, token, password or None, correlation=correlation_of(request)
        )
    except InvalidInput as error:
        return _link_form(request, token, *seen, error.message)
    if person is None:
        return _dead_link(request)
    return await _signed_in(request, person, "/")


async def _signed_in(request: Request, person: Principal, following: str) -> Response:
    response = redirect(following)
    await browser_sessions.begin(request, response, person)
    return response


def _link_form(
    request: Request,
    token: str,
    person: Principal,
    has_password: bool,
    problem: str = "",
    *,
    spoken: str = API,
) -> Response:
    """The form behind a link.

    :param problem: what was wrong with what was sent, in the language `spoken`.
    """
    return page(
        request,
        "link.html",
        status=400 if problem else 200,
        token=token,
        person=person,
        has_password=has_password,
        password_min=PASSWORD_MIN,
        problem=problem,
        spoken=spoken,
    )


def _dead_link(request: Request) -> Response:
    return message_page(request, 410, "spent")
