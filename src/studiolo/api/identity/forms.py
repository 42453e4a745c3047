"""Reading a page's form, after making sure that our own page sent it."""

from collections.abc import Mapping
from urllib.parse import parse_qs

from fastapi import Request

from studiolo.api.arm.envelope import TooLarge, UnsupportedMediaType
from studiolo.api.identity.origins import require_same_origin
from studiolo.api.identity.rendering import form_secret
from studiolo.api.identity.service import identity_of
from studiolo.domain.errors import Forbidden, InvalidInput
from studiolo.identity.tokens import form_token, same

TOKEN_FIELD = "form_token"  # noqa: S105 - the field's name
_MAX_FORM = 16 * 1024


async def read_form(request: Request) -> Mapping[str, str]:
    """The fields of a form that one of our pages sent from this browser.

    Both are asked: the Origin that the browser states, and a token that only a page of ours knows.

    :raises Forbidden: it came from elsewhere, or from a page that is too old.
    :raises InvalidInput: the form cannot be read.
    """
    require_same_origin(request, identity_of(request).settings)
    fields = await _fields(request)
    secret = form_secret(request)
    if secret is None or not same(fields.get(TOKEN_FIELD, ""), form_token(secret)):
        raise Forbidden(
            "This page was open for too long. Go back, reload it, and try again.",
            code="FormExpired",
        )
    return fields


async def _fields(request: Request) -> Mapping[str, str]:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/x-www-form-urlencoded":
        raise UnsupportedMediaType("Send a form (application/x-www-form-urlencoded).")
    raw = await request.body()
    if len(raw) > _MAX_FORM:
        raise TooLarge(f"The form is larger than {_MAX_FORM // 1024} KiB.")
    try:
        pairs = parse_qs(raw.decode(), keep_blank_values=True, max_num_fields=50)
    except ValueError:
        raise InvalidInput("The form cannot be read.", code="InvalidRequestContent") from None
    return {name: values[-1].replace("\x00", "") for name, values in pairs.items()}
