"""The demonstration goes last: it is the longest, and says little where a smaller test fails."""

from pathlib import Path

import pytest

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _HERE in item.path.parents)
