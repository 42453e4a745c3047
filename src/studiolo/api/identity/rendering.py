"""Pages of the studio host: templates, and the headers that keep them from being misused."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from studiolo.api.arm.origin import public_origin
from studiolo.api.identity import cookies
from studiolo.api.identity.service import identity_of
from studiolo.api.identity.words import API, Words
from studiolo.identity.tokens import form_token, is_shaped, new_token

_HERE = Path(__file__).parent
_FORM_COOKIE_SECONDS = 3600

STYLE_PATH = "/static/studiolo.css"

ICON_PATH = "/favicon.ico"
"""Where browsers look for an icon by themselves."""


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def style_sheet() -> str:
    """The one style sheet of all pages."""
    return (_HERE / "static" / "studiolo.css").read_text()


@cache
def icon() -> str:
    """The icon of all pages, an SVG drawing."""
    return (_HERE / "static" / "icon.svg").read_text()


@cache
def _style_version() -> str:
    return hashlib.sha256(style_sheet().encode()).hexdigest()[:12]


def page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    **values: Any,
) -> Response:
    """A rendered page. Its forms carry `form_token`, bound to this browser.

    A page without a form leaves no cookie.
    """
    fresh = None
    secret = form_secret(request)
    if secret is None:
        secret = fresh = new_token()
    token = form_token(secret)
    html = (
        _templates()
        .get_template(template)
        .render(
            icon=ICON_PATH,
            style=f"{STYLE_PATH}?v={_style_version()}",
            form_token=token,
            t=Words.of(request),
            **values,
        )
    )
    response = HTMLResponse(html, status, headers=_headers(request))
    if fresh is not None and token in html:
        cookies.write(request, response, cookies.FORM, fresh, _FORM_COOKIE_SECONDS)
    return response


def message_page(request: Request, status: int, subject: str, message: str = "") -> Response:
    """A page with a title and a sentence.

    :param subject: of the catalogue; it has `<subject>.title`, and `<subject>.text` too where
        no `message` is given.
    :param message: a sentence of the API's.
    """
    words = Words.of(request)
    said, spoken = (message, API) if message else (words(f"{subject}.text"), words.language)
    values = {"subject": subject, "message": said, "spoken": spoken}
    return page(request, "message.html", status=status, **values)


def form_secret(request: Request) -> str | None:
    """What forms are bound to: this browser, before there is a session."""
    value = cookies.read(request, cookies.FORM)
    return value if value and is_shaped(value) else None


def redirect(location: str, referrer: str = "no-referrer") -> Response:
    """To another page, by GET; never remembered.

    :param referrer: the Referrer-Policy from here on.
    """
    return RedirectResponse(
        location, 303, {"Cache-Control": "no-store", "Referrer-Policy": referrer}
    )


def instance_origin(request: Request, label: str) -> str:
    """Origin of one instance's host, behind the same scheme and port as this request."""
    studio = urlsplit(public_origin(request, identity_of(request).settings))
    return f"{studio.scheme}://{label}.{studio.netloc}"


def _headers(request: Request) -> dict[str, str]:
    # A browser also applies form-action to the redirects after a form: signing in may lead on to
    # an instance's host.
    instances = instance_origin(request, "*")
    return {
        "Content-Security-Policy": (
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
            f"frame-ancestors 'none'; form-action 'self' {instances}"
        ),
        # With no-referrer a browser would send `Origin: null` with our own forms.
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cache-Control": "no-store",
    }
