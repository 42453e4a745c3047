"""Fixtures for every area: a PostgreSQL server, started once and only if a test needs it."""

from collections.abc import Iterator

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.support import described
from tests.support.postgres import database_url, postgres_server, postgres_url

__all__ = ["database_url", "postgres_server", "postgres_url"]

_MACHINES_AND_BROWSERS = (
    "tests/incus/",
    "tests/browser/",
    "tests/studio/",
    "tests/gateway/test_browser.py",
    "tests/identity/test_in_browser.py",
)


@pytest.fixture(autouse=True)
def replies_are_described() -> Iterator[None]:
    """Every reply of a test's application is as the API's description has it."""
    with described.holding():
        yield


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """`--numprocesses 2` runs two parts side by side, each in its order.

    Machines of a daemon and Chromium are one part: Chromium gives up what it loads when an
    interface of the host comes or goes, and each machine of a daemon has one.
    """
    return _TwoParts(config, log)


class _TwoParts(LoadScopeScheduling):
    # By a test's address: what xdist itself offers, groups by a mark, pytest 9.2 has ended.
    def _split_scope(self, nodeid: str) -> str:
        return "machines and browsers" if nodeid.startswith(_MACHINES_AND_BROWSERS) else "rest"
