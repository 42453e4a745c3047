"""Random tokens. Whoever holds one is believed, so only their hashes are ever stored."""

import hashlib
import hmac
import re
import secrets

_BYTES = 32
"""256 random bits: no dictionary helps, so a plain SHA-256 is as good as a slow hash."""

PERSONAL_PREFIX = "slpat_"
"""Marks a personal access token, for people and for secret scanners."""

_SHAPE = re.compile(r"[A-Za-z0-9_-]{20,128}")


def new_token(prefix: str = "") -> str:
    """A new token of URL-safe characters."""
    return prefix + secrets.token_urlsafe(_BYTES)


def is_shaped(token: str) -> bool:
    """Whether text from a client can be a token at all."""
    return _SHAPE.fullmatch(token) is not None


def digest(token: str) -> str:
    """What is stored of a token: SHA-256, hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


def form_token(session_token: str) -> str:
    """The token that forms of one session carry against cross-site requests.

    Derived from the cookie's value, which no other site can read, so nothing needs to be stored.
    """
    return hmac.new(session_token.encode(), b"studiolo form", hashlib.sha256).hexdigest()


def same(one: str, other: str) -> bool:
    """Compare secrets in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())
