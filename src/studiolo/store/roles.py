"""Role assignments."""

from sqlalchemy.ext.asyncio import AsyncSession


class Roles:
    """Role assignments."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
