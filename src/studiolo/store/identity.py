"""People and service principals."""

from sqlalchemy.ext.asyncio import AsyncSession


class Principals:
    """People and service principals."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
