"""Fixtures for every area: a PostgreSQL server, started once and only if a test needs it."""

from pathlib import Path

import pytest

from tests.support.postgres import database_url, postgres_server, postgres_url

__all__ = ["database_url", "postgres_server", "postgres_url"]

_TESTS = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say what must run in one process, in its order, when tests run side by side."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item.path.relative_to(_TESTS))))


def _group(file: Path) -> str:
    """Files share nothing but daemons (this host's, which one test kills, and a cluster's), and
    deployments that are dear to start.
    """
    folder = file.parts[0]
    if folder == "incus":
        return "cluster" if file.name.startswith("test_cluster") else "daemon"
    return folder if folder in {"browser", "studio"} else str(file)
