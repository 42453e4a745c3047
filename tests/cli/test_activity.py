"""The times that `studiolo activity list --since` understands."""

from datetime import UTC, datetime, timedelta

import pytest

from studiolo.cli.activity import instant_before
from studiolo.client.errors import ClientError

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "before"),
    [("30m", timedelta(minutes=30)), ("2h", timedelta(hours=2)), ("7d", timedelta(days=7))],
)
def test_a_time_may_be_how_long_ago(text, before):
    assert instant_before(text, NOW) == NOW - before


def test_a_date_without_a_zone_is_utc_and_one_with_a_zone_is_kept():
    assert instant_before("2026-06-01", NOW) == datetime(2026, 6, 1, tzinfo=UTC)
    assert instant_before("2026-06-01T21:00+09:00", NOW) == NOW


@pytest.mark.parametrize("text", ["", "h", "-2h", "2w", "soon", "٣h"])
def test_anything_else_is_no_time(text):
    with pytest.raises(ClientError, match="is no time"):
        instant_before(text, NOW)
