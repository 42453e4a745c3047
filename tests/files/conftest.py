"""A share with people's things in it."""

from pathlib import Path

import pytest
from tests.support.sharing import Team, open_share


@pytest.fixture
async def team(tmp_path: Path) -> Team:
    """A share, and what is outside of it."""
    return await open_share(tmp_path)
