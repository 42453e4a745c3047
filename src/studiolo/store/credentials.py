"""Passwords, secrets, sessions, tokens, links."""

from sqlalchemy.ext.asyncio import AsyncSession


class Credentials:
    """Passwords, secrets, sessions, tokens, links."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
