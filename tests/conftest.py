"""Fixtures for every area: a PostgreSQL server, started once and only if a test needs it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import described
from tests.support.postgres import database_url, postgres_server, postgres_url

__all__ = ["database_url", "postgres_server", "postgres_url"]

_TESTS = Path(__file__).parent


@pytest.fixture(autouse=True)
def replies_are_described() -> Iterator[None]:
    """Every reply of a test's application is as the API's description has it."""
    with described.holding():
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two halves may run side by side, each in its order: what has machines of a daemon, and the
    rest. Within a half tests share daemons, images and control groups.
    """
    for item in items:
        half = "daemon" if item.path.is_relative_to(_TESTS / "incus") else "rest"
        item.add_marker(pytest.mark.xdist_group(half))
