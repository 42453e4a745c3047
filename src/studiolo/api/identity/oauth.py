"""The OAuth2 endpoint, as far as service principals of Azure's clients use it.

What azure-identity's ClientSecretCredential and EnvironmentCredential (and `az login
--service-principal`) ask for: the OpenID configuration of the tenant, then a token by client
credentials. Shapes and error codes are those of the Microsoft identity platform:
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
"""

import base64
import binascii
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote_plus

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from studiolo.api.arm.origin import api_origin
from studiolo.api.identity.service import (
    IdentityService,
    address_of,
    correlation_of,
    identity_of,
)
from studiolo.api.identity.signin import Attempt, check_client
from studiolo.domain.errors import TooManyRequests, Unauthenticated
from studiolo.identity.signing import LIFETIME

router = APIRouter()

_MAX_FORM = 32 * 1024
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class _Refused(Exception):
    """An error body of RFC 6749, section 5.2, with Entra's number in the description."""

    def __init__(self, error: str, number: int, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.error = error
        self.number = number
        self.sentence = sentence
        self.status = status


@router.get("/{tenant}/v2.0/.well-known/openid-configuration", include_in_schema=False)
async def openid_configuration(tenant: str, request: Request) -> Response:
    """Where this tenant's endpoints are."""
    identity = identity_of(request)
    try:
        _check_tenant(identity, tenant)
    except _Refused as refused:
        return _refusal(request, refused)
    base = f"{api_origin(request, identity.settings)}/{tenant}"
    return JSONResponse(
        {
            "issuer": f"{identity.settings.https_origin}/{identity.deployment.tenant}/v2.0",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            # MSAL insists on the two endpoints below; no client that signs in with a secret
            # follows them.
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "grant_types_supported": ["client_credentials"],
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }
    )


@router.get("/{tenant}/discovery/v2.0/keys", include_in_schema=False)
async def keys(tenant: str, request: Request) -> Response:
    """The public keys that access tokens are signed with."""
    identity = identity_of(request)
    try:
        _check_tenant(identity, tenant)
    except _Refused as refused:
        return _refusal(request, refused)
    return JSONResponse(identity.access_tokens.public_keys())


@router.post("/{tenant}/oauth2/v2.0/token", include_in_schema=False)
async def token(tenant: str, request: Request) -> Response:
    """An access token for a client and its secret."""
    try:
        return JSONResponse(await _grant(tenant, request), headers=_NO_STORE)
    except _Refused as refused:
        return _refusal(request, refused)
    except TooManyRequests as blocked:
        slower = _Refused("temporarily_unavailable", 50196, blocked.message, 429)
        return _refusal(request, slower, {"Retry-After": str(blocked.retry_after)})


async def _grant(tenant: str, request: Request) -> dict[str, Any]:
    identity = identity_of(request)
    _check_tenant(identity, tenant)
    form = await _form(request)
    grant_type = form.get("grant_type", "")
    if grant_type != "client_credentials":
        raise _Refused(
            "unsupported_grant_type" if grant_type else "invalid_request",
            70003 if grant_type else 900144,
            f"The grant type '{grant_type[:80]}' is not supported: use 'client_credentials'.",
        )
    client_id, secret = _client(request, form)
    audience = _audience(identity, form.get("scope", ""))
    attempt = Attempt(client_id, address_of(request), correlation_of(request))
    try:
        client = await check_client(identity, attempt, secret)
    except Unauthenticated as error:
        raise _Refused("invalid_client", 7000215, error.message, 401) from None
    seconds = int(LIFETIME.total_seconds())
    return {
        "token_type": "Bearer",
        "expires_in": seconds,
        "ext_expires_in": seconds,
        "access_token": identity.access_tokens.issue(client, audience),
    }


def _check_tenant(identity: IdentityService, tenant: str) -> None:
    if tenant.lower() != identity.deployment.tenant:
        raise _Refused(
            "invalid_request",
            90002,
            f"Tenant '{tenant[:80]}' not found. This deployment's tenant is "
            f"'{identity.deployment.tenant}'.",
        )


async def _form(request: Request) -> dict[str, str]:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    raw = await request.body()
    if media != "application/x-www-form-urlencoded" or len(raw) > _MAX_FORM:
        raise _Refused(
            "invalid_request", 900144, "Send a form (application/x-www-form-urlencoded)."
        )
    try:
        pairs = parse_qs(raw.decode(), keep_blank_values=True, max_num_fields=50)
    except ValueError:
        raise _Refused("invalid_request", 900144, "The form cannot be read.") from None
    if repeated := [name for name, values in pairs.items() if len(values) > 1]:
        raise _Refused("invalid_request", 900144, f"'{repeated[0][:80]}' is given twice.")
    return {name: values[0] for name, values in pairs.items()}


def _client(request: Request, form: Mapping[str, str]) -> tuple[str, str]:
    """Client id and secret, from the form or from HTTP Basic (RFC 6749, section 2.3.1)."""
    authorization = request.headers.get("authorization", "")
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "basic":
        if "client_secret" in form:
            raise _Refused("invalid_request", 900144, "Give the client secret only once.")
        return _basic(value)
    client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    if not client_id:
        raise _Refused("invalid_request", 900144, "The form needs 'client_id'.")
    if not secret:
        raise _Refused("invalid_client", 7000216, "The form needs 'client_secret'.", 401)
    return client_id, secret


def _basic(value: str) -> tuple[str, str]:
    try:
        text = base64.b64decode(value.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        text = ""
    client_id, colon, secret = text.partition(":")
    if not colon:
        raise _Refused("invalid_client", 7000216, "The Authorization header is not valid.", 401)
    return unquote_plus(client_id), unquote_plus(secret)


def _audience(identity: IdentityService, scope: str) -> str:
    """What the token is for: the scope less its `/.default`."""
    wanted = [each for each in scope.split() if each not in {"openid", "profile", "offline_access"}]
    if len(wanted) != 1 or not wanted[0].endswith("/.default"):
        raise _Refused(
            "invalid_scope",
            70011,
            f"The scope '{scope[:200]}' is not valid: ask for "
            f"'{identity.settings.https_origin}/.default'.",
        )
    audience = wanted[0].removesuffix("/.default")
    if audience.rstrip("/") not in identity.access_tokens.audiences:
        raise _Refused(
            "invalid_resource",
            500011,
            f"The resource '{audience[:200]}' was not found in this deployment: ask for "
            f"'{identity.settings.https_origin}/.default'.",
        )
    return audience


def _refusal(
    request: Request, refused: _Refused, headers: Mapping[str, str] | None = None
) -> Response:
    moment = identity_of(request).clock()
    trace, correlation = str(uuid.uuid4()), correlation_of(request)
    challenge = {"WWW-Authenticate": 'Basic realm="studiolo"'} if refused.status == 401 else {}
    return JSONResponse(
        {
            "error": refused.error,
            "error_description": (
                f"AADSTS{refused.number}: {refused.sentence} Trace ID: {trace} "
                f"Correlation ID: {correlation} Timestamp: {moment:%Y-%m-%d %H:%M:%SZ}"
            ),
            "error_codes": [refused.number],
            "timestamp": f"{moment:%Y-%m-%d %H:%M:%SZ}",
            "trace_id": trace,
            "correlation_id": correlation,
        },
        refused.status,
        {**_NO_STORE, **challenge, **(headers or {})},
    )
