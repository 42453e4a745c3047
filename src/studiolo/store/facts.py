"""Facts of the deployment: made once, the same for every replica."""

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from studiolo.store.tables.workspace import DeploymentFactRow


class Facts:
    """Named strings that are written once."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, name: str) -> str | None:
        """Read a fact."""
        query = select(DeploymentFactRow.value).where(DeploymentFactRow.name == name)
        return (await self._session.scalars(query)).first()

    async def set_once(self, name: str, value: str) -> str:
        """Store a fact unless it has a value; returns the value that holds."""
        present = await self.get(name)
        if present is not None:
            return present
        try:
            async with self._session.begin_nested():
                await self._session.execute(
                    insert(DeploymentFactRow).values(name=name, value=value)
                )
        except IntegrityError:
            # Another replica was first.
            winner = await self.get(name)
            if winner is None:
                raise
            return winner
        return value
