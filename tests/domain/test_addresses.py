"""Where plain HTTP is served, told alike by the settings and the gateway."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from studiolo.settings import Settings
from tests.support.gateway import gateway_config

HTTP, HTTPS = "http://studiolo.localhost:8480", "https://studiolo.localhost:8481"


@pytest.mark.parametrize(
    ("bind", "port", "expected"),
    [
        (("127.0.0.1",), 8480, HTTP),
        (("::1", "192.0.2.1"), 8480, HTTP),
        (("127.0.0.2",), 80, "http://studiolo.localhost"),
        (("127.0.0.1",), 0, HTTPS),
        (("0.0.0.0",), 8480, HTTPS),
        (("192.0.2.1", "::"), 8480, HTTPS),
    ],
)
def test_a_browser_is_sent_where_somebody_listens(
    tmp_path: Path, bind: tuple[str, ...], port: int, expected: str
) -> None:
    settings = Settings(home=tmp_path, bind=bind, http_port=port, https_port=8481)
    assert settings.browser_origin == expected
    assert settings.https_origin == HTTPS
    gateway = gateway_config(tmp_path, bind=bind, http_port=port, https_port=8481)
    assert gateway.studio_origins[0] == expected
    assert bool(gateway.http_addresses) == expected.startswith("http:")


def test_a_name_to_listen_on_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="STUDIOLO_BIND: 'localhost' is not an IP address"):
        Settings(home=tmp_path, bind=("localhost",))
