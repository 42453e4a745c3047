"""Passwords: argon2id, and the same time for a name that does not exist."""

import asyncio
import secrets
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from studiolo.domain.credentials import PASSWORD_MAX, PASSWORD_MIN
from studiolo.domain.errors import InvalidInput

_AT_ONCE = 4
"""Hashes computed at the same time: bounds memory at 4 x 19 MiB whatever a client does."""


def owasp_hasher() -> PasswordHasher:
    """Argon2id with 19 MiB and two passes.

    Source: OWASP Password Storage Cheat Sheet, the recommendation with one degree of parallelism.
    """
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def check_rules(password: str, name: str) -> None:
    """Refuse a password that is too short, too long, or the user's own name.

    :raises InvalidInput: with a sentence that says what to change; it never holds the password.
    """
    if len(password) < PASSWORD_MIN:
        raise InvalidInput(
            f"The password is too short: use at least {PASSWORD_MIN} characters.", target="password"
        )
    if len(password) > PASSWORD_MAX:
        raise InvalidInput(
            f"The password is too long: use at most {PASSWORD_MAX} characters.", target="password"
        )
    if password.lower() == name.lower() or len(set(password)) < 4:
        raise InvalidInput(
            "The password is too easy to guess: use several words or varied characters.",
            target="password",
        )


class Passwords:
    """Hashes and verifies passwords (and client secrets) off the event loop."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or owasp_hasher()
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def hash(self, password: str) -> str:
        """Hash with a fresh salt."""
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether `password` belongs to the stored hash.

        None stands for an unknown name or one without a password: the answer is False, after the
        same work, so that its time does not tell which names exist.
        """
        async with self._slots:
            target = self._dummy if stored is None else stored
            right = await asyncio.to_thread(self._matches, target, password[: PASSWORD_MAX + 1])
        return right and stored is not None

    def needs_rehash(self, stored: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    @cached_property
    def _dummy(self) -> str:
        return self._hasher.hash(secrets.token_urlsafe(32))

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False
