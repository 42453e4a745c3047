"""Access tokens: JWTs signed with RS256 by a key that all replicas share.

The claims are those that Azure's clients read from a v1.0 access token of Microsoft Entra ID:
https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
"""

import json
import uuid
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from studiolo.clock import Clock
from studiolo.domain.resources import Principal, PrincipalKind
from studiolo.identity.tokens import digest

LIFETIME = timedelta(hours=1)
"""Azure's default for an access token."""

_KEY_BITS = 2048
_CACHED = 4096
"""Verified tokens kept in memory: about 1 MiB."""

_SKEW_SECONDS = 60
"""How far the clocks of two replicas may differ."""

_MAX_TOKEN = 8192
_ALGORITHMS = ["RS256"]


def new_signing_keys() -> str:
    """A new private key set, as JSON to be stored once per deployment."""
    key = RSAKey.generate_key(
        _KEY_BITS, {"use": "sig", "alg": "RS256", "kid": uuid.uuid4().hex}, private=True
    )
    return json.dumps({"keys": [key.as_dict(private=True)]})


@dataclass(frozen=True, slots=True)
class Verified:
    """What a valid access token says.

    :param principal: object id of who holds it.
    """

    principal: str
    expires_at: datetime


class AccessTokens:
    """Issues and verifies access tokens.

    :param keys: the private key set as :func:`new_signing_keys` made it.
    :param tenant: the deployment's tenant id; a token of another tenant is refused.
    :param issuer: `iss` of every token.
    :param audiences: accepted `aud` values, without a final slash.
    """

    def __init__(
        self, *, keys: str, tenant: str, issuer: str, audiences: frozenset[str], clock: Clock
    ) -> None:
        self._keys = KeySet.import_key_set(json.loads(keys))
        self._tenant = tenant
        self._issuer = issuer
        self.audiences = audiences
        self._clock = clock
        self._verified: OrderedDict[str, Verified] = OrderedDict()

    def __repr__(self) -> str:
        return f"AccessTokens(issuer={self._issuer!r})"

    def public_keys(self) -> dict[str, Any]:
        """The public half, as a JWKS document."""
        return dict(self._keys.as_dict(private=False))

    def issue(self, principal: Principal, audience: str) -> str:
        """A token for `principal`, good for an hour at `audience`.

        :raises ValueError: the audience is none of this deployment's.
        """
        if audience.rstrip("/") not in self.audiences:
            raise ValueError(f"audience {audience!r} is none of this deployment's")
        return jwt.encode(
            {"alg": "RS256", "kid": self._signing_key.kid},
            self._claims(principal, audience),
            self._signing_key,
        )

    def verify(self, token: str) -> Verified | None:
        """What the token says; None unless it is signed by us, for us, and valid now."""
        if len(token) > _MAX_TOKEN:
            return None
        key = digest(token)
        verified = self._verified.get(key)
        if verified is None:
            verified = self._check(token)
            if verified is None:
                return None
            self._remember(key, verified)
        return verified if self._clock() < verified.expires_at else None

    def _remember(self, key: str, verified: Verified) -> None:
        self._verified[key] = verified
        if len(self._verified) > _CACHED:
            self._verified.popitem(last=False)

    @property
    def _signing_key(self) -> RSAKey:
        key = self._keys.keys[0]
        if not isinstance(key, RSAKey):
            raise TypeError("the deployment's signing key is not an RSA key")
        return key

    def _claims(self, principal: Principal, audience: str) -> dict[str, Any]:
        now = int(self._clock().timestamp())
        claims: dict[str, Any] = {
            "aud": audience,
            "iss": self._issuer,
            "iat": now,
            "nbf": now,
            "exp": now + int(LIFETIME.total_seconds()),
            "oid": principal.id,
            "sub": principal.id,
            "tid": self._tenant,
            "uti": uuid.uuid4().hex,
            "ver": "1.0",
        }
        if principal.kind is PrincipalKind.SERVICE_PRINCIPAL:
            return claims | {"appid": principal.name, "appidacr": "1", "idtyp": "app"}
        return claims | {"upn": principal.name, "name": principal.display_name, "idtyp": "user"}

    def _check(self, token: str) -> Verified | None:
        try:
            claims = jwt.decode(token, self._keys, algorithms=_ALGORITHMS).claims
        except (JoseError, ValueError, TypeError, KeyError):
            return None
        if not self._is_ours(claims):
            return None
        return Verified(
            str(claims["oid"]), datetime.fromtimestamp(claims["exp"], tz=self._clock().tzinfo)
        )

    def _is_ours(self, claims: Mapping[str, Any]) -> bool:
        start, end = claims.get("nbf"), claims.get("exp")
        if not isinstance(start, int) or not isinstance(end, int):
            return False
        audience = claims.get("aud")
        return (
            claims.get("iss") == self._issuer
            and claims.get("tid") == self._tenant
            and isinstance(claims.get("oid"), str)
            and isinstance(audience, str)
            and audience.rstrip("/") in self.audiences
            and start - _SKEW_SECONDS <= self._clock().timestamp() < end
        )
