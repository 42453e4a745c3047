"""Fixtures for every area: a PostgreSQL server, started once and only if a test needs it."""

from collections.abc import Iterator

import pytest
from xdist.remote import Producer

from tests.support import described
from tests.support.postgres import database_url, postgres_server, postgres_url
from tests.support.scheduling import ByFile

__all__ = ["database_url", "postgres_server", "postgres_url"]


@pytest.fixture(autouse=True)
def replies_are_described() -> Iterator[None]:
    """Every reply of a test's application is as the API's description has it."""
    with described.holding():
        yield


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    """What may run beside what, with `--numprocesses`."""
    return ByFile(config, log)
