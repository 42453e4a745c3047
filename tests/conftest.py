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
    """Two parts may run side by side, each in its order: machines of a daemon and Chromium, and the
    rest. Chromium gives up what it loads when an interface of the host comes or goes, and each
    machine of a daemon has one.
    """
    for item in items:
        machines = item.path.is_relative_to(_TESTS / "incus")
        chromium = "browser" in getattr(item, "fixturenames", ())
        part = "machines and browsers" if machines or chromium else "rest"
        item.add_marker(pytest.mark.xdist_group(part))
